/** Numbers in [0, 1) that depend on the seed alone: a 32-bit counter, mixed. */
export function seededRandom(seed: number): () => number {
  let counter = seed >>> 0;
  return () => {
    counter = (counter + 0x9e3779b9) >>> 0;
    return mix(counter) / 2 ** 32;
  };
}

/** A number in [0, 1) that a text and a seed always give again. */
export function seededFraction(seed: number, text: string): number {
  let hash = seed >>> 0;
  for (const character of text) {
    hash = mix((hash ^ (character.codePointAt(0) ?? 0)) >>> 0);
  }
  return hash / 2 ** 32;
}

/** Each bit of the answer depends on each bit of the value. */
function mix(value: number): number {
  let mixed = value;
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x45d9f3b);
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x45d9f3b);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}
