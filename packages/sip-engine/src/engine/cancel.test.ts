// A CANCEL of the peer, and what it is about (RFC 3261 9.2).
import { afterEach, expect, it } from 'vitest';
import { endEngines } from '../testing/end-engines.ts';
import { createEngineBench, type EngineBench } from '../testing/engine-bench.ts';
import { startRawApp } from '../testing/raw-app.ts';

const opened: EngineBench[] = [];

afterEach(async () => endEngines(opened));

it.each(['OPTIONS', 'MESSAGE', 'REGISTER', 'INFO'])(
  'of a request that is no INVITE gets 200 and changes nothing: %s',
  async (method) => {
    const bench = createEngineBench();
    opened.push(bench);
    const app = await startRawApp(bench);
    const peer = bench.peer(2);
    const branch = 'z9hG4bKslow';
    peer.send({ method, callId: 'o', branch });
    await bench.run(10);
    const heard = app.heard.length;
    peer.send({ method: 'CANCEL', callId: 'o', branch });
    peer.send({ method: 'CANCEL', callId: 'o', branch });
    await bench.run(10);
    expect(peer.log()).toEqual(['200 CANCEL', '200 CANCEL']);
    expect(app.heard).toHaveLength(heard);
    app.say(`${app.transactionOf(`${method} `)}|`, ['SIP/2.0 200 OK']);
    await bench.run(10);
    expect(peer.log().at(-1)).toBe(`200 ${method}`);
    // 9.2: one tag in both
    expect(new Set(peer.got.map(({ essentials }) => essentials.toTag)).size).toBe(1);
    peer.send({ method: 'CANCEL', callId: 'o', branch: 'z9hG4bKother' });
    await bench.run(10);
    expect(peer.log().at(-1)).toBe('481 CANCEL');
  },
);

it('of one that is answered gets 200, too', async () => {
  const bench = createEngineBench();
  opened.push(bench);
  const app = await startRawApp(bench);
  const peer = bench.peer(2);
  const branch = 'z9hG4bKfast';
  peer.send({ method: 'OPTIONS', callId: 'o', branch });
  await bench.run(10);
  app.say(`${app.transactionOf('OPTIONS ')}|`, ['SIP/2.0 404 Gone']);
  await bench.run(10);
  peer.send({ method: 'CANCEL', callId: 'o', branch });
  await bench.run(10);
  expect(peer.log()).toEqual(['404 OPTIONS', '200 CANCEL']);
});
