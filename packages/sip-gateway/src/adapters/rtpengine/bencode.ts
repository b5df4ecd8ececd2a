/** What a request to rtpengine is made of. */
export type Bencodable =
  | string
  | number
  | readonly Bencodable[]
  | { readonly [key: string]: Bencodable };

export type BencodedDictionary = Readonly<Record<string, unknown>>;

/** Deeper ones are not read. */
const mostDepth = 32;

/** As bencode has it (BEP 3): lengths count the bytes of UTF-8, keys are in order. */
export function encodeBencode(value: Bencodable): string {
  if (typeof value === 'string') return `${Buffer.byteLength(value)}:${value}`;
  if (typeof value === 'number') return `i${value}e`;
  if (isList(value)) return `l${value.map(encodeBencode).join('')}e`;
  const entries = Object.entries(value).toSorted(([one], [other]) => (one < other ? -1 : 1));
  return `d${entries.map(([key, each]) => encodeBencode(key) + encodeBencode(each)).join('')}e`;
}

function isList(value: Bencodable): value is readonly Bencodable[] {
  return Array.isArray(value);
}

/** A dictionary and nothing after it, texts as UTF-8; undefined for anything else. */
export function decodeBencode(bytes: Buffer): BencodedDictionary | undefined {
  const reader = new BencodeReader(bytes);
  try {
    const value = reader.value(0);
    return reader.isAtEnd && isDictionary(value) ? value : undefined;
  } catch (error) {
    if (error instanceof MalformedBencode) return undefined;
    throw error;
  }
}

function isDictionary(value: unknown): value is BencodedDictionary {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

class MalformedBencode extends Error {}

class BencodeReader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  get isAtEnd(): boolean {
    return this.#at === this.#bytes.length;
  }

  value(depth: number): unknown {
    if (depth > mostDepth) throw new MalformedBencode();
    if (this.#takes('i')) return this.#integer('e');
    if (this.#takes('l')) return this.#list(depth);
    if (this.#takes('d')) return this.#dictionary(depth);
    return this.#text();
  }

  #list(depth: number): readonly unknown[] {
    const values: unknown[] = [];
    while (!this.#takes('e')) values.push(this.value(depth + 1));
    return values;
  }

  #dictionary(depth: number): BencodedDictionary {
    const entries: (readonly [string, unknown])[] = [];
    while (!this.#takes('e')) entries.push([this.#text(), this.value(depth + 1)]);
    return Object.fromEntries(entries);
  }

  #text(): string {
    const length = this.#integer(':');
    const end = this.#at + length;
    if (length < 0 || end > this.#bytes.length) throw new MalformedBencode();
    const text = this.#bytes.toString('utf8', this.#at, end);
    this.#at = end;
    return text;
  }

  #integer(mark: string): number {
    const end = this.#bytes.indexOf(mark, this.#at);
    const digits = this.#bytes.toString('latin1', this.#at, end);
    if (end < 0 || !/^-?\d{1,20}$/.test(digits)) throw new MalformedBencode();
    this.#at = end + 1;
    return Number(digits);
  }

  #takes(mark: string): boolean {
    if (this.#bytes[this.#at] !== mark.charCodeAt(0)) return false;
    this.#at += 1;
    return true;
  }
}
