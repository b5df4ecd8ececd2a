import { deepEqual, equal } from 'node:assert/strict';
import type { Ipv4Address } from '../address.ts';
import type { Endpoint } from '../sdp/stream-description.ts';
import type { BenchPeer, GatewayBench } from './gateway-bench.ts';

/** Whatever became of the calls: no timer of theirs, no dialog, no transaction, no port. */
export async function expectNothingLeft({
  gateway,
  clock,
  relay,
  run,
  boundByRelay,
}: GatewayBench): Promise<void> {
  await run(80_000);
  const { calls, sip } = gateway.counts();
  deepEqual([calls, sip?.dialogs, sip?.transactions, sip?.timers], [0, 0, 0, 0]);
  equal(clock.pending, 0);
  // the quarantine, as long again as a spare, and a few closed in each tick: the bench has ten pairs
  await relay.advance(30_001);
  await relay.advance(30_001);
  for (let tick = 0; tick < 2; tick++) await relay.advance(1);
  deepEqual(boundByRelay(), []);
  await gateway.close();
  await run(100);
  equal(clock.pending, 0);
}

/** Where a session description wants audio. */
export const tupleIn = (sdp: string): Endpoint => ({
  address: (/^c=IN IP4 (\S+)/m.exec(sdp)?.[1] ?? '') as Ipv4Address,
  port: Number(/^m=audio (\d+)/m.exec(sdp)?.[1]),
});

export const bodyOf = ({ message }: { message: { body: Uint8Array } }): string =>
  Buffer.from(message.body).toString();

/** What came of a call that both ends took. */
export interface Established {
  readonly toldA: { address: string; port: number };
  readonly toldB: { address: string; port: number };
  readonly toTag: string;
}

/** A calls, B rings and answers, A acknowledges. */
export async function establish(
  bench: GatewayBench,
  a: BenchPeer,
  b: BenchPeer,
  headers: readonly string[] = [],
): Promise<Established> {
  a.sip.send({ method: 'INVITE', callId: 'c1', headers, body: a.sdp });
  await bench.run(20);
  const { message: invite } = b.sip.request('INVITE');
  b.sip.respond(invite, 180);
  await bench.run(10);
  deepEqual(a.sip.log(), ['100 INVITE', '180 INVITE']);
  b.sip.respond(invite, 200, { body: b.sdp });
  await bench.run(20);
  const ok = a.sip.response(200);
  const toTag = ok.essentials.toTag ?? '';
  a.sip.send({ method: 'ACK', callId: 'c1', toTag });
  await bench.run(10);
  deepEqual(b.sip.log(), ['INVITE', 'ACK']);
  const toldB = tupleIn(bodyOf(b.sip.request('INVITE')));
  return { toldA: tupleIn(bodyOf(ok)), toldB, toTag };
}
