import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';

/** Has V8 see what one line makes survive, then tells how many bytes of what that line makes come to be in the old space at once. */
const program = `
import { getHeapSpaceStatistics } from 'node:v8';
const old = () => getHeapSpaceStatistics().find((space) => space.space_name === 'old_space').space_used_size;
const make = (at) => ({ at, more: [at, at + 1, at + 2] });
let most = 0;
let used = 0;
for (let round = 0; round < 4; round += 1) {
  let kept = [];
  for (let at = 0; at < 150_000; at += 1) kept.push(make(at));
  kept = [];
  // what was kept is not to be carried over meanwhile
  gc({ type: 'minor' });
  gc({ type: 'minor' });
  const before = old();
  for (let at = 0; at < 5_000; at += 1) used += make(at).more.length;
  most = Math.max(most, old() - before);
}
console.log(most);
`;

/** In a process of its own, since the flag is for good; with one thread, so that V8 does the same at the same places each time. */
function bytesPretenured(preamble: string): number {
  const args = [
    '--single-threaded',
    '--expose-gc',
    '--input-type=module',
    '--eval',
    `${preamble}${program}`,
  ];
  return Number(execFileSync(process.execPath, args, { encoding: 'utf8' }));
}

describe('what one line makes that often survives', () => {
  it('V8 makes in the old space from then on', () => {
    expect(bytesPretenured('')).toBeGreaterThan(500_000);
  });

  it('begins in the young generation once told', () => {
    const url = new URL('./avoid-pretenuring.ts', import.meta.url).href;
    const preamble = `import { avoidPretenuring } from '${url}';\navoidPretenuring();\n`;
    expect(bytesPretenured(preamble)).toBeLessThan(50_000);
  });
});
