import { describe, expect, it } from 'vitest';
import { encodeMuLaw, toneFrame } from './pcmu-tone.ts';
import { decodeRtp, encodeRtp } from './rtp-packet.ts';
import { decodeMuLaw, shareOfTone } from './tone.ts';

describe('encodeMuLaw', () => {
  it.each([
    // the ends of the scale and its middle, as G.711 table 2 has them
    [0, 0xff],
    [-1, 0x7f],
    [32_767, 0x80],
    [-32_768, 0x00],
    [1000, 0xce],
    [-1000, 0x4e],
  ])('%i is 0x%s', (sample, byte) => {
    expect(encodeMuLaw(sample)).toBe(byte);
  });
});

describe('toneFrame', () => {
  it('is heard as what it is by an ear that knows nothing of how it was made', () => {
    const octets = Uint8Array.from([0, 1, 2, 3, 4].flatMap((number) => [...toneFrame(number)]));
    expect(shareOfTone(decodeMuLaw(octets), 440)).toBeGreaterThan(0.99);
    expect(shareOfTone(decodeMuLaw(octets), 880)).toBeLessThan(0.01);
  });

  it('goes on where the frame before ended: 440 Hz fit 22 times into 400 samples', () => {
    const samples = [0, 1, 2, 3, 4, 5].flatMap((number) => [...toneFrame(number)]);
    expect(samples).toHaveLength(960);
    const crossings = samples
      .slice(0, 400)
      .filter((byte, at) => byte >= 0x80 && (samples[at - 1] ?? 0) < 0x80);
    expect(crossings).toHaveLength(22);
  });
});

describe('encodeRtp', () => {
  const packet = {
    marker: true,
    payloadType: 0,
    sequence: 65_535,
    timestamp: 4_294_967_295,
    ssrc: 0xde_ad_be_ef,
    payload: toneFrame(1),
  };

  it('is read back', () => {
    expect(decodeRtp(encodeRtp(packet))).toEqual(packet);
  });

  it('is told from RTCP, STUN, SIP and what is too short', () => {
    const bytes = encodeRtp(packet);
    expect(decodeRtp(Uint8Array.from([0x80, 200, ...bytes.subarray(2)]))).toBeUndefined();
    expect(decodeRtp(Uint8Array.from([0x00, 0x01, ...bytes.subarray(2)]))).toBeUndefined();
    expect(decodeRtp(Buffer.from('OPTIONS sip:a@b SIP/2.0'))).toBeUndefined();
    expect(decodeRtp(bytes.subarray(0, 11))).toBeUndefined();
  });
});
