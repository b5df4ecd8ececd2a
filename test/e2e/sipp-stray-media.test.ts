// Media from whoever is not the peer, during a call: it comes out nowhere, and is counted.
import { boxAddresses, openUdpPeer, type UdpPeer, type VpcBox } from '@truetuple/lab';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { boxIsMissing } from '../netns/box-is-missing.ts';
import { publicIp } from '../netns/tuple-matrix-situation.ts';
import { connect, hangUp, type HostCall } from './host-call.ts';
import { patienceMs, portAbove, sipOf } from './link-wire.ts';
import { openSipHost, rtpPort, type SipHost } from './sip-host.ts';
import { programsMissing } from '../netns/programs-missing.ts';
import { openSippWorld, type SippWorld } from './sipp-world.ts';

const callee = { user: 'inward', host: publicIp };

/** Twelve octets of RTP (RFC 3550, section 5.1), then a text. */
function rtp(sequence: number, text: string): Uint8Array {
  const header = Buffer.alloc(12);
  header.writeUInt16BE(0x8000, 0);
  header.writeUInt16BE(sequence, 2);
  header.writeUInt32BE(160 * sequence, 4);
  header.writeUInt32BE(0x7777, 8);
  return Buffer.concat([header, Buffer.from(text)]);
}

/** RFC 3550, section 6.4.1: seven words, no report block. */
const senderReport = Buffer.concat([Buffer.from('80c80006', 'hex'), Buffer.alloc(24, 7)]);

/** What strangers say: RTP, a receiver report, a STUN binding request (RFC 8489), and nothing in particular. */
const intrusions: readonly Uint8Array[] = [
  rtp(3, 'stray'),
  Buffer.from('80c90001aabbccdd', 'hex'),
  Buffer.from('000100002112a442000102030405060708090a0b', 'hex'),
  Buffer.from('stray'),
];

/** A host with RTP and RTCP. */
interface Side extends AsyncDisposable {
  readonly host: SipHost;
  readonly rtcp: UdpPeer;
}

async function openSide(box: VpcBox, name: 'peer' | 'client'): Promise<Side> {
  await using opened = new AsyncDisposableStack();
  const host = opened.use(await openSipHost(box, name, publicIp));
  const rtcp = opened.use(await openSocket(box, name, rtpPort + 1));
  const resources = opened.move();
  return { host, rtcp, [Symbol.asyncDispose]: () => resources.disposeAsync() };
}

/** Each side hears the other, RTP and RTCP, `count` times in all so far. */
async function speak(a: Side, b: Side, { toldA, toldB }: HostCall, count: number): Promise<void> {
  for (const [from, door, to] of [[a, toldA, b] as const, [b, toldB, a] as const]) {
    await from.host.rtp.send(door, rtp(count, `of ${from.host.address}`));
    await to.host.rtp.waitForCount(count, patienceMs);
    await from.rtcp.send(portAbove(door), senderReport);
    await to.rtcp.waitForCount(count, patienceMs);
  }
}

/** At both legs' ports, those of RTP and of RTCP. */
async function intrude(stranger: UdpPeer, { toldA, toldB }: HostCall): Promise<void> {
  for (const door of [toldA, portAbove(toldA), toldB, portAbove(toldB)]) {
    for (const bytes of intrusions) await stranger.send(door, bytes);
  }
}

/** They heard each other this often, and nothing else; also not what looks like something else. */
function expectOnlyEachOther(a: Side, b: Side, count: number): void {
  for (const [here, there] of [[a, b] as const, [b, a] as const]) {
    const texts = here.host.rtp.received.map(({ payload }) => payload.subarray(12).toString());
    expect(texts).toEqual(Array.from({ length: count }, () => `of ${there.host.address}`));
    const reports = here.rtcp.received.map(({ payload }) => payload.toString('hex'));
    expect(reports).toEqual(Array.from({ length: count }, () => senderReport.toString('hex')));
    const { packets } = here.host.link;
    const arrived = packets.filter(({ direction }) => direction === 'incoming');
    const media = arrived.filter((packet) => sipOf(packet) === undefined);
    expect(media).toHaveLength(2 * count);
  }
}

/**
 * Who intrudes. Another host is never heard; another port of the right host is not once the right port was: until then
 * the embedded relay takes it for the peer's (RFC 4961 asks for it, and does not demand it).
 */
const strangers = [
  {
    name: 'another host of the Internet',
    host: 'peer',
    address: boxAddresses.secondPeer,
    times: 2,
  },
  { name: 'another port of the Internet host', host: 'peer', address: boxAddresses.peer, times: 1 },
  { name: 'another host of the VPC', host: 'aws', address: boxAddresses.aws, times: 2 },
  { name: 'another port of the VPC host', host: 'client', address: boxAddresses.client, times: 1 },
] as const;

describe
  .skipIf(boxIsMissing || programsMissing('rtpengine'))
  .for(['embedded', 'rtpengine'] as const)('stray media with the %s relay', (relay) => {
  let world: SippWorld;

  beforeAll(async () => {
    world = await openSippWorld({ relay });
  });
  afterAll(async () => {
    await world?.[Symbol.asyncDispose]();
  });

  it.for(strangers)('$name is not heard', async ({ host, address, times }) => {
    const { box } = world;
    const before = await droppedSoFar(world);
    await using a = await openSide(box, 'peer');
    await using b = await openSide(box, 'client');
    await using stranger = await openSocket(box, host, rtpPort + 100, address);
    const call = await connect(a.host, b.host, callee);
    if (times > 1) await intrude(stranger, call);
    await speak(a, b, call, 1);
    await intrude(stranger, call);
    await speak(a, b, call, 2);
    await hangUp(a.host, b.host, call);
    expectOnlyEachOther(a, b, 2);
    expect(stranger.received).toEqual([]);
    const each = 2 * times * intrusions.length;
    expect(await droppedSoFar(world)).toEqual(before && { a: before.a + each, b: before.b + each });
  });

  // rtpengine may give both legs one port number on two addresses: then both doors are the same tuple
  if (relay === 'embedded') {
    it("each side at the other's door is not heard either", async () => {
      const { box } = world;
      const before = await droppedSoFar(world);
      await using a = await openSide(box, 'peer');
      await using b = await openSide(box, 'client');
      const call = await connect(a.host, b.host, callee);
      await speak(a, b, call, 1);
      await a.host.rtp.send(call.toldB, rtp(9, 'stray'));
      await b.host.rtp.send(call.toldA, rtp(9, 'stray'));
      await speak(a, b, call, 2);
      await hangUp(a.host, b.host, call);
      expectOnlyEachOther(a, b, 2);
      expect(await droppedSoFar(world)).toEqual(before && { a: before.a + 1, b: before.b + 1 });
    });
  }

  it('leaves no call, no dialog, no port and no socket', async () => {
    await world.nothingHeld();
  });
});

/** What each leg's ports dropped in all calls; undefined with rtpengine, which does not say. */
async function droppedSoFar({ gateway }: SippWorld): Promise<Dropped | undefined> {
  const { media } = await gateway.media();
  return media && { a: media.a.dropped, b: media.b.dropped };
}

interface Dropped {
  readonly a: number;
  readonly b: number;
}

function openSocket(
  box: VpcBox,
  host: 'peer' | 'aws' | 'client',
  port: number,
  address: string = boxAddresses[host],
): Promise<UdpPeer> {
  return openUdpPeer({ namespace: box.namespaces[host], address, port });
}
