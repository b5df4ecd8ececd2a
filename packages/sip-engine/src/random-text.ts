import { randomFillSync } from 'node:crypto';

// One call of node:crypto for many texts: asking costs more than what it gives.
const randomness: Buffer = Buffer.alloc(8_000);
let used = randomness.length;

const hexDigits = Buffer.from('0123456789abcdef', 'latin1');
const uuid = Buffer.from('00000000-0000-4000-8000-000000000000', 'latin1');
/** Where the digits of a UUID stand whose four bits are all random. */
const digitPlaces = [...uuid.keys()].filter((at) => ![8, 13, 14, 18, 19, 23].includes(at));

function take(bytes: number): number {
  if (used + bytes > randomness.length) {
    randomFillSync(randomness);
    used = 0;
  }
  used += bytes;
  return used - bytes;
}

/** 80 random bits as 20 digits. */
export function randomToken(): string {
  const from = take(10);
  return randomness.toString('hex', from, from + 10);
}

/**
 * A version 4 UUID (RFC 9562 section 5.4). crypto.randomUUID joins its text of twenty pieces, each of which is kept
 * until somebody compares the whole.
 */
export function randomId(): string {
  const from = take(digitPlaces.length);
  // an index, not entries(): that would make thirty pairs for each id
  for (let nth = 0; nth < digitPlaces.length; nth += 1) {
    uuid[digitPlaces[nth] ?? 0] = hexDigits[(randomness[from + nth] ?? 0) & 15] ?? 0x30;
  }
  // the variant: 8, 9, a or b
  uuid[19] = hexDigits[8 + ((randomness[from] ?? 0) >> 6)] ?? 0x38;
  return uuid.toString('latin1');
}
