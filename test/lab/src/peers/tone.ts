/** Samples a second of G.711 (RFC 3551, section 4.5.14), and of every sound here. */
export const samplesPerSecond = 8000;

/** A WAV file (RIFF, PCM, 16 bits, one channel) of one sine, at half of the full scale. */
export function toneFile(tone: { readonly hertz: number; readonly seconds: number }): Uint8Array {
  const count = tone.seconds * samplesPerSecond;
  const bytes = Buffer.alloc(headerBytes + 2 * count);
  bytes.write('RIFF', 0, 'latin1');
  bytes.writeUInt32LE(bytes.length - 8, 4);
  bytes.write('WAVEfmt ', 8, 'latin1');
  bytes.writeUInt32LE(16, 16);
  bytes.writeUInt16LE(pcm, 20);
  bytes.writeUInt16LE(1, 22);
  bytes.writeUInt32LE(samplesPerSecond, 24);
  bytes.writeUInt32LE(2 * samplesPerSecond, 28);
  bytes.writeUInt16LE(2, 32);
  bytes.writeUInt16LE(16, 34);
  bytes.write('data', 36, 'latin1');
  bytes.writeUInt32LE(2 * count, 40);
  for (let at = 0; at < count; at += 1) {
    const angle = (2 * Math.PI * tone.hertz * at) / samplesPerSecond;
    bytes.writeInt16LE(Math.round(halfScale * Math.sin(angle)), headerBytes + 2 * at);
  }
  return bytes;
}

/** Linear samples of mu-law octets (ITU-T G.711, table 2a), full scale 32124. */
export function decodeMuLaw(octets: Uint8Array): readonly number[] {
  return Array.from(octets, (octet) => {
    const code = ~octet & 0xff;
    const segment = (code >> 4) & 7;
    const magnitude = (((code & 15) << 3) + bias) * 2 ** segment - bias;
    return code >= 0x80 ? -magnitude : magnitude;
  });
}

/**
 * Which part of the power of these samples lies at a frequency: 1 for that sine alone, 0 for silence or another tone.
 * By Goertzel's recurrence. The more samples, the narrower: 8000/n hertz are told apart.
 */
export function shareOfTone(samples: readonly number[], hertz: number): number {
  const coefficient = 2 * Math.cos((2 * Math.PI * hertz) / samplesPerSecond);
  let [before, now, power] = [0, 0, 0];
  for (const sample of samples) {
    [before, now] = [now, sample + coefficient * now - before];
    power += sample * sample;
  }
  if (power === 0) return 0;
  const atTone = before * before + now * now - coefficient * before * now;
  // a sine of amplitude A: power n*A*A/2, and (n*A/2) squared at its frequency
  return (2 * atTone) / (samples.length * power);
}

const headerBytes = 44;
const pcm = 1;
const halfScale = 16_384;
/** Of mu-law, on the scale of 16 bits. */
const bias = 132;
