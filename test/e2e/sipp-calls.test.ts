// Many calls of sipp through the gateway in the box, with either media relay: what each side was told is what it saw.
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { privateAddressesIncoming, udpDatagrams } from '@truetuple/lab';
import { withHeader } from '@truetuple/sip-engine';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { boxIsMissing } from '../netns/box-is-missing.ts';
import { privateIp, publicIp } from '../netns/tuple-matrix-situation.ts';
import { rtpOf } from './link-wire.ts';
import { expectAllDone, expectTrueCalls, rules, seenSoFar } from './sipp-expectations.ts';
import { callsOnLink, crossed, mostAtOnce, wrongWith } from './sipp-link-calls.ts';
import { programsMissing } from '../netns/programs-missing.ts';
import { calleeWhoTalks, callerWhoTalks } from './sipp-steps.ts';
import { openSippWorld, type SippWorld } from './sipp-world.ts';

interface BothWays {
  readonly calls: number;
  readonly atOnce: number;
  readonly mediaMs: number;
}

async function callBothWays(world: SippWorld, { mediaMs, ...rest }: BothWays): Promise<void> {
  const seen = seenSoFar(world);
  const calls = { ...rest, caller: callerWhoTalks(mediaMs), callee: calleeWhoTalks };
  const ways = ['inward', 'outward'] as const;
  const played = await Promise.all(ways.map((way) => world.play(way, calls)));
  for (const each of played) expectAllDone(world, seen, each, rest.calls);
  expectTrueCalls(world, seen, { calls: 2 * rest.calls });
}

/** The RTP streams of a pcap file as tshark tells them: source tuple and packets. */
async function streamsIn(pcap: string): Promise<readonly RtpStreamLine[]> {
  const args = ['-r', pcap, '-q', '-z', 'rtp,streams'];
  const { stdout } = await promisify(execFile)('tshark', args);
  const lines = stdout.split('\n').map((line) => line.trim().split(/\s+/));
  return lines.flatMap(([, , host = '', port = '', , , , , packets = '']) =>
    /^\d+$/.test(packets) ? [{ host, tuple: `${host}:${port}`, packets: Number(packets) }] : [],
  );
}

interface RtpStreamLine {
  readonly host: string;
  readonly tuple: string;
  readonly packets: number;
}

describe
  .skipIf(boxIsMissing || programsMissing('sipp', 'rtpengine', 'tshark'))
  .for(['embedded', 'rtpengine'] as const)('calls of sipp with the %s relay', (relay) => {
  let folder: string;
  let world: SippWorld;
  const pcap = (): string => join(folder, 'peer.pcap');

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'truetuple-sipp-calls-'));
    world = await openSippWorld({ relay, pcap: pcap() });
  });
  afterAll(async () => {
    await world?.[Symbol.asyncDispose]();
    await rm(folder, { recursive: true, force: true });
  });

  it('50 calls, one after the other, in both directions', async () => {
    await callBothWays(world, { calls: 50, atOnce: 1, mediaMs: 300 });
  });

  it('20 calls at once, in both directions', async () => {
    const since = seenSoFar(world);
    await callBothWays(world, { calls: 20, atOnce: 20, mediaMs: 1000 });
    expect(mostAtOnce(world.links.peer.packets.slice(since.peer))).toBe(40);
  });

  it('leaves no call, no dialog, no port and no socket', async () => {
    await world.nothingHeld();
  });

  it('tshark reads the same in what the Internet host saw', async () => {
    const { calls } = callsOnLink(world.links.peer.packets);
    const arrived = (await streamsIn(pcap())).filter(({ host }) => host === publicIp);
    // rtpengine uses ports again, and sipp its SSRCs: two calls may be one stream
    const tuples = new Set(arrived.map(({ tuple }) => tuple));
    expect(tuples).toEqual(new Set(calls.flatMap(({ told }) => told)));
    const sum = arrived.reduce((total, { packets }) => total + packets, 0);
    expect(sum).toBe(calls.reduce((total, { rtpIn }) => total + rtpIn.length, 0));
  });

  it('and these checks see what is wrong, when it is made wrong', () => {
    const { packets } = world.links.peer;
    const [call] = callsOnLink(packets).calls;
    const [rtp] = call?.rtpIn ?? [];
    const invite = call?.sip.find(({ name }) => name === 'INVITE');
    if (call === undefined || rtp === undefined || invite === undefined) throw new Error('no call');
    const wrong = (change: Partial<typeof call>): string =>
      wrongWith({ ...call, ...change }, rules.peer).join();
    expect(wrong({})).toBe('');
    expect(wrong({ rtpIn: [...call.rtpIn, { ...rtp, sound: Uint8Array.of(0) }] })).toMatch(
      'sent another voice',
    );
    expect(wrong({ sip: [...call.sip, invite] })).toMatch('an INVITE was sent again');
    expect(wrong({ sip: [{ ...invite, direction: 'incoming', from: privateIp }] })).toMatch(
      `INVITE from ${privateIp}`,
    );
    const viaPod = withHeader(
      invite.message,
      'via',
      `SIP/2.0/UDP ${privateIp}:5060;branch=z9hG4bK1`,
    );
    const fromPod = { ...invite, direction: 'incoming', message: viaPod } as const;
    expect(wrong({ sip: [fromPod] })).toMatch('INVITE says Via: ');
    expect(wrong({ sip: [{ ...fromPod, text: privateIp }] })).toMatch(`INVITE says ${privateIp}`);
    expect(wrong({ rtpIn: [] })).toMatch('0 packets');
    expect(wrong({ told: [`${privateIp}:4000`] })).toMatch(`told ${privateIp}:4000`);
    const wire = packets.filter((packet) => rtpOf(packet)?.from === rtp.from);
    expect(callsOnLink(wire).strays).toHaveLength(wire.length);
    expect(crossed([call], [{ ...call, rtpIn: [] }])).toHaveLength(1);
    expect(crossed([call], [])).toHaveLength(1);
    const toPrivate = world.links.client.packets.filter(
      ({ direction }) => direction === 'incoming',
    );
    expect(privateAddressesIncoming(udpDatagrams(toPrivate))).not.toEqual([]);
  });
});
