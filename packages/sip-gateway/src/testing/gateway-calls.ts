import { expect } from 'vitest';
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
  expect(gateway.counts()).toMatchObject({
    calls: 0,
    sip: { dialogs: 0, transactions: 0, timers: 0 },
  });
  expect(clock.pending).toBe(0);
  await relay.advance(30_001);
  expect(boundByRelay()).toEqual([]);
  await gateway.close();
  await run(100);
  expect(clock.pending).toBe(0);
}

/** Where a session description wants audio. */
export const tupleIn = (sdp: string): { address: string; port: number } => ({
  address: /^c=IN IP4 (\S+)/m.exec(sdp)?.[1] ?? '',
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
): Promise<Established> {
  a.sip.send({ method: 'INVITE', callId: 'c1', body: a.sdp });
  await bench.run(20);
  const { message: invite } = b.sip.request('INVITE');
  b.sip.respond(invite, 180);
  await bench.run(10);
  expect(a.sip.log()).toEqual(['100 INVITE', '180 INVITE']);
  b.sip.respond(invite, 200, { body: b.sdp });
  await bench.run(20);
  const ok = a.sip.response(200);
  const toTag = ok.essentials.toTag ?? '';
  a.sip.send({ method: 'ACK', callId: 'c1', toTag });
  await bench.run(10);
  expect(b.sip.log()).toEqual(['INVITE', 'ACK']);
  const toldB = tupleIn(bodyOf(b.sip.request('INVITE')));
  return { toldA: tupleIn(bodyOf(ok)), toldB, toTag };
}
