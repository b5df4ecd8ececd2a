import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import { GatewayError } from '../errors.ts';
import { checkAnswer } from './check-answer.ts';
import { sdpLimits } from './sdp-lines.ts';
import { parseBody, parseSessionDescription } from './session-description.ts';

const head = ['v=0', 'o=alice 2890844526 2890844526 IN IP4 198.51.100.50', 's=-'];
const sdp = (...lines: string[]): string => [...head, ...lines, ''].join('\r\n');
const audio = 'm=audio 49170 RTP/AVP 0 101';

describe('what is read', () => {
  it('audio with the c= of the session; RTCP one port up', () => {
    const { streams } = parseSessionDescription(sdp('c=IN IP4 198.51.100.50', 't=0 0', audio));
    expect(streams).toEqual([
      {
        kind: 'relayed',
        media: 'audio',
        transport: 'rtp',
        rtp: { address: '198.51.100.50', port: 49170 },
        rtcp: { address: '198.51.100.50', port: 49171 },
        rtcpMux: false,
        direction: 'sendrecv',
      },
    ]);
  });

  it('the c= of a stream before that of the session, a=rtcp with and without an address', () => {
    const { streams } = parseSessionDescription(
      sdp(
        'c=IN IP4 198.51.100.50',
        't=0 0',
        'a=recvonly',
        audio,
        'c=IN IP4 198.51.100.51',
        'a=rtcp:53020',
        'a=rtcp-mux',
        'm=video 51372 RTP/SAVPF 96',
        'a=rtcp:53022 IN IP4 198.51.100.52',
        'a=sendonly',
      ),
    );
    expect(streams).toMatchObject([
      {
        rtp: { address: '198.51.100.51', port: 49170 },
        rtcp: { address: '198.51.100.51', port: 53020 },
        rtcpMux: true,
        direction: 'recvonly',
      },
      {
        rtp: { address: '198.51.100.50', port: 51372 },
        rtcp: { address: '198.51.100.52', port: 53022 },
        direction: 'sendonly',
      },
    ]);
  });

  it.each([
    ['sendrecv', 'sendonly'],
    ['sendonly', 'sendonly'],
    ['recvonly', 'inactive'],
    ['inactive', 'inactive'],
  ])('c=0.0.0.0 with %s is the hold that %s means', (written, meant) => {
    const { streams } = parseSessionDescription(sdp('c=IN IP4 0.0.0.0', audio, `a=${written}`));
    expect(streams).toMatchObject([{ rtp: undefined, rtcp: undefined, direction: meant }]);
  });

  it('port 0 is a closed stream, whatever its c=; T.38 has no RTCP; other transports are refused', () => {
    const { streams } = parseSessionDescription(
      sdp(
        'c=IN IP4 198.51.100.50',
        'm=audio 0 RTP/AVP 0',
        'c=IN IP6 2001:db8::1',
        'm=image 4000 udptl t38',
        'm=message 7654 TCP/MSRP *',
      ),
    );
    expect(streams).toMatchObject([
      { kind: 'disabled', media: 'audio' },
      { kind: 'relayed', transport: 'udptl', rtcp: undefined },
      {
        kind: 'refused',
        media: 'message',
        because: expect.stringContaining('TCP/MSRP') as unknown,
      },
    ]);
  });

  it('a blank at the end of an m= line is none of it', () => {
    const { streams } = parseSessionDescription(sdp('c=IN IP4 198.51.100.50', `${audio} `));
    expect(streams).toMatchObject([{ kind: 'relayed', transport: 'rtp' }]);
  });

  it('the highest port has no RTCP above it', () => {
    const { streams } = parseSessionDescription(
      sdp('c=IN IP4 198.51.100.50', 'm=audio 65535 RTP/AVP 0'),
    );
    expect(streams).toMatchObject([{ rtp: { port: 65535 }, rtcp: undefined }]);
  });
});

describe('what is refused', () => {
  const connection = 'c=IN IP4 198.51.100.50';
  it.each([
    ['no version', 'o=- 1 1 IN IP4 1.2.3.4', 'SdpInvalid'],
    ['no origin', 'v=0\r\ns=-\r\n', 'SdpInvalid'],
    ['an origin that is none', 'v=0\r\no=nonsense\r\ns=-\r\n', 'SdpInvalid'],
    ['two origins', sdp('o=- 1 1 IN IP4 1.2.3.4'), 'SdpInvalid'],
    ['an empty text', '', 'SdpInvalid'],
    ['an empty line inside', sdp('', audio), 'SdpInvalid'],
    ['a bare carriage return', sdp('i=a\rm=audio 1 RTP/AVP 0'), 'SdpInvalid'],
    ['a NUL', sdp('i=\u0000'), 'SdpInvalid'],
    ['no c= at all', sdp(audio), 'SdpInvalid'],
    ['a port of 65536', sdp(connection, 'm=audio 65536 RTP/AVP 0'), 'SdpInvalid'],
    ['several ports', sdp(connection, 'm=audio 4000/2 RTP/AVP 0'), 'SdpInvalid'],
    ['too many streams', sdp(connection, ...Array<string>(9).fill(audio)), 'SdpInvalid'],
    ['too many lines', sdp(...Array<string>(sdpLimits.lines).fill('a=x')), 'SdpInvalid'],
    ['a long line', sdp(`a=${'x'.repeat(sdpLimits.line)}`), 'SdpInvalid'],
    ['a long text', sdp(`a=${'x'.repeat(sdpLimits.text)}`), 'SdpInvalid'],
    ['IPv6', sdp('c=IN IP6 2001:db8::1', audio), 'SdpNotRelayable'],
    ['a host name', sdp('c=IN IP4 media.example.net', audio), 'SdpNotRelayable'],
    ['multicast', sdp('c=IN IP4 224.2.36.42/127', audio), 'SdpNotRelayable'],
    ['several c= lines in a stream', sdp(audio, connection, connection), 'SdpNotRelayable'],
    ['TCP alone', sdp(connection, 'm=audio 9 TCP/RTP/AVP 0'), 'SdpNotRelayable'],
    ['payload types over 127', sdp(connection, 'm=audio 9 RTP/AVP 128'), 'SdpNotRelayable'],
  ])('%s', (_title, text, code) => {
    expect(() => parseSessionDescription(text)).toThrow(expect.objectContaining({ code }));
  });

  it('says why, and what to do', () => {
    expect(() => parseSessionDescription(sdp('c=IN IP6 2001:db8::1', audio))).toThrow(
      expect.objectContaining({
        message: expect.stringContaining('2001:db8::1; IPv6 is not relayed yet') as unknown,
        remedy: expect.stringContaining('IPv4') as unknown,
      }),
    );
  });

  it('a body of another type, with 415', () => {
    expect(() => parseBody('multipart/mixed;boundary=x', sdp())).toThrow(
      expect.objectContaining({ code: 'ContentUnsupported' }),
    );
    expect(parseBody('Application/SDP; charset=utf-8', sdp()).streams).toEqual([]);
  });

  test.prop([
    fc.array(
      fc.oneof(
        fc.constantFrom(...head, audio, 'c=IN IP4 198.51.100.50', 'a=rtcp:', 'm=', 'c=IN IP4 '),
        fc.string({ unit: 'binary', maxLength: 40 }),
        fc
          .tuple(fc.constantFrom(...'vosiuepcbtrzkam'.split('')), fc.string({ unit: 'binary' }))
          .map(([type, value]) => `${type}=${value}`),
      ),
      { maxLength: 30 },
    ),
    fc.constantFrom('\r\n', '\n', '\r'),
  ])('hostile text throws nothing but our own error', (lines, ending) => {
    try {
      parseSessionDescription(lines.join(ending));
    } catch (error) {
      expect(GatewayError.is(error)).toBe(true);
    }
  });

  it.each([
    'imageattr:* send ',
    'simulcast: ',
    'rtpmap:',
    'candidate:',
    'extmap:1 ',
    'source-filter: ',
  ])('a line of %s that fits no grammar is read in little time', (attribute) => {
    const nasty = `a=${attribute}${'[x]\t '.repeat(380)}!`.slice(0, sdpLimits.line);
    const started = performance.now();
    parseSessionDescription(sdp('c=IN IP4 198.51.100.50', audio, nasty, nasty, nasty, nasty));
    expect(performance.now() - started).toBeLessThan(200);
  });
});

describe('an answer', () => {
  const connection = 'c=IN IP4 198.51.100.50';
  const offer = parseSessionDescription(sdp(connection, audio, 'm=video 0 RTP/AVP 96'));
  it.each([
    ['the same streams', [audio, 'm=video 0 RTP/AVP 96'], undefined],
    ['fewer streams', [audio], 'SdpInvalid'],
    ['another order', ['m=video 0 RTP/AVP 96', audio], 'SdpInvalid'],
    ['a closed stream opened', [audio, 'm=video 4000 RTP/AVP 96'], 'SdpInvalid'],
  ])('%s', (_title, lines, code) => {
    const check = (): void =>
      checkAnswer(offer, parseSessionDescription(sdp(connection, ...lines)));
    if (code === undefined) expect(check).not.toThrow();
    else expect(check).toThrow(expect.objectContaining({ code }));
  });

  it('opens no stream either that was passed on with port 0', () => {
    const tcp = parseSessionDescription(sdp(connection, audio, 'm=audio 9 TCP/RTP/AVP 0'));
    const opened = parseSessionDescription(sdp(connection, audio, 'm=audio 4000 RTP/AVP 0'));
    expect(() => checkAnswer(tcp, opened)).toThrow(expect.objectContaining({ code: 'SdpInvalid' }));
  });
});
