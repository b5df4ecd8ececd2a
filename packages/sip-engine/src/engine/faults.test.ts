// What goes wrong between an application, the engine and the network, in memory and without real time.
import Srf from 'drachtio-srf';
import { afterEach, describe, expect, it } from 'vitest';
import { headerValue } from '../message/header-list.ts';
import { endEngines } from '../testing/end-engines.ts';
import { createEngineBench, type EngineBench } from '../testing/engine-bench.ts';
import { establishCall } from '../testing/establish-call.ts';
import { startApp, type AppBench, type SrfApp, type SrfDialog } from '../testing/srf-app.ts';

const sdp = 'v=0\r\no=- 1 1 IN IP4 10.0.0.9\r\ns=-\r\nc=IN IP4 10.0.0.9\r\nt=0 0\r\n';
const benches: EngineBench[] = [];

afterEach(async () => endEngines(benches));

async function start(
  setUp: (app: SrfApp) => void,
  ...args: Parameters<typeof createEngineBench>
): Promise<AppBench> {
  const bench = await startApp(Srf, setUp, createEngineBench(...args));
  benches.push(bench);
  return bench;
}

function bare(...args: Parameters<typeof createEngineBench>): EngineBench {
  const bench = createEngineBench(...args);
  benches.push(bench);
  return bench;
}

const answered: SrfDialog[] = [];
function answerAll(app: SrfApp): void {
  answered.length = 0;
  app.invite((req, res) => {
    app.createUAS(req, res, { localSdp: sdp }).then(
      (dialog) => answered.push(dialog),
      () => undefined,
    );
  });
}

async function untilQuiet(bench: EngineBench): Promise<void> {
  await bench.run(40_000);
  expect(bench.engine.counts()).toMatchObject({ transactions: 0, dialogs: 0, timers: 0 });
}

describe('the network', () => {
  it('a peer that never acknowledges: 2xx repeated up to T2, then BYE, and the application hears why', async () => {
    const bench = await start(answerAll);
    const peer = bench.peer(2);
    peer.send({ method: 'INVITE', callId: 'c', body: sdp });
    await bench.run(10);
    const reasons: unknown[] = [];
    answered[0]?.on('destroy', (req) => reasons.push(req.get('Reason')));
    await bench.run(33_000);
    // 0.5, 1.5, 3.5, 7.5 s, then every 4 s until 32 s
    expect(peer.log().filter((line) => line === '200 INVITE')).toHaveLength(11);
    expect(answered).toHaveLength(1);
    const bye = peer.request('BYE').message;
    expect(headerValue(bye, 'reason')).toContain('ACK timeout');
    expect(reasons).toEqual([expect.stringContaining('ACK timeout')]);
    peer.respond(bye, 200);
    await untilQuiet(bench);
  });

  it('a 2xx whose ACK was lost is not repeated once a new INVITE shows that it came', async () => {
    const bench = await start(answerAll);
    const peer = bench.peer(2);
    peer.send({ method: 'INVITE', callId: 'c', body: sdp });
    await bench.run(10);
    const { toTag } = peer.response(200).essentials;
    answered[0]?.on('modify', (_req, res) => res.send(200, { body: sdp }));
    peer.send({ method: 'INVITE', callId: 'c', toTag, sequence: 2, body: sdp });
    await bench.run(10);
    peer.send({ method: 'ACK', callId: 'c', toTag, sequence: 2 });
    await bench.run(40_000);
    expect(peer.log()).toEqual(['100 INVITE', '200 INVITE', '100 INVITE', '200 INVITE']);
    peer.send({ method: 'BYE', callId: 'c', toTag, sequence: 3 });
    await untilQuiet(bench);
    expect(peer.log().at(-1)).toBe('200 BYE');
  });

  it('a lost INVITE, a lost 200, a lost ACK, a lost BYE are all healed by repeats', async () => {
    const bench = await start(() => undefined);
    const callee = bench.peer(3);
    callee.onGot(({ message }) => {
      if (message.kind === 'request' && message.method !== 'ACK')
        callee.respond(message, 200, { body: sdp });
    });
    const lost = new Set<string>();
    bench.network.lose(({ bytes }) => {
      const text = Buffer.from(bytes).toString('latin1');
      const what = `${text.split(' ')[0]} ${/CSeq: \d+ (\w+)/.exec(text)?.[1]}`;
      if (lost.has(what)) return false;
      lost.add(what);
      return true;
    });
    const created: SrfDialog[] = [];
    void bench.app
      .createUAC('sip:a@10.0.0.3', { localSdp: sdp })
      .then((each) => created.push(each));
    await bench.run(3000);
    expect(created).toHaveLength(1);
    // the callee of this test answers repeats with a 200 of its own: the cached ACK follows each
    const invite = callee.request('INVITE').message;
    callee.respond(invite, 200, { body: sdp });
    await bench.run(10);
    expect(callee.log().filter((line) => line === 'ACK').length).toBeGreaterThan(0);
    void created[0]?.destroy();
    await untilQuiet(bench);
    expect([...lost].toSorted()).toEqual([
      'ACK ACK',
      'BYE BYE',
      'INVITE INVITE',
      'SIP/2.0 BYE',
      'SIP/2.0 INVITE',
    ]);
    expect(bench.engine.counts().retransmissionsOut).toBeGreaterThan(2);
  });

  it('twice everything, out of order: one call for the application', async () => {
    const conditions = { duplication: 1, jitterMs: 30 };
    const bench = await start(answerAll, {}, { seed: 7, conditions });
    const peer = bench.peer(2);
    peer.send({ method: 'INVITE', callId: 'd', body: sdp });
    await bench.run(200);
    expect(answered).toHaveLength(1);
    const toTag = peer.response(200).essentials.toTag;
    peer.send({ method: 'ACK', callId: 'd', toTag });
    await bench.run(200);
    peer.send({ method: 'BYE', callId: 'd', toTag, sequence: 2 });
    await untilQuiet(bench);
    expect(bench.engine.counts().retransmissionsIn).toBeGreaterThan(0);
  });

  it('nobody at the destination becomes 503', async () => {
    const bench = await start(() => undefined, {}, { tellsUnreachable: true });
    const failed = bench.app.createUAC('sip:a@10.0.0.77', { localSdp: sdp });
    const status = failed.then(
      () => 0,
      (error: { status: number }) => error.status,
    );
    await bench.run(100);
    expect(await status).toBe(503);
    await untilQuiet(bench);
  });
});

describe('requests that no application gets', () => {
  it('481 for an unknown dialog and for a CANCEL of nothing, nothing for a stray ACK', async () => {
    const bench = await start(answerAll);
    const peer = bench.peer(2);
    for (const method of ['BYE', 'INVITE', 'UPDATE', 'INFO', 'ACK', 'CANCEL']) {
      peer.send({ method, callId: 'nowhere', toTag: method === 'CANCEL' ? undefined : 'gone' });
    }
    await bench.run(10);
    const finals = peer.log().filter((line) => !line.startsWith('100'));
    expect(finals).toEqual(['481 BYE', '481 INVITE', '481 UPDATE', '481 INFO', '481 CANCEL']);
    peer.send({ method: 'ACK', callId: 'nowhere', toTag: 'gone' });
    await untilQuiet(bench);
  });

  it('482 for a second copy and for a request of our own, 483 at the last hop, 400 without Contact', async () => {
    const bench = await start((app) => {
      answerAll(app);
      app.options((_req, res) => res.send(200));
    });
    const peer = bench.peer(2);
    peer.send({ method: 'INVITE', callId: 'm', branch: 'z9hG4bKone', body: sdp });
    peer.send({ method: 'INVITE', callId: 'm', branch: 'z9hG4bKtwo', body: sdp });
    await bench.run(10);
    expect(peer.log()).toContain('482 INVITE');
    expect(answered).toHaveLength(1);
    void bench.app.request('sip:elsewhere@10.0.0.2', { method: 'OPTIONS' });
    await bench.run(10);
    const sent = peer.request('OPTIONS').message;
    peer.respond(sent, 200);
    const own = `Via: ${headerValue(sent, 'via') ?? ''}`;
    peer.send({ method: 'OPTIONS', callId: 'l', headers: [own] });
    await bench.run(10);
    expect(peer.log().at(-1)).toBe('482 OPTIONS');
    // another host that is called as we are, in its own network
    const namesake = 'Via: SIP/2.0/UDP 10.0.0.1:5060;branch=z9hG4bKours';
    peer.send({ method: 'OPTIONS', callId: 'l2', headers: [namesake] });
    await bench.run(10);
    expect(peer.log().at(-1)).toBe('200 OPTIONS');
    peer.send({ method: 'INVITE', callId: 'h', maxForwards: 0, body: sdp });
    await bench.run(10);
    expect(peer.log().at(-1)).toBe('483 INVITE');
    peer.send({ method: 'INVITE', callId: 'n', contact: false, body: sdp });
    await bench.run(10);
    expect(peer.log().at(-1)).toBe('400 INVITE');
    expect(answered).toHaveLength(1);
  });

  it('400 for a new target that is none, and the old one stays', async () => {
    const bench = await start(answerAll);
    const peer = bench.peer(2);
    const toTag = await establishCall(bench, peer, { callId: 't', body: sdp });
    const headers = ['Contact: <tel:+15551234>'];
    for (const [sequence, method] of [
      [2, 'UPDATE'],
      [3, 'INVITE'],
    ] as const) {
      peer.send({ method, callId: 't', toTag, sequence, contact: false, headers });
      await bench.run(10);
      expect(peer.log().at(-1)).toBe(`400 ${method}`);
      if (method === 'INVITE') peer.send({ method: 'ACK', callId: 't', toTag, sequence });
    }
    void answered[0]?.destroy();
    await bench.run(10);
    const bye = peer.request('BYE').message;
    expect(bye.requestUri).toBe('sip:peer@10.0.0.2:5060');
    peer.respond(bye, 200);
    await untilQuiet(bench);
  });

  it('503 with no application', async () => {
    const bench = bare();
    const peer = bench.peer(2);
    peer.send({ method: 'OPTIONS', callId: 'o' });
    await bench.run(10);
    expect(peer.log()).toEqual(['503 OPTIONS']);
    await untilQuiet(bench);
  });

  it('420 for a required extension that is not there', async () => {
    const bench = await start(answerAll);
    const peer = bench.peer(2);
    peer.send({ method: 'INVITE', callId: 'q', headers: ['Require: 100rel'], body: sdp });
    await bench.run(10);
    expect(headerValue(peer.response(420).message, 'unsupported')).toBe('100rel');
  });

  it('500 for a request out of order, 491 for INVITEs that cross, 500 for two at once', async () => {
    const bench = await start(answerAll);
    const peer = bench.peer(2);
    const toTag = await establishCall(bench, peer, { callId: 'g', body: sdp });
    peer.send({ method: 'INFO', callId: 'g', toTag, sequence: 1 });
    await bench.run(10);
    expect(peer.log().at(-1)).toBe('500 INFO');
    answered[0]?.on('modify', () => undefined);
    const modified = answered[0]?.modify(sdp).catch((error: { status: number }) => error.status);
    await bench.run(10);
    peer.send({ method: 'INVITE', callId: 'g', toTag, sequence: 5, body: sdp });
    await bench.run(10);
    expect(peer.log().at(-1)).toBe('491 INVITE');
    peer.respond(peer.request('INVITE').message, 488);
    await bench.run(10);
    expect(await modified).toBe(488);
    peer.send({ method: 'INVITE', callId: 'g', toTag, sequence: 6, body: sdp });
    peer.send({ method: 'INVITE', callId: 'g', toTag, sequence: 7, body: sdp });
    await bench.run(10);
    const refused = peer.response(500).message;
    expect(Number(headerValue(refused, 'retry-after'))).toBeLessThan(11);
    peer.send({ method: 'BYE', callId: 'g', toTag, sequence: 8 });
    await bench.run(10);
    expect(peer.log()).toContain('487 INVITE');
  });

  it('a limit of transactions: 503 with nothing kept', async () => {
    const bench = await start(answerAll, { limits: { transactions: 2 } });
    const peer = bench.peer(2);
    for (const callId of ['1', '2', '3', '4']) peer.send({ method: 'INVITE', callId, body: sdp });
    await bench.run(10);
    expect(peer.log().filter((line) => line === '503 INVITE')).toHaveLength(2);
    expect(bench.engine.counts()).toMatchObject({ transactions: 2, overload: 2 });
    const { callId, toTag } = peer.response(200).essentials;
    peer.send({ method: 'ACK', callId, toTag });
    peer.send({ method: 'BYE', callId, toTag, sequence: 2 });
    await bench.run(10);
    expect(peer.log().at(-1)).toBe('200 BYE');
  });

  it('draining: new calls get 503, the old one ends in peace', async () => {
    const bench = await start(answerAll);
    const peer = bench.peer(2);
    const toTag = await establishCall(bench, peer, { callId: 'old', body: sdp });
    let isDrained = false;
    const drained = bench.engine.drain();
    void drained.finally(() => {
      isDrained = true;
    });
    peer.send({ method: 'INVITE', callId: 'new', body: sdp });
    await bench.run(10);
    expect(headerValue(peer.response(503).message, 'retry-after')).toBe('10');
    expect(isDrained).toBe(false);
    peer.send({ method: 'BYE', callId: 'old', toTag, sequence: 2 });
    await bench.run(10);
    expect(isDrained).toBe(true);
  });
});

describe('the application', () => {
  it('without the secret nothing is done for it', async () => {
    const bench = bare();
    const app = new (Srf as unknown as new () => SrfApp)();
    const errors: unknown[] = [];
    app.on('connect', (error: unknown) => errors.push(error));
    app.listen({ server: bench.server, secret: 'wrong' });
    bench.engine.attach(bench.server);
    await bench.run(0);
    expect(bench.engine.counts().apps).toBe(0);
    expect(errors[0]).toBeInstanceOf(Error);
  });

  it('that never answers: the caller gets 408 after five minutes', async () => {
    const bench = await start((app) => app.invite(() => undefined));
    const peer = bench.peer(2);
    peer.send({ method: 'INVITE', callId: 'idle', branch: 'z9hG4bKi', body: sdp });
    await bench.run(299_000);
    expect(peer.log()).toEqual(['100 INVITE']);
    await bench.run(1_100);
    const { toTag } = peer.response(408).essentials;
    peer.send({ method: 'ACK', callId: 'idle', branch: 'z9hG4bKi', toTag });
    await untilQuiet(bench);
  });

  it('lost with calls: what rings gets 503, what it called is cancelled, dialogs get BYE after the grace', async () => {
    const bench = await start((app) =>
      app.invite((req, res) => {
        if (req.get('Subject') === 'ring') res.send(180);
        else void app.createUAS(req, res, { localSdp: sdp }).then((each) => answered.push(each));
      }),
    );
    const [peer, callee] = [bench.peer(2), bench.peer(3)];
    await establishCall(bench, peer, { callId: 'up', body: sdp });
    peer.send({ method: 'INVITE', callId: 'ringing', headers: ['Subject: ring'], body: sdp });
    bench.app.createUAC('sip:a@10.0.0.3', { localSdp: sdp }).catch(() => undefined);
    await bench.run(10);
    callee.respond(callee.request('INVITE').message, 180);
    await bench.run(10);
    bench.server.removeAllListeners('connection');
    bench.app.disconnect();
    await bench.run(10);
    expect(peer.log().at(-1)).toBe('503 INVITE');
    expect(callee.log()).toEqual(['INVITE', 'CANCEL']);
    expect(bench.engine.counts()).toMatchObject({ apps: 0 });
    await bench.run(4_900);
    expect(peer.log()).not.toContain('BYE');
    await bench.run(200);
    expect(headerValue(peer.request('BYE').message, 'reason')).toContain('application lost');
  });

  it('a BYE during the grace is answered by the engine', async () => {
    const bench = await start(answerAll);
    const peer = bench.peer(2);
    const toTag = await establishCall(bench, peer, { callId: 'up', body: sdp });
    bench.server.removeAllListeners('connection');
    bench.app.disconnect();
    await bench.run(10);
    peer.send({ method: 'BYE', callId: 'up', toTag, sequence: 2 });
    await bench.run(10);
    expect(peer.log().at(-1)).toBe('200 BYE');
    await untilQuiet(bench);
  });

  it('a dialog stays when its application comes back and uses it within the grace', async () => {
    const bench = await start(answerAll);
    const peer = bench.peer(2);
    const toTag = await establishCall(bench, peer, { callId: 'up', body: sdp });
    bench.app.disconnect();
    await bench.run(10);
    const sent = bench.app.request('sip:placeholder', {
      method: 'INFO',
      stackDialogId: 'up;from-tag=peer',
    });
    await bench.run(10);
    peer.respond(peer.request('INFO').message, 200);
    await bench.run(10_000);
    expect((await sent).method).toBe('INFO');
    expect(bench.engine.counts()).toMatchObject({ apps: 1, dialogs: 1 });
    expect(peer.log()).not.toContain('BYE');
    expect(peer.request('INFO').essentials.fromTag).toBe(toTag);
  });

  it('is served again after it ended its connection', async () => {
    const bench = await start(answerAll);
    bench.app.disconnect();
    await bench.run(10);
    expect(bench.engine.counts().apps).toBe(1);
    const peer = bench.peer(2);
    await establishCall(bench, peer, { callId: 'again', body: sdp });
    expect(answered).toHaveLength(1);
  });
});
