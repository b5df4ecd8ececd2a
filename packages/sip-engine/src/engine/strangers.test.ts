// Who may begin something, and what becomes of what others send: no answer, and nothing is kept of it.
import { afterEach, describe, expect, it } from 'vitest';
import { endEngines } from '../testing/end-engines.ts';
import { createEngineBench, type EngineBench } from '../testing/engine-bench.ts';
import { startRawApp, type RawApp } from '../testing/raw-app.ts';

const sdp = 'v=0\r\no=- 1 1 IN IP4 10.0.0.9\r\ns=-\r\nc=IN IP4 10.0.0.9\r\nt=0 0\r\n';
const opened: EngineBench[] = [];

afterEach(async () => endEngines(opened));

/** An engine that accepts what comes from 10.0.0.2. */
async function open(): Promise<{ readonly bench: EngineBench; readonly app: RawApp }> {
  const bench = createEngineBench({ acceptsFrom: ({ address }) => address === '10.0.0.2' });
  opened.push(bench);
  return { bench, app: await startRawApp(bench) };
}

/** Whole, but for what makes it unreadable. */
const unreadable = [
  'OPTIONS sip:app@10.0.0.1 SIP/2.0',
  'Via: SIP/2.0/UDP 10.0.0.66;branch=z9hG4bKx',
  'From: <sip:a@b>;tag=1',
  'To: <sip:app@10.0.0.1>',
  'Call-ID: x',
  'CSeq: nothing OPTIONS',
  'Content-Length: 0',
  '',
  '',
].join('\r\n');

describe('a source that is not accepted', () => {
  it.each(['INVITE', 'OPTIONS', 'REGISTER', 'MESSAGE', 'SUBSCRIBE', 'UNHEARD'])(
    'has no answer to %s, in a call that is not there either',
    async (method) => {
      const { bench, app } = await open();
      const before = app.heard.length;
      const stranger = bench.peer(66);
      stranger.send({ method, callId: 'new', body: sdp });
      stranger.send({ method, callId: 'guessed', toTag: 'guessed', body: sdp });
      await bench.run(10);
      expect(bench.engine.counts()).toMatchObject({ transactions: 0, timers: 0, strangers: 2 });
      await bench.run(40_000);
      expect(stranger.log()).toEqual([]);
      expect(app.heard.slice(before)).toEqual([]);
    },
  );

  it.each([
    ['what cannot be read', unreadable],
    ['a keepalive', '\r\n\r\n'],
  ])('has no answer to %s, which others have', async (_what, datagram) => {
    const { bench } = await open();
    const here = { address: '10.0.0.1', port: 5060 };
    const answers = [66, 2].map((host) => {
      const socket = bench.network.open({ address: `10.0.0.${host}`, port: 5060 });
      let heard = 0;
      socket.onMessage(() => {
        heard += 1;
      });
      socket.send(Buffer.from(datagram), here, () => undefined);
      return () => heard;
    });
    await bench.run(10);
    expect(answers.map((heard) => heard())).toEqual([0, 1]);
    expect(bench.engine.counts()).toMatchObject({ strangers: 1 });
  });

  it('ends with a BYE the call that it was called in', async () => {
    const { bench, app } = await open();
    const callee = bench.peer(66);
    app.say('|', ['INVITE sip:b@10.0.0.66 SIP/2.0'], sdp);
    await bench.run(10);
    const { message, essentials } = callee.request('INVITE');
    callee.respond(message, 200, { tag: 'callee', headers: ['Contact: <sip:b@10.0.0.66>'] });
    await bench.run(10);
    expect(app.heard.at(-1)).toContain('SIP/2.0 200');
    app.say(`|${essentials.callId};from-tag=${essentials.fromTag}`, ['ACK sip:b@x SIP/2.0']);
    await bench.run(10);
    expect(bench.engine.counts()).toMatchObject({ dialogs: 1, strangers: 0 });
    const inCall = { callId: essentials.callId, fromTag: 'callee', toTag: essentials.fromTag };
    callee.send({ ...inCall, method: 'BYE' });
    await bench.run(10);
    app.say(`${app.transactionOf('BYE ')}|`, ['SIP/2.0 200 OK']);
    await bench.run(10);
    expect(callee.log()).toEqual(['INVITE', 'ACK', '200 BYE']);
    expect(bench.engine.counts()).toMatchObject({ dialogs: 0, strangers: 0 });
  });

  it('cancels nothing, also with the branch of an INVITE of somebody else', async () => {
    const { bench, app } = await open();
    bench.peer(2).send({ method: 'INVITE', callId: 'c', branch: 'z9hG4bKknown', body: sdp });
    await bench.run(10);
    bench.peer(66).send({ method: 'CANCEL', callId: 'c', branch: 'z9hG4bKknown' });
    await bench.run(10);
    expect(bench.engine.counts()).toMatchObject({ strangers: 1 });
    expect(app.heard.at(-1)).toContain('\r\nINVITE ');
  });
});

it('a source that is accepted is served', async () => {
  const { bench, app } = await open();
  const peer = bench.peer(2);
  peer.send({ method: 'OPTIONS', callId: 'o' });
  await bench.run(10);
  app.say(`${app.transactionOf('OPTIONS ')}|`, ['SIP/2.0 200 OK']);
  await bench.run(10);
  expect(peer.log()).toEqual(['200 OPTIONS']);
  expect(bench.engine.counts()).toMatchObject({ strangers: 0 });
});
