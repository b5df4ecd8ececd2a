import { NetlinkError } from '../errors.ts';
import { hostIsLittleEndian } from './byte-order.ts';
import { formatIpAddress } from './ip-address.ts';

const typeMask = 0x3fff; // without NLA_F_NESTED and NLA_F_NET_BYTEORDER
const text = new TextDecoder();

/** An attribute this package has no name for, as it came. */
export interface UnknownAttribute {
  readonly type: number;
  readonly bytes: Uint8Array;
}

/**
 * Walks the attributes between two offsets (struct nlattr: u16 length with header, u16 type, payload,
 * padding to 4). Values are copied out, so they outlive the receive buffer. No read leaves the range:
 * a payload shorter than the value asked for throws.
 */
export class AttributeCursor {
  type = 0;
  /** Where the current payload starts and ends. */
  start = 0;
  end = 0;
  readonly view: DataView;
  readonly #limit: number;
  readonly #littleEndian: boolean;
  #next: number;

  constructor(
    view: DataView,
    start: number,
    end: number,
    littleEndian: boolean = hostIsLittleEndian,
  ) {
    this.view = view;
    this.#next = start;
    this.#limit = Math.min(end, view.byteLength);
    this.#littleEndian = littleEndian;
  }

  /** Moves to the next attribute. False at the end, and at the first one whose length is a lie. */
  next(): boolean {
    const at = this.#next;
    if (at + 4 > this.#limit) return false;
    const length = this.view.getUint16(at, this.#littleEndian);
    if (length < 4 || at + length > this.#limit) return false;
    this.type = this.view.getUint16(at + 2, this.#littleEndian) & typeMask;
    this.start = at + 4;
    this.end = at + length;
    this.#next = at + ((length + 3) & ~3);
    return true;
  }

  u8(): number {
    this.#need(1);
    return this.view.getUint8(this.start);
  }

  u16(): number {
    this.#need(2);
    return this.view.getUint16(this.start, this.#littleEndian);
  }

  u32(): number {
    this.#need(4);
    return this.view.getUint32(this.start, this.#littleEndian);
  }

  i32(): number {
    this.#need(4);
    return this.view.getInt32(this.start, this.#littleEndian);
  }

  /** A u64 as a number; beyond 2^53 the low digits are lost. */
  u64(): number {
    this.#need(8);
    return Number(this.view.getBigUint64(this.start, this.#littleEndian));
  }

  /** A u16 in network byte order. */
  big16(): number {
    this.#need(2);
    return this.view.getUint16(this.start);
  }

  /** A u32 in network byte order. */
  big32(): number {
    this.#need(4);
    return this.view.getUint32(this.start);
  }

  /** An i32 in network byte order. */
  bigSigned32(): number {
    this.#need(4);
    return this.view.getInt32(this.start);
  }

  /** A u64 in network byte order; beyond 2^53 the low digits are lost. */
  big64(): number {
    this.#need(8);
    return Number(this.view.getBigUint64(this.start));
  }

  /** An IPv4 or IPv6 address. */
  address(): string {
    const { view, start } = this;
    if (this.end - start !== 4) return formatIpAddress(this.#bytes());
    return `${String(view.getUint8(start))}.${String(view.getUint8(start + 1))}.${String(view.getUint8(start + 2))}.${String(view.getUint8(start + 3))}`;
  }

  /** Text up to the first zero byte or the payload's end. */
  string(): string {
    const bytes = this.#bytes();
    const zero = bytes.indexOf(0);
    return text.decode(zero < 0 ? bytes : bytes.subarray(0, zero));
  }

  /** A copy of the payload. */
  copy(): Uint8Array {
    return this.#bytes().slice();
  }

  /** A view of the payload, valid until the next receive: for what is formatted at once. */
  peek(): Uint8Array {
    return this.#bytes();
  }

  /** The attributes within this one. */
  nested(): AttributeCursor {
    return new AttributeCursor(this.view, this.start, this.end, this.#littleEndian);
  }

  /** A cursor that stays on this attribute while this one moves on. */
  single(): AttributeCursor {
    const one = new AttributeCursor(this.view, this.end, this.end, this.#littleEndian);
    [one.type, one.start, one.end] = [this.type, this.start, this.end];
    return one;
  }

  unknown(): UnknownAttribute {
    return { type: this.type, bytes: this.copy() };
  }

  #bytes(): Uint8Array {
    const { buffer, byteOffset } = this.view;
    return new Uint8Array(buffer, byteOffset + this.start, this.end - this.start);
  }

  #need(length: number): void {
    if (this.end - this.start >= length) return;
    throw new NetlinkError(
      `attribute ${String(this.type)} has ${String(this.end - this.start)} bytes, not ${String(length)}`,
      {
        code: 'EBADMSG',
        errno: 0,
        remedy: 'The kernel answered in an unknown form: report its version with this message.',
        retry: 'never',
      },
    );
  }
}
