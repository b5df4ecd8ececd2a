// An application that writes what may not be sent: it is told so at once, whatever the message would have waited for.
import { afterEach, expect, it } from 'vitest';
import { endEngines } from '../testing/end-engines.ts';
import { createEngineBench, type EngineBench } from '../testing/engine-bench.ts';
import { startRawApp } from '../testing/raw-app.ts';

const opened: EngineBench[] = [];

afterEach(async () => endEngines(opened));

it.each([
  ['a header', ['INVITE sip:b@10.0.0.2 SIP/2.0', 'X-A: a\u0001b'], 'would break the message'],
  [
    'a header of a request to a name, which is looked up first',
    ['INVITE sip:b@no.such.host.invalid SIP/2.0', 'X-A: a\u0001b'],
    'would break the message',
  ],
  ...[
    'From',
    'To',
    'Call-ID',
    'CSeq',
    'Contact',
    'Max-Forwards',
    'Content-Type',
    'P-Asserted-Identity',
  ].map((name): [string, string[], string] => [
    name,
    ['INVITE sip:b@10.0.0.2 SIP/2.0', `${name}: 1\u0001`],
    'would break the message',
  ]),
  ['the Request-URI', ['INVITE sip:b@10.0.0.2\nX-A:b SIP/2.0'], 'invalid sip message'],
])('a line end in %s: NOK, and nothing is sent or kept', async (_where, lines, why) => {
  const bench = createEngineBench();
  opened.push(bench);
  const app = await startRawApp(bench);
  const peer = bench.peer(2);
  const id = app.say('|', lines);
  await bench.run(0);
  expect(app.answer(id)).toContain(why);
  await bench.run(1_000);
  expect(app.heard.filter((text) => text.includes(`|response|${id}|`))).toHaveLength(1);
  expect(peer.log()).toEqual([]);
  expect(bench.engine.counts()).toMatchObject({ transactions: 0, dialogs: 0, timers: 0 });
});
