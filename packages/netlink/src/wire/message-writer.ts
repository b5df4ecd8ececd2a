import { hostIsLittleEndian } from './byte-order.ts';
import { headerLength } from './message-header.ts';

const text = new TextEncoder();
const nestedFlag = 0x8000; // NLA_F_NESTED

/**
 * Builds one netlink message in a buffer that is used again for the next one: what `finish` returns
 * is valid until the next `begin`. Attributes are padded to 4 bytes (include/uapi/linux/netlink.h,
 * NLA_ALIGNTO), and lengths are filled in as nests end.
 */
export class MessageWriter {
  readonly #littleEndian: boolean;
  #bytes = new Uint8Array(512);
  #view = new DataView(this.#bytes.buffer);
  #at = 0;
  /** What `finish` gave last: messages in a row are mostly of one length. */
  #finished: Uint8Array = this.#bytes.subarray(0, 0);

  constructor(littleEndian: boolean = hostIsLittleEndian) {
    this.#littleEndian = littleEndian;
  }

  /** Starts a message: nlmsg_type and nlmsg_flags. */
  begin(type: number, flags: number): this {
    this.#bytes.fill(0, 0, headerLength);
    this.#at = headerLength;
    this.#view.setUint16(4, type, this.#littleEndian);
    this.#view.setUint16(6, flags, this.#littleEndian);
    return this;
  }

  u8(value: number): this {
    this.#room(1);
    this.#view.setUint8(this.#at, value);
    this.#at += 1;
    return this;
  }

  u16(value: number): this {
    this.#room(2);
    this.#view.setUint16(this.#at, value, this.#littleEndian);
    this.#at += 2;
    return this;
  }

  u32(value: number): this {
    this.#room(4);
    this.#view.setUint32(this.#at, value, this.#littleEndian);
    this.#at += 4;
    return this;
  }

  /** Raw bytes, as they are. */
  bytes(value: Uint8Array): this {
    const { length } = value;
    this.#room(length);
    // For an address a loop is quicker.
    if (length > 16) this.#bytes.set(value, this.#at);
    else
      for (let index = 0; index < length; index++)
        this.#bytes[this.#at + index] = value[index] ?? 0;
    this.#at += length;
    return this;
  }

  /** Starts an attribute; give what it returns to `end`. */
  start(type: number): number {
    const start = this.#at;
    this.u16(0).u16(type);
    return start;
  }

  /** Starts a struct rtnexthop, which begins as an attribute does: u16 length, then u8 flags, u8 hops. */
  startNextHop(flags: number, hops: number): number {
    const start = this.#at;
    this.u16(0).u8(flags).u8(hops);
    return start;
  }

  /** Starts an attribute that says of itself that it holds attributes (NLA_F_NESTED). */
  startNested(type: number): number {
    return this.start(type | nestedFlag);
  }

  /** Ends the attribute: its length is filled in and padding follows. */
  end(start: number): this {
    this.#view.setUint16(start, this.#at - start, this.#littleEndian);
    while (this.#at % 4 !== 0) this.u8(0);
    return this;
  }

  attribute(type: number, value: Uint8Array): this {
    return this.u16(4 + value.length)
      .u16(type)
      .bytes(value)
      .#pad();
  }

  attributeU8(type: number, value: number): this {
    return this.u16(5).u16(type).u8(value).#pad();
  }

  attributeU16(type: number, value: number): this {
    return this.u16(6).u16(type).u16(value).#pad();
  }

  attributeU32(type: number, value: number): this {
    return this.u16(8).u16(type).u32(value);
  }

  /** A whole number up to 2^53. */
  attributeU64(type: number, value: number): this {
    const high = Math.floor(value / 2 ** 32);
    const low = value % 2 ** 32;
    this.u16(12).u16(type);
    return this.#littleEndian ? this.u32(low).u32(high) : this.u32(high).u32(low);
  }

  /** A u32 in network byte order, as nfnetlink wants its numbers; -1 is sent as 0xffffffff. */
  attributeBig32(type: number, value: number): this {
    this.u16(8).u16(type).#room(4);
    this.#view.setUint32(this.#at, value);
    this.#at += 4;
    return this;
  }

  /** A whole number up to 2^53 as a u64 in network byte order. */
  attributeBig64(type: number, value: number): this {
    this.u16(12).u16(type).#room(8);
    this.#view.setBigUint64(this.#at, BigInt(value));
    this.#at += 8;
    return this;
  }

  /** Text with a zero byte at its end. */
  attributeString(type: number, value: string): this {
    const start = this.start(type);
    return this.bytes(text.encode(value)).u8(0).end(start);
  }

  /** Bytes written so far. */
  get length(): number {
    return this.#at;
  }

  /** The finished message; nlmsg_seq and nlmsg_pid are still 0. */
  finish(): Uint8Array {
    this.#view.setUint32(0, this.#at, this.#littleEndian);
    const { length, buffer } = this.#finished;
    if (length !== this.#at || buffer !== this.#bytes.buffer) {
      this.#finished = this.#bytes.subarray(0, this.#at);
    }
    return this.#finished;
  }

  #pad(): this {
    while (this.#at % 4 !== 0) this.u8(0);
    return this;
  }

  #room(length: number): void {
    if (this.#at + length <= this.#bytes.length) return;
    const larger = new Uint8Array(Math.max(this.#bytes.length * 2, this.#at + length));
    larger.set(this.#bytes);
    this.#bytes = larger;
    this.#view = new DataView(larger.buffer);
  }
}
