// What a drain waits for, in memory and without real time.
import { afterEach, describe, expect, it } from 'vitest';
import { endEngines } from '../testing/end-engines.ts';
import { createEngineBench, type EngineBench } from '../testing/engine-bench.ts';
import { startRawApp, type RawApp } from '../testing/raw-app.ts';
import { placeCall } from '../testing/raw-call.ts';

const sdp = 'v=0\r\no=- 1 1 IN IP4 10.0.0.9\r\ns=-\r\nc=IN IP4 10.0.0.9\r\nt=0 0\r\n';
const opened: EngineBench[] = [];

afterEach(async () => endEngines(opened));

async function start(): Promise<{ bench: EngineBench; app: RawApp }> {
  const bench = createEngineBench();
  opened.push(bench);
  return { bench, app: await startRawApp(bench) };
}

/** Begins to drain. @returns whether it is over */
function drain({ engine }: EngineBench): () => boolean {
  let isDrained = false;
  void engine.drain().finally(() => {
    isDrained = true;
  });
  return () => isDrained;
}

describe('a drain', () => {
  it('of an idle engine is over at once', async () => {
    const { bench } = await start();
    const isDrained = drain(bench);
    await bench.run(0);
    expect(isDrained()).toBe(true);
  });

  it.each([
    ['refuses', 'SIP/2.0 486 Busy Here'],
    ['takes, and hangs up', 'SIP/2.0 200 OK'],
  ])('waits for a call that nothing was said to, which the application %s', async (_, answer) => {
    const { bench, app } = await start();
    const peer = bench.peer(2);
    peer.send({ method: 'INVITE', callId: 'c', branch: 'z9hG4bKc', body: sdp });
    await bench.run(10);
    const isDrained = drain(bench);
    await bench.run(1_000);
    expect(isDrained()).toBe(false);
    app.say(`${app.transactionOf('INVITE ')}|`, [answer], answer.includes('200') ? sdp : '');
    await bench.run(10);
    if (answer.includes('200')) {
      expect(isDrained()).toBe(false);
      const { toTag } = peer.response(200).essentials;
      peer.send({ method: 'ACK', callId: 'c', toTag });
      app.say('|c;from-tag=peer', ['BYE sip:placeholder SIP/2.0']);
      await bench.run(10);
      peer.respond(peer.request('BYE').message, 200);
      await bench.run(10);
    }
    expect(isDrained()).toBe(true);
  });

  it('waits for a call that its caller cancels', async () => {
    const { bench } = await start();
    const peer = bench.peer(2);
    peer.send({ method: 'INVITE', callId: 'c', branch: 'z9hG4bKc', body: sdp });
    await bench.run(10);
    const isDrained = drain(bench);
    await bench.run(10);
    expect(isDrained()).toBe(false);
    peer.send({ method: 'CANCEL', callId: 'c', branch: 'z9hG4bKc' });
    await bench.run(10);
    expect(isDrained()).toBe(true);
  });

  it.each([
    ['refuses', 486, 10],
    ['never answers', undefined, 32_000],
  ])('waits for a call of the application that the callee %s', async (_, status, ms) => {
    const { bench, app } = await start();
    const callee = bench.peer(3);
    app.say('|', ['INVITE sip:b@10.0.0.3 SIP/2.0'], sdp);
    await bench.run(10);
    const isDrained = drain(bench);
    await bench.run(10);
    expect(isDrained()).toBe(false);
    if (status !== undefined) callee.respond(callee.request('INVITE').message, status);
    await bench.run(ms);
    expect(isDrained()).toBe(true);
  });

  it.each([
    ['rings', 180],
    ['has had no response', undefined],
    ['rings after the end', 180],
  ])(
    'is over 64*T1 after a call whose re-INVITE %s, and that nobody answers',
    async (how, status) => {
      const { bench, peer, dialog, respond, app, ask } = await placeCall();
      opened.push(bench);
      await respond(200, { body: sdp });
      app.say(`|${dialog}`, ['ACK sip:placeholder SIP/2.0']);
      await ask('INVITE', sdp);
      const { message: reInvite } = peer.request('INVITE');
      const isDrained = drain(bench);
      if (status !== undefined && how === 'rings') peer.respond(reInvite, status);
      await ask('BYE');
      peer.respond(peer.request('BYE').message, 200);
      await bench.run(10);
      if (how === 'rings after the end') peer.respond(reInvite, 180);
      await bench.run(10);
      expect(isDrained()).toBe(false);
      await bench.run(32_000);
      expect(isDrained()).toBe(true);
      const cancels = peer.log().filter((line) => line === 'CANCEL');
      expect(cancels.length > 0).toBe(how === 'rings after the end');
      expect(app.heard.at(-1)).toContain(
        how === 'has had no response' ? 'SIP/2.0 408' : 'SIP/2.0 487',
      );
      await bench.run(40_000);
      expect(bench.clock.pending).toBe(0);
    },
  );
});
