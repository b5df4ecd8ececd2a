import { describe, expect, it } from 'vitest';
import { decodeMuLaw, shareOfTone, toneFile } from './tone.ts';

/** The samples of a file that toneFile wrote. */
function samplesOf(file: Uint8Array): readonly number[] {
  const data = Buffer.from(file).subarray(44);
  return Array.from({ length: data.length / 2 }, (_, at) => data.readInt16LE(2 * at));
}

describe('tone', () => {
  it('is one sine, told from another frequency and from silence', () => {
    const samples = samplesOf(toneFile({ hertz: 440, seconds: 1 }));
    expect(samples).toHaveLength(8000);
    expect(Math.max(...samples)).toBe(16_384);
    expect(shareOfTone(samples, 440)).toBeCloseTo(1, 5);
    expect(shareOfTone(samples, 620)).toBeCloseTo(0, 5);
    expect(
      shareOfTone(
        Array.from({ length: 800 }, () => 0),
        440,
      ),
    ).toBe(0);
  });

  it('shows two tones in equal parts', () => {
    const one = samplesOf(toneFile({ hertz: 440, seconds: 1 }));
    const other = samplesOf(toneFile({ hertz: 620, seconds: 1 }));
    const both = one.map((sample, at) => sample + (other[at] ?? 0));
    expect(shareOfTone(both, 440)).toBeCloseTo(0.5, 3);
    expect(shareOfTone(both, 620)).toBeCloseTo(0.5, 3);
  });

  it('says its own length in its header', () => {
    const file = Buffer.from(toneFile({ hertz: 300, seconds: 2 }));
    expect(file.readUInt32LE(4)).toBe(file.length - 8);
    expect(file.readUInt32LE(40)).toBe(file.length - 44);
  });
});

describe('decodeMuLaw', () => {
  // ITU-T G.711, table 2a, on the scale of 16 bits: the code words at the ends of segments
  it.each([
    [0xff, 0],
    [0x7f, -0],
    [0x80, 32_124],
    [0x00, -32_124],
    [0xf0, 120],
    [0xef, 132],
    [0x8f, 16_764],
    [0x90, 15_996],
  ])('decodes %i to %i', (octet, sample) => {
    expect(decodeMuLaw(Uint8Array.of(octet))).toEqual([sample]);
  });
});
