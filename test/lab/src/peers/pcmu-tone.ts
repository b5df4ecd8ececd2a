/** Payload type of PCMU (RFC 3551 section 6), 8000 samples a second. */
export const pcmu = {
  payloadType: 0,
  samplesPerSecond: 8000,
  frameMs: 20,
  frameSamples: 160,
} as const;

const bias = 0x84;
const clip = 32_635;

/** One 16 bit sample as G.711 mu-law has it: sign, exponent and mantissa, all bits inverted. */
export function encodeMuLaw(sample: number): number {
  const sign = sample < 0 ? 0x80 : 0;
  const magnitude = Math.min(Math.abs(Math.trunc(sample)), clip) + bias;
  const exponent = 31 - Math.clz32(magnitude) - 7;
  const mantissa = (magnitude >> (exponent + 3)) & 0x0f;
  return ~(sign | (exponent << 4) | mantissa) & 0xff;
}

/** 20 ms of a sine tone, the frame with this number (from 0) of an unbroken one. */
export function toneFrame(number: number, frequencyHz = 440): Uint8Array {
  const first = number * pcmu.frameSamples;
  return Uint8Array.from({ length: pcmu.frameSamples }, (_unused, index) => {
    const turns = ((first + index) * frequencyHz) / pcmu.samplesPerSecond;
    return encodeMuLaw(8000 * Math.sin(2 * Math.PI * turns));
  });
}
