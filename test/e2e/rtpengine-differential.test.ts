import { fc, test } from '@fast-check/vitest';
import { startRtpengine } from '@truetuple/lab';
import {
  embeddedRelay,
  GatewayError,
  rtpengineRelay,
  type LegName,
  type MediaRelay,
} from '@truetuple/sip-gateway';
import { contractAddresses, contractPath } from '@truetuple/sip-gateway/testing';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { DescribedLegs } from '../../packages/sip-gateway/src/call/described-legs.ts';
import { otherLeg } from '../../packages/sip-gateway/src/media/relay-turn.ts';
import { strangersIn } from '../../packages/sip-gateway/src/sdp/addresses-in.ts';
import { hosts } from '../../packages/sip-gateway/src/testing/media-relay-contract.ts';
import { programsMissing } from '../netns/programs-missing.ts';
import { freePort } from './free-port.ts';

const { privateIp, publicIp } = contractAddresses;
const signalling = { a: hosts.internet, b: hosts.vpc };
/** As the Internet's peers and the VPC's may move. */
const hostsOf = {
  a: [hosts.internet, hosts.internetToo],
  b: [hosts.vpc, hosts.vpcToo],
} as const;

const directions = ['sendrecv', 'sendonly', 'recvonly', 'inactive'];
const attributes = [
  'rtpmap:101 telephone-event/8000',
  'fmtp:101 0-16',
  'ptime:20',
  'ptime:30',
  'maxptime:40',
  'mid:0',
  'rtcp-rsize',
  'ssrc:1234 cname:x',
  'candidate:1 1 UDP 1 192.0.2.1 4000 typ host',
  'ice-ufrag:F7gI',
  'ice-pwd:x9cml/YzichV2+XlhiMu8g',
  'bundle-only',
  'crypto:1 AES_CM_128_HMAC_SHA1_80 inline:PS1uQCVeeCFCanVmcjkpPywjNWhcYD0mXXtxaVBR KDR=1 UNENCRYPTED_SRTCP',
  `fingerprint:sha-256 ${Array(32).fill('4A').join(':')}`,
  'setup:actpass',
  'rtcp:53020',
  'rtcp:9 IN IP4 0.0.0.0',
  'x-nat:192.0.2.1',
];
const mediaLines = [
  ['audio', 'RTP/AVP 0 8 101'],
  ['audio', 'RTP/SAVP 96'],
  ['audio', 'UDP/TLS/RTP/SAVPF 96'],
  ['video', 'RTP/AVPF 97'],
  ['image', 'udptl t38'],
  ['audio', 'TCP/RTP/AVP 0'],
  ['application', 'UDP/DTLS/SCTP webrtc-datachannel'],
  ['message', 'TCP/MSRP *'],
] as const;

const stream = fc.record({
  line: fc.constantFrom(...mediaLines, mediaLines[0], mediaLines[0]),
  port: fc.oneof(
    { weight: 9, arbitrary: fc.integer({ min: 2000, max: 20_000 }).map((half) => 2 * half) },
    { weight: 1, arbitrary: fc.constant(0) },
  ),
  connection: fc.oneof(
    { weight: 9, arbitrary: fc.constant(undefined) },
    { weight: 1, arbitrary: fc.constantFrom('IP4 0.0.0.0', 'IP6 2001:db8::7', 'IP4 host.example') },
  ),
  direction: fc.option(fc.constantFrom(...directions), { nil: undefined }),
  attributes: fc.subarray(attributes, { maxLength: 5 }),
});
const session = fc.record({
  host: fc.nat({ max: 1 }),
  head: fc.subarray(['s=-', 't=0 0', 'a=group:BUNDLE 0 1', 'a=ice-lite', 'a=sendonly', 'b=AS:64']),
  ending: fc.constantFrom('\r\n', '\r\n', '\n'),
  after: fc.constantFrom('', '', '\r\n\r\n'),
});
const exchange = fc.record({
  offerer: fc.constantFrom<LegName>('a', 'a', 'b'),
  offer: session,
  streams: fc.array(stream, { minLength: 1, maxLength: 3 }),
  /** None: the offer is refused. */
  answers: fc.array(
    fc.record({ session, streams: fc.array(stream, { minLength: 3, maxLength: 3 }) }),
    { maxLength: 2 },
  ),
});

type Stream = typeof stream extends fc.Arbitrary<infer Each> ? Each : never;
type Session = typeof session extends fc.Arbitrary<infer Each> ? Each : never;
type Exchange = typeof exchange extends fc.Arbitrary<infer Each> ? Each : never;

function textOf(
  leg: LegName,
  { host, head, ending, after }: Session,
  streams: readonly Stream[],
): string {
  const address = hostsOf[leg][host];
  const media = streams.flatMap(({ line, port, connection, direction, attributes: more }) => [
    `m=${line[0]} ${port} ${line[1]}`,
    ...(connection === undefined ? [] : [`c=IN ${connection}`]),
    ...(direction === undefined ? [] : [`a=${direction}`]),
    ...more.map((each) => `a=${each}`),
  ]);
  const lines = ['v=0', `o=- 1 1 IN IP4 ${address}`, `c=IN IP4 ${address}`, ...head, ...media, ''];
  return lines.join(ending) + after;
}

interface Told {
  readonly to: LegName;
  readonly asked: string;
  /** A description, or the code of a refusal. */
  readonly text: string;
}

let calls = 0;

/** What each leg is told, turn after turn, until one that ends the call. */
async function play(relay: MediaRelay, exchanges: readonly Exchange[]): Promise<readonly Told[]> {
  const callId = `call-${(calls += 1)}`;
  const sessionIds = { a: '71', b: '72' };
  const parts = { relay, pathTo: contractPath, callId, signalling, sessionIds };
  const legs = new DescribedLegs(parts);
  const told: Told[] = [];
  const turn = async (act: 'offer' | 'answer', from: LegName, sdp: string): Promise<boolean> => {
    try {
      const text = await legs.turn({ kind: 'relay', act, turn: 1, from, sdp });
      told.push({ to: otherLeg(from), asked: sdp, text });
      return true;
    } catch (error) {
      if (!GatewayError.is(error)) throw error;
      told.push({ to: otherLeg(from), asked: sdp, text: error.code });
      return false;
    }
  };
  try {
    for (const { offerer, offer, streams, answers } of exchanges) {
      const isTaken = await turn('offer', offerer, textOf(offerer, offer, streams));
      if (!isTaken || answers.length === 0) await relay.withdraw(callId);
      if (!isTaken) continue;
      for (const { session: said, streams: own } of answers) {
        const answerer = otherLeg(offerer);
        // the same media, where they are wanted at all
        const answered = streams.map((each, at) => ({
          ...(own[at] as Stream),
          line: each.line,
          port: each.port === 0 ? 0 : (own[at]?.port ?? 0),
        }));
        if (!(await turn('answer', answerer, textOf(answerer, said, answered)))) return told;
      }
    }
    return told;
  } finally {
    await relay.release(callId);
  }
}

/** With a name for each port that a leg is told, in the order that they come in. */
function withoutPorts(all: readonly Told[]): readonly string[] {
  const names = new Map<string, string>();
  return all.map(({ to, text }) => {
    const name = (port: string): string => {
      const key = `${to} ${port}`;
      if (!names.has(key)) names.set(key, `port ${names.size} of ${to}`);
      return names.get(key) as string;
    };
    return text
      .replaceAll(
        /^(m=\w+) ([1-9]\d*)/gm,
        (_line, media: string, port: string) => `${media} ${name(port)}`,
      )
      .replaceAll(
        /^a=rtcp:(\d+)/gm,
        (_line, port: string) => `a=rtcp: above ${name(String(Number(port) - 1))}`,
      );
  });
}

/** The m= lines, without their ports. */
function mediaOf(sdp: string): readonly string[] {
  return (sdp.match(/^m=.*$/gm) ?? []).map((line) => line.replace(/ \d+/, '').trimEnd());
}

/** RFC 3264, sections 6 and 8, of what one leg was told. */
function requireSound(told: readonly Told[]): void {
  const last: Partial<Record<LegName, { readonly version: number; readonly rest: string }>> = {};
  for (const { to, asked, text } of told) {
    if (!text.startsWith('v=0')) continue;
    expect(mediaOf(text)).toEqual(mediaOf(asked));
    expect(strangersIn(text, [publicIp])).toEqual([]);
    expect(text).not.toMatch(/^a=(?:candidate|ice-|group|bundle)/m);
    const [line = '', id, version] = /^o=- (\d+) (\d+) IN IP4 \S+/m.exec(text) ?? [];
    const now = { version: Number(version), rest: text.replace(line, '') };
    const before = last[to] ?? { version: 0, rest: '' };
    expect(id).toBe(to === 'a' ? '71' : '72');
    expect(now.version).toBe(before.version + (now.rest === before.rest ? 0 : 1));
    last[to] = now;
  }
}

describe.skipIf(programsMissing('rtpengine'))('the embedded relay and rtpengine', () => {
  const opened = new AsyncDisposableStack();
  let relays: { readonly embedded: MediaRelay; readonly rtpengine: MediaRelay };

  beforeAll(async () => {
    const control = { host: '127.0.0.1', port: await freePort() };
    opened.use(
      await startRtpengine({
        interfaces: [`out/${privateIp}!${publicIp}`, `pub/${publicIp}`, `pri/${privateIp}`],
        controlPort: control.port,
        ports: { first: 27_200, last: 27_599 },
      }),
    );
    const interfaces = { internet: 'out', vpc: 'pub', 'other-private': 'pri' };
    const parts = { pathTo: contractPath, addresses: [privateIp, publicIp] };
    relays = {
      rtpengine: opened.adopt(
        rtpengineRelay({ pathTo: contractPath, control, interfaces }),
        async (each) => each.close(),
      ),
      embedded: opened.adopt(
        await embeddedRelay(parts, {
          ports: { first: 27_600, last: 28_999 },
          quarantineMs: 1,
          tickMs: 10,
        }),
        async (each) => each.close(),
      ),
    };
  });
  afterAll(() => opened.disposeAsync());

  test.prop([fc.array(exchange, { minLength: 1, maxLength: 4 })], {
    seed: 3264,
    numRuns: 100,
    endOnFailure: false,
  })('tell and refuse the same, whatever is offered and answered', async (exchanges) => {
    const embedded = await play(relays.embedded, exchanges);
    requireSound(embedded);
    const rtpengine = await play(relays.rtpengine, exchanges);
    expect(withoutPorts(rtpengine)).toEqual(withoutPorts(embedded));
  });
});
