// What the end of an engine does about INVITEs of applications that nobody has answered, in memory and without real time.
import { expect, it } from 'vitest';
import { createEngineBench, type EngineBench } from '../testing/engine-bench.ts';
import { placeCall, sdp } from '../testing/raw-call.ts';
import { startRawApp } from '../testing/raw-app.ts';

/** Begins to close. @returns whether it is over */
function close({ engine }: Pick<EngineBench, 'engine'>): () => boolean {
  let isClosed = false;
  void engine.close().finally(() => {
    isClosed = true;
  });
  return () => isClosed;
}

it('an INVITE that has had no response is cancelled at its first one (9.1)', async () => {
  const { bench, peer, respond } = await placeCall();
  const isClosed = close(bench);
  await bench.run(100);
  expect([peer.log(), isClosed()]).toEqual([['INVITE'], false]);
  await respond(180);
  expect([peer.log(), isClosed()]).toEqual([['INVITE', 'CANCEL'], true]);
  expect(bench.clock.pending).toBe(0);
});

it('one that is answered at once is acknowledged and ended', async () => {
  const { bench, peer, respond } = await placeCall();
  const isClosed = close(bench);
  await respond(200, { body: sdp });
  expect([peer.log(), isClosed()]).toEqual([['INVITE', 'ACK', 'BYE'], true]);
  expect(bench.clock.pending).toBe(0);
});

it('one that is refused is acknowledged', async () => {
  const { bench, peer, respond } = await placeCall();
  const isClosed = close(bench);
  await respond(486);
  expect([peer.log(), isClosed()]).toEqual([['INVITE', 'ACK'], true]);
});

it('it waits no longer than three tries take', async () => {
  const { bench, peer } = await placeCall();
  const isClosed = close(bench);
  await bench.run(1_900);
  expect([peer.log(), isClosed()]).toEqual([['INVITE', 'INVITE', 'INVITE'], false]);
  await bench.run(100);
  expect(isClosed()).toBe(true);
  expect(bench.clock.pending).toBe(0);
});

it('nothing new begins meanwhile', async () => {
  const { bench, app, peer } = await placeCall();
  const isClosed = close(bench);
  app.say('|', ['INVITE sip:b@10.0.0.2 SIP/2.0', 'Call-ID: second'], sdp);
  const caller = bench.peer(3);
  caller.send({ method: 'INVITE', callId: 'new', body: sdp });
  await bench.run(100);
  expect([peer.log(), caller.log(), isClosed()]).toEqual([
    ['INVITE'],
    ['100 INVITE', '503 INVITE'],
    false,
  ]);
  await bench.run(2_000);
  expect(isClosed()).toBe(true);
});

it('one that rings is cancelled at once', async () => {
  const { bench, peer, respond } = await placeCall();
  await respond(180);
  const isClosed = close(bench);
  await bench.run(0);
  expect(isClosed()).toBe(true);
  bench.clock.advance(100);
  expect(peer.log()).toEqual(['INVITE', 'CANCEL']);
});

it.each(['closes', 'loses its application'])(
  'a call whose name is still looked up when the engine %s never leaves',
  async (how) => {
    const found = Promise.withResolvers<readonly string[]>();
    const bench = createEngineBench({ resolver: { addressesOf: () => found.promise } });
    const app = await startRawApp(bench);
    const peer = bench.peer(2);
    app.say('|', ['INVITE sip:b@name.example SIP/2.0'], sdp);
    await bench.run(10);
    if (how === 'closes') close(bench);
    else app.hangUp();
    await bench.run(10);
    found.resolve(['10.0.0.2']);
    await bench.run(100);
    expect(peer.log()).toEqual([]);
    await bench.engine.close();
    expect(bench.clock.pending).toBe(0);
  },
);
