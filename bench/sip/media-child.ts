// Sends RTP through the gateway in both directions of many calls, and measures each packet's way from send to receipt by the one
// clock of this process. Over IPC: set up, then one report for each order.
import type { Tuple } from '@truetuple/sip-engine';
import type { Socket } from 'node:dgram';
import { bindUdp } from './bare-uas.ts';
import { callThroughGateway, type MediaEnds } from './media-peer.ts';
import { percentile } from '../identity/percentile.ts';
import { packetsPerLeg } from './settings.ts';

export interface MediaInput {
  readonly gateway: Tuple;
  readonly caller: Tuple;
  readonly callee: Tuple;
  readonly calls: number;
}

export interface MediaOrder {
  readonly seconds: number;
}

export interface MediaReport {
  readonly sent: number;
  readonly received: number;
  /** One way through the relay, in milliseconds. */
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
}

/** 20 ms of G.711: 12 bytes of header, 160 of payload. */
const packetBytes = 172;
/** Where the payload carries when it was sent. */
const sentAtOffset = 12;
/** Packets that are still on their way when sending ends. */
const graceMs = 200;

/** One leg's RTP: its socket, and where the gateway wants its packets. */
interface MediaLeg {
  readonly socket: Socket;
  readonly target: Tuple;
}

function packet(sequence: number, ssrc: number): Buffer {
  const bytes = Buffer.alloc(packetBytes);
  bytes[0] = 0x80;
  bytes.writeUInt16BE(sequence & 0xffff, 2);
  bytes.writeUInt32BE((sequence * 160) >>> 0, 4);
  bytes.writeUInt32BE(ssrc, 8);
  bytes.writeDoubleBE(performance.now(), sentAtOffset);
  return bytes;
}

async function measure(legs: readonly MediaLeg[], { seconds }: MediaOrder): Promise<MediaReport> {
  const ways: number[] = [];
  const listen = (bytes: Buffer): void => {
    ways.push(performance.now() - bytes.readDoubleBE(sentAtOffset));
  };
  for (const { socket } of legs) socket.on('message', listen);
  const rate = legs.length * packetsPerLeg;
  const total = rate * seconds;
  const begun = performance.now();
  let sent = 0;
  await new Promise<void>((resolve) => {
    const timer = setInterval(() => {
      const due = Math.min(total, Math.floor(((performance.now() - begun) / 1000) * rate));
      for (; sent < due; sent++) {
        const leg = legs[sent % legs.length];
        if (leg === undefined) throw new Error('there are no calls');
        const bytes = packet(Math.floor(sent / legs.length), sent % legs.length);
        leg.socket.send(bytes, leg.target.port, leg.target.address, () => undefined);
      }
      if (sent < total) return;
      clearInterval(timer);
      setTimeout(resolve, graceMs);
    }, 1);
  });
  for (const { socket } of legs) socket.off('message', listen);
  const [p50Ms, p99Ms, maxMs] = [50, 99, 100].map((percent) => percentile(ways, percent));
  const nothing = Number.NaN;
  return {
    sent,
    received: ways.length,
    p50Ms: p50Ms ?? nothing,
    p99Ms: p99Ms ?? nothing,
    maxMs: maxMs ?? nothing,
  };
}

async function openEnd({ address }: Tuple): Promise<{ socket: Socket; tuple: Tuple }> {
  const socket = await bindUdp({ address, port: 0 });
  return { socket, tuple: { address, port: socket.address().port } };
}

async function openLegs({ gateway, caller, callee, calls }: MediaInput): Promise<MediaLeg[]> {
  const sockets: Socket[] = [];
  const ends: MediaEnds[] = [];
  for (let number = 0; number < calls; number++) {
    const [a, b] = [await openEnd(caller), await openEnd(callee)];
    sockets.push(a.socket, b.socket);
    ends.push({ a: a.tuple, b: b.tuple });
  }
  const targets = await callThroughGateway(gateway, caller, callee, ends);
  return targets.map((target, at) => ({ socket: sockets[at] as Socket, target }));
}

const legs = await openLegs(JSON.parse(process.argv[2] ?? '') as MediaInput);
process.on('message', (order: MediaOrder) => {
  void measure(legs, order).then((report) => process.send?.(report));
});
process.once('disconnect', () => process.exit());
process.send?.({});
