import { describe, expect, it } from 'vitest';
import { LabError } from '../errors.ts';
import { encodeNetstring, NetstringReader } from './baresip-netstring.ts';

describe('netstrings', () => {
  const texts = ['{"event":true}', '', 'a,b:c', 'é'];
  const stream = Buffer.from(texts.map(encodeNetstring).join(''));

  it('frames by bytes', () => {
    expect(encodeNetstring('é')).toBe('2:é,');
  });

  it('are read whole, in one piece or byte by byte', () => {
    expect(new NetstringReader().push(stream)).toEqual(texts);
    const reader = new NetstringReader();
    expect(Array.from(stream, (byte) => reader.push(Uint8Array.of(byte))).flat()).toEqual(texts);
  });

  it.each(['HTTP/1.1 200 OK', '3:abcd', '-1:,', '9999999:', '12345678'])('refuses %j', (bytes) => {
    expect(() => new NetstringReader().push(Buffer.from(bytes))).toThrow(LabError);
  });
});
