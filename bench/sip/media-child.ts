// Sends RTP through the gateway in both directions of many calls, and measures each packet's way from send to receipt by the one
// clock of this process. Over IPC: set up, then one report for each order.
import type { Tuple } from '@truetuple/sip-engine';
import { callThroughGateway, type MediaLeg } from './media-peer.ts';
import { percentile } from '../identity/percentile.ts';

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

/** Each leg sends 50 packets a second of 20 ms G.711: 12 bytes of header, 160 of payload. */
const packetsPerSecond = 50;
const packetBytes = 172;
/** Where the payload carries when it was sent. */
const sentAtOffset = 12;
/** Packets that are still on their way when sending ends. */
const graceMs = 200;

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
  const rate = legs.length * packetsPerSecond;
  const total = rate * seconds;
  const begun = performance.now();
  let sent = 0;
  await new Promise<void>((resolve) => {
    const timer = setInterval(() => {
      const due = Math.min(total, Math.floor(((performance.now() - begun) / 1000) * rate));
      for (; sent < due; sent++) {
        const leg = legs[sent % legs.length];
        if (leg?.target === undefined) throw new Error('a leg was told no place for its packets');
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

const { gateway, caller, callee, calls } = JSON.parse(process.argv[2] ?? '') as MediaInput;
const { legs } = await callThroughGateway(gateway, caller, callee, calls);
process.on('message', (order: MediaOrder) => {
  void measure(legs, order).then((report) => process.send?.(report));
});
process.once('disconnect', () => process.exit());
process.send?.({});
