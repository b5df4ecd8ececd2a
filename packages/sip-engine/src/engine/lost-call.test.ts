// A call that its peer no longer knows, or where it does not answer (RFC 3261 12.2.1.2, RFC 5057).
import Srf from 'drachtio-srf';
import { afterEach, describe, expect, it } from 'vitest';
import { endEngines } from '../testing/end-engines.ts';
import type { EngineBench } from '../testing/engine-bench.ts';
import { establishCall } from '../testing/establish-call.ts';
import { receiveCall, sdp, type RawCall } from '../testing/raw-call.ts';
import { startApp, type SrfDialog } from '../testing/srf-app.ts';

const opened: EngineBench[] = [];

afterEach(async () => endEngines(opened));

async function start(): Promise<RawCall> {
  const call = await receiveCall(200);
  opened.push(call.bench);
  return call;
}

const unasked = ({ app }: RawCall): string | undefined =>
  app.heard.find((text) => text.includes('|unsolicited|'));

async function expectNothingLeft({ bench, peer }: RawCall): Promise<void> {
  peer.respond(peer.request('BYE').message, 481);
  await bench.run(40_000);
  expect(bench.engine.counts()).toMatchObject({ dialogs: 0, transactions: 0, timers: 0 });
}

describe('481 or 408 to a request of the application', () => {
  it.each([
    ['INVITE', 481],
    ['INVITE', 408],
    ['UPDATE', 481],
    ['INFO', 481],
  ])('%s %s: a BYE five seconds later, and it hears why', async (method, status) => {
    const call = await start();
    const { bench, peer, ask } = call;
    await ask(method, method === 'INFO' ? '' : sdp);
    peer.respond(peer.request(method).message, status);
    await bench.run(4_900);
    expect(peer.log()).not.toContain('BYE');
    expect(bench.engine.counts().dialogs).toBe(1);
    await bench.run(200);
    expect(peer.log().filter((line) => line === 'BYE')).toHaveLength(1);
    expect(unasked(call)).toContain(`${method} got ${status}`);
    await expectNothingLeft(call);
  });

  it.each(['INVITE', 'INFO'])('%s without any answer is as good', async (method) => {
    const call = await start();
    await call.ask(method, method === 'INFO' ? '' : sdp);
    await call.bench.run(38_000);
    expect(unasked(call)).toContain(`${method} got 408`);
    await expectNothingLeft(call);
  });

  it('the BYE of the application goes out before, and is the only one', async () => {
    const call = await start();
    const { bench, app, peer, ask } = call;
    await ask('INVITE', sdp);
    peer.respond(peer.request('INVITE').message, 481);
    await bench.run(4_000);
    const id = await ask('BYE');
    expect(app.answer(id)).toContain('OK|');
    await bench.run(3_000);
    expect(new Set(peer.got.map(({ essentials }) => essentials.cseq.sequence)).size).toBe(3);
    await expectNothingLeft(call);
    expect(unasked(call)).toBeUndefined();
  });

  it('a BYE of the application after that is refused, as in a call that is not there', async () => {
    const call = await start();
    const { bench, app, peer, ask } = call;
    await ask('INVITE', sdp);
    peer.respond(peer.request('INVITE').message, 481);
    await bench.run(6_000);
    expect(app.answer(await ask('BYE'))).toContain('NOK|Server error: unable to find dialog');
    await expectNothingLeft(call);
  });

  it('a success to a later request shows that the call is there', async () => {
    const call = await start();
    const { bench, peer, ask } = call;
    for (const [status, method] of [
      [408, 'INVITE'],
      [200, 'INFO'],
      [481, 'UPDATE'],
      [200, 'INVITE'],
    ] as const) {
      await ask(method, method === 'INFO' ? '' : sdp);
      const body = method === 'INVITE' && status === 200 ? { body: sdp } : {};
      peer.respond(peer.request(method).message, status, body);
      await bench.run(100);
    }
    await ask('ACK');
    await bench.run(20_000);
    expect(peer.log()).not.toContain('BYE');
    await ask('BYE');
    await expectNothingLeft(call);
  });

  it('says nothing where our 2xx may be lost: the ACK will show', async () => {
    const call = await receiveCall(180);
    const { bench, peer, toTag, ask, answer } = call;
    opened.push(bench);
    await answer('INVITE', 200, { body: sdp });
    await ask('INFO');
    peer.respond(peer.request('INFO').message, 481);
    await bench.run(1_000);
    peer.send({ method: 'ACK', callId: 'c', toTag });
    await bench.run(20_000);
    expect(peer.log()).not.toContain('BYE');
    await ask('BYE');
    await expectNothingLeft(call);
  });

  it.each([
    ['NOTIFY', 481],
    ['REFER', 481],
    ['MESSAGE', 408],
    ['OPTIONS', 481],
    ['INVITE', 500],
    ['INVITE', 503],
  ])('%s %s says nothing of the call', async (method, status) => {
    const call = await start();
    const { bench, peer, ask } = call;
    await ask(method, method === 'INVITE' ? sdp : '');
    peer.respond(peer.request(method).message, status);
    await bench.run(20_000);
    expect(peer.log()).not.toContain('BYE');
    expect(bench.engine.counts()).toMatchObject({ dialogs: 1 });
    await ask('BYE');
    await expectNothingLeft(call);
  });
});

it('an application of drachtio-srf that does nothing about it hears of the end', async () => {
  const dialogs: SrfDialog[] = [];
  const bench = await startApp(Srf, (app) =>
    app.invite((req, res) => {
      void app.createUAS(req, res, { localSdp: sdp }).then((each) => dialogs.push(each));
    }),
  );
  opened.push(bench);
  const peer = bench.peer(2);
  await establishCall(bench, peer, { callId: 'c', body: sdp });
  const said: unknown[] = [];
  dialogs[0]?.on('destroy', (_req, reason) => said.push(reason));
  dialogs[0]?.modify(sdp).catch((error: { status: number }) => said.push(error.status));
  await bench.run(10);
  peer.respond(peer.request('INVITE').message, 481);
  await bench.run(5_100);
  expect(said).toEqual([481, 'INVITE got 481']);
  peer.respond(peer.request('BYE').message, 481);
  await bench.run(40_000);
  expect(bench.app.idle).toBe(true);
});
