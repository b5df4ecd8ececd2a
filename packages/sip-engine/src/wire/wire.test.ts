import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import { readAppMessage, readAppText } from './app-message.ts';
import { timeOfDay, writeEngineMessage, type WireSip } from './engine-message.ts';
import { frameLimitBytes, readFrames, readTextFrame, writeFrame } from './frame.ts';

const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString('utf8');
const app = (payload: string): ReturnType<typeof readAppMessage> =>
  readAppMessage(Buffer.from(payload));

const say = (message: Parameters<typeof writeEngineMessage>[0]): string =>
  text(writeEngineMessage(message, 's1', '02:12:16.755939')).replace(/^\d+#/, '');

describe('frames', () => {
  test.prop([
    fc.array(fc.uint8Array({ minLength: 1, maxLength: 60 })),
    fc.integer({ min: 1, max: 9 }),
  ])('come out as they went in, however the stream is cut', (payloads, chunk) => {
    const stream = Buffer.concat(payloads.map((payload) => writeFrame(payload)));
    const seen: string[] = [];
    let rest: Uint8Array = new Uint8Array(0);
    for (let at = 0; at < stream.length; at += chunk) {
      const reading = readFrames(Buffer.concat([rest, stream.subarray(at, at + chunk)]));
      if (reading.kind === 'broken') throw new Error(reading.reason);
      rest = reading.rest;
      seen.push(...reading.frames.map((frame) => Buffer.from(frame).toString('hex')));
    }
    expect(rest).toHaveLength(0);
    expect(seen).toEqual(payloads.map((payload) => Buffer.from(payload).toString('hex')));
  });

  test.prop([fc.uint8Array({ maxLength: 200 })])('never throw on any bytes', (bytes) => {
    expect(['frames', 'broken']).toContain(readFrames(bytes).kind);
  });

  it.each(['#a', 'x#a', '0#', '100000#', '999999', '-1#a', '5 #abcde'])(
    '%j is refused',
    (stream) => {
      expect(readFrames(Buffer.from(stream)).kind).toBe('broken');
    },
  );

  it('counts bytes, not characters', () => {
    expect(text(writeFrame('é|☎'))).toBe('6#é|☎');
  });

  it.each([
    ['6#a|b|\r\n', 'a|b|\r\n'],
    ['06#a|b|\r\n', 'a|b|\r\n'],
    ['0#', undefined],
    ['#a', undefined],
    ['2#a', undefined],
    ['1#ab', undefined],
    ['1#a1#b', undefined],
    ['-1#a', undefined],
    ['11#elevenbytes', undefined],
    // two bytes in one character: what the length counts is not there as text
    ['1#é', undefined],
    ['2#é', undefined],
  ])('%j as text, when it is one frame of ASCII', (written, payload) => {
    expect(readTextFrame(written, 10)).toBe(payload);
  });

  it('takes the longest one whole', () => {
    const reading = readFrames(writeFrame(Buffer.alloc(frameLimitBytes, 0x61)));
    expect(reading).toMatchObject({ kind: 'frames', rest: { length: 0 } });
  });
});

describe('what an application says', () => {
  it.each([
    ['a1|authenticate|cymru|', { kind: 'authenticate', secret: 'cymru' }],
    ['a1|authenticate|s|x,y', { kind: 'authenticate', secret: 's' }],
    ['a1|route|invite', { kind: 'route', verb: 'invite' }],
    ['a1|remove_route|invite', { kind: 'remove-route', verb: 'invite' }],
    ['a1|ping', { kind: 'ping' }],
    ['a1|dance|', { kind: 'unknown', verb: 'dance' }],
    ['a1|sip||', { kind: 'unknown', verb: 'sip' }],
    ['', { kind: 'unknown', id: '' }],
  ])('%s', (payload, expected) => {
    expect(app(payload)).toMatchObject(expected);
  });

  it('the INVITE of leg B: no dialog, no transaction', () => {
    const message = app(
      'a3|sip||\r\nINVITE sip:service@127.0.0.1:5092 SIP/2.0\r\nsubject: Test\r\nfrom: sip:sipp@localhost\r\nContent-Length: 3\r\n\r\nv=0',
    );
    expect(message).toMatchObject({
      kind: 'sip',
      transactionId: undefined,
      dialogId: undefined,
      proxyUri: undefined,
      sip: {
        start: { kind: 'request', method: 'INVITE', requestUri: 'sip:service@127.0.0.1:5092' },
        headers: [
          { name: 'subject', value: 'Test' },
          { name: 'from', value: 'sip:sipp@localhost' },
          { name: 'Content-Length', value: '3' },
        ],
      },
    });
  });

  it('an ACK without the third bar, a proxy URI with it', () => {
    const ack = app(
      'a5|sip||D2;from-tag=x\r\nACK sip:placeholder SIP/2.0\r\nContent-Length: 0\r\n\r\n',
    );
    expect(ack).toMatchObject({ kind: 'sip', transactionId: undefined, dialogId: 'D2;from-tag=x' });
    const proxied = app('a6|sip|||sip:1.2.3.4\r\nOPTIONS sip:b SIP/2.0\r\n\r\n');
    expect(proxied).toMatchObject({ kind: 'sip', dialogId: undefined, proxyUri: 'sip:1.2.3.4' });
  });

  it('a body may hold bars, hashes and blank lines, and keeps its bytes', () => {
    const message = app('a|sip|T|\r\nSIP/2.0 200 OK Then\r\nx: 1\r\n\t2\r\n\r\na|b#c\r\n\r\né');
    expect(message).toMatchObject({
      sip: { start: { status: 200, reason: 'OK Then' }, headers: [{ name: 'x', value: '1 2' }] },
    });
    expect(message.kind === 'sip' && text(message.sip.body)).toBe('a|b#c\r\n\r\né');
  });

  it.each(['INVITE sip:a\nVia:x SIP/2.0', 'INVITE sip:a\u0001 SIP/2.0', 'SIP/2.0 200 OK\rX-A: b'])(
    'a start line that would break the message is none: %j',
    (start) => {
      const message = app(`a|sip|T|\r\n${start}\r\n\r\n`);
      expect(message).toMatchObject({ kind: 'unknown', id: 'a', reason: 'invalid sip message' });
    },
  );

  const piece = fc.constantFrom(
    'a|sip|T|D', 'a|route|invite', '|', '\r\n', '\r\n', '\r\n\r\n', '\r', '\n', ' ', ':', 'SIP/2.0 200 OK', 'INVITE sip:a SIP/2.0',
    'call-id: x', 'From', 'v', '\u0001',
  ); // prettier-ignore
  test.prop([fc.array(piece, { maxLength: 24 })], { numRuns: 1000 })(
    'is the same as text and as bytes',
    (pieces) => {
      const payload = pieces.join('');
      const [asBytes, asText] = [readAppMessage(Buffer.from(payload)), readAppText(payload)].map(
        (read) =>
          read.kind === 'sip' ? { ...read, sip: { ...read.sip, body: text(read.sip.body) } } : read,
      );
      expect(asText).toEqual(asBytes);
    },
  );

  test.prop([fc.uint8Array({ maxLength: 120 })])('never throws on any bytes', (bytes) => {
    expect(typeof readAppMessage(bytes).kind).toBe('string');
    const framed = Buffer.concat([Buffer.from('a|sip||\r\n'), bytes]);
    expect(typeof readAppMessage(framed).kind).toBe('string');
  });
});

describe('what an application is told', () => {
  const sip: WireSip = {
    bytes: Buffer.from('X'),
    peer: { protocol: 'udp', address: '127.0.0.1', port: 5091 },
    transactionId: 'T1',
    dialogId: 'D1',
  };
  it('in the fields of a captured call', () => {
    const on = { address: '127.0.0.1', port: 5080 };
    expect(
      say({ kind: 'received', received: { ...sip, dialogId: undefined }, receivedOn: on }),
    ).toBe('s1|sip|network|1|udp|127.0.0.1|5091|02:12:16.755939|T1||127.0.0.1|5080|\r\nX');
    expect(say({ kind: 'received', received: sip, receivedOn: undefined })).toBe(
      's1|sip|network|1|udp|127.0.0.1|5091|02:12:16.755939|T1|D1|\r\nX',
    );
    expect(say({ kind: 'request-sent', to: 'a3', sent: sip })).toBe(
      's1|response|a3|OK|application|1|udp|127.0.0.1|5091|02:12:16.755939|T1|Msg sent:|\r\nX',
    );
    expect(say({ kind: 'response-sent', to: 'a4', sent: sip })).toBe(
      's1|response|a4|OK|application|1|udp|127.0.0.1|5091|02:12:16.755939|T1|D1||Msg sent:|\r\nX',
    );
    expect(say({ kind: 'unsolicited', sent: sip })).toBe(
      's1|sip|application|1|udp|127.0.0.1|5091|02:12:16.755939|unsolicited|D1|\r\nX',
    );
    expect(say({ kind: 'ok', to: 'a2', text: undefined })).toBe('s1|response|a2|OK');
    expect(say({ kind: 'ok', to: 'a9', text: 'pong' })).toBe('s1|response|a9|OK|pong');
    const hostports = ['udp/1.2.3.4:5060'];
    const authenticated = {
      kind: 'authenticated',
      to: 'a1',
      hostports,
      localHostports: [],
    } as const;
    expect(say(authenticated)).toMatch(
      /^s1\|response\|a1\|OK\|udp\/1\.2\.3\.4:5060\|v0\.9\.\d+\S*\|$/,
    );
  });

  it('the time of day', () => {
    expect(timeOfDay(Date.UTC(2026, 10, 21, 2, 12, 16, 755))).toBe('02:12:16.755000');
  });
});
