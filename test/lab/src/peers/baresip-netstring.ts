import { LabError } from '../errors.ts';

/** A text as baresip's control connection frames it: its length in bytes, a colon, itself, a comma. */
export function encodeNetstring(text: string): string {
  return `${Buffer.byteLength(text)}:${text},`;
}

/** Takes texts out of a stream of netstrings, however it is cut into pieces. */
export class NetstringReader {
  #rest: Buffer = Buffer.alloc(0);

  /**
   * The texts that these bytes complete.
   * @throws LabError CommandFailed when they are no netstrings; nothing can be read after that
   */
  push(bytes: Uint8Array): readonly string[] {
    this.#rest = Buffer.concat([this.#rest, bytes]);
    const texts: string[] = [];
    for (let text = this.#take(); text !== undefined; text = this.#take()) texts.push(text);
    return texts;
  }

  #take(): string | undefined {
    const colon = this.#rest.indexOf(':');
    if (colon === -1) {
      if (this.#rest.length > longestLength) throw notNetstring(this.#rest);
      return undefined;
    }
    const digits = this.#rest.toString('latin1', 0, colon);
    if (!/^\d{1,6}$/.test(digits)) throw notNetstring(this.#rest);
    const end = colon + 1 + Number(digits);
    if (this.#rest.length <= end) return undefined;
    if (this.#rest[end] !== comma) throw notNetstring(this.#rest);
    const text = this.#rest.toString('utf8', colon + 1, end);
    this.#rest = this.#rest.subarray(end + 1);
    return text;
  }
}

const comma = 0x2c;
/** Digits of a length that is believed. */
const longestLength = 6;

function notNetstring(bytes: Buffer): LabError {
  return new LabError({
    code: 'CommandFailed',
    message: `reading the control connection of baresip: no netstring: ${JSON.stringify(bytes.toString('latin1', 0, 40))}`,
    remedy: 'Check that ctrl_tcp of baresip listens at that port, and nothing else.',
  });
}
