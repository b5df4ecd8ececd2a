import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import { leaderOf, readEcho, readFrames, writeFrame } from './server-frames.ts';

const texts = (bytes: Buffer): readonly string[] | undefined =>
  readFrames(bytes)?.payloads.map((payload) => payload.toString());

describe('frames', () => {
  test.prop([fc.array(fc.string({ minLength: 1, unit: 'grapheme' })), fc.array(fc.nat(40))])(
    'come out as they went in, however they are cut',
    (payloads, cuts) => {
      const all = Buffer.from(payloads.map(writeFrame).join(''));
      const got: string[] = [];
      let rest: Buffer = Buffer.alloc(0);
      let at = 0;
      for (const cut of [...cuts, all.length]) {
        const read = readFrames(Buffer.concat([rest, all.subarray(at, at + cut)]));
        at += cut;
        if (read === undefined) throw new Error('not read');
        got.push(...read.payloads.map((payload) => payload.toString()));
        ({ rest } = read);
      }
      expect(got).toEqual(payloads);
      expect(rest.length).toBe(0);
    },
  );

  it.each(['HTTP/1.1 200 OK\r\n', '#x', '0#', '12345678#', '9999999#', '5 #hello', '-1#x'])(
    '%j is none',
    (text) => {
      expect(readFrames(Buffer.from(text))).toBeUndefined();
    },
  );

  it('count bytes, not characters', () => {
    expect(texts(Buffer.from('2#é3#abc'))).toEqual(['é', 'abc']);
  });

  test.prop([fc.uint8Array({ maxLength: 60 })])('hostile bytes throw nothing', (bytes) => {
    const read = readFrames(Buffer.from(bytes));
    for (const payload of read?.payloads ?? []) readEcho(payload);
  });
});

describe('echoes', () => {
  const sip = 'BYE sip:b@10.0.3.10 SIP/2.0\r\nCall-ID: c\r\n\r\n';
  it.each([
    [`s|response|a1|OK|application|9|udp|203.0.113.50|5060|t|T1|Msg sent:|`, '203.0.113.50'],
    [`s|response|a1|OK|application|9||198.51.100.7|5060|t|T1|||Msg sent:|`, '198.51.100.7'],
    [`s|sip|application|9|udp|198.51.100.7|5060|t|unsolicited|D1|`, '198.51.100.7'],
  ])('%s', (leader, address) => {
    const echo = readEcho(Buffer.from(`${leader}\r\n${sip}`));
    expect([echo?.address, echo?.sip.toString()]).toEqual([address, sip]);
  });

  it.each([
    's|response|a1|OK|pong',
    's|response|a1|OK',
    's|response|a1|NOK|unknown transaction',
    `s|sip|network|9|udp|198.51.100.7|5060|t|T1||203.0.113.50|5060|\r\n${sip}`,
    's|response|a1|OK|application|9|udp|203.0.113.50|5060|t|T1|Msg sent:|',
    '',
  ])('%j is none', (payload) => {
    expect(readEcho(Buffer.from(payload))).toBeUndefined();
  });

  it('a body with | in it ends no leader', () => {
    expect(leaderOf(Buffer.from('a|b\r\nc|d'))).toEqual(['a', 'b']);
  });
});
