// The order in which a request outside of any dialog is looked at (RFC 3261 8.2.2): scheme, copies and loops, Require.
import { afterEach, expect, it } from 'vitest';
import { headerValue } from '../message/header-list.ts';
import { endEngines } from '../testing/end-engines.ts';
import { createEngineBench, type EngineBench } from '../testing/engine-bench.ts';
import { startRawApp } from '../testing/raw-app.ts';

const opened: EngineBench[] = [];
const strange = ['Require: teleport'];

afterEach(async () => endEngines(opened));

it.each([
  ['416 before 482', { requestUri: 'foo:bar', headers: strange }, '416'],
  ['482 before 420', { headers: strange }, '482'],
])('%s, for a copy that came by another way', async (_what, copy, expected) => {
  const bench = createEngineBench();
  opened.push(bench);
  await startRawApp(bench);
  const peer = bench.peer(2);
  for (const [branch, more] of [
    ['z9hG4bKone', {}],
    ['z9hG4bKtwo', copy],
  ] as const) {
    peer.send({ method: 'OPTIONS', callId: 'm', branch, ...more });
    await bench.run(10);
  }
  expect(peer.log()).toEqual([`${expected} OPTIONS`]);
});

it('482 before 420, for one of our own that came back', async () => {
  const bench = createEngineBench();
  opened.push(bench);
  const app = await startRawApp(bench);
  const peer = bench.peer(2);
  app.say('|', ['OPTIONS sip:b@10.0.0.2 SIP/2.0']);
  await bench.run(10);
  const { message } = peer.request('OPTIONS');
  const own = `Via: ${headerValue(message, 'via') ?? ''}`;
  peer.send({ method: 'OPTIONS', callId: 'l', headers: [own, ...strange] });
  await bench.run(10);
  expect(peer.log().at(-1)).toBe('482 OPTIONS');
});
