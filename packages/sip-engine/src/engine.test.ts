// An unmodified drachtio-srf application on the engine, in memory: no socket, no real time.
import Srf from 'drachtio-srf';
import { afterEach, expect, it } from 'vitest';
import { headerValue, headerValues } from './message/header-list.ts';
import { endEngines } from './testing/end-engines.ts';
import { establishCall } from './testing/establish-call.ts';
import {
  startApp,
  type AppBench,
  type SrfApp,
  type SrfDialog,
  type SrfMessage,
} from './testing/srf-app.ts';

const sdp =
  'v=0\r\no=- 1 1 IN IP4 10.0.0.9\r\ns=-\r\nc=IN IP4 10.0.0.9\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0\r\n';
const benches: AppBench[] = [];

afterEach(async () => endEngines(benches));

async function start(setUp: (app: SrfApp) => void): Promise<AppBench> {
  const bench = await startApp(Srf, setUp);
  benches.push(bench);
  return bench;
}

interface Outcome<T> {
  value?: T;
  error?: { status?: number };
}

/** What a promise came to, so far. */
function outcomeOf<T>(promise: Promise<T>): Outcome<T> {
  const outcome: Outcome<T> = {};
  void keepOutcome(promise, outcome);
  return outcome;
}

async function keepOutcome<T>(promise: Promise<T>, outcome: Outcome<T>): Promise<void> {
  try {
    outcome.value = await promise;
  } catch (error) {
    outcome.error = error as { status?: number };
  }
}

function answerAll(dialogs: SrfDialog[]): (app: SrfApp) => void {
  return (app) =>
    app.invite((req, res) => {
      void app.createUAS(req, res, { localSdp: sdp }).then((dialog) => dialogs.push(dialog));
    });
}

async function untilQuiet(bench: AppBench): Promise<void> {
  await bench.run(40_000);
  expect(bench.engine.counts()).toMatchObject({ transactions: 0, dialogs: 0, timers: 0 });
  expect(bench.app.idle).toBe(true);
}

it('createUAS: 100 at once, 200 with tag and Contact, ACK, BYE from the peer, nothing left', async () => {
  const dialogs: SrfDialog[] = [];
  const bench = await start(answerAll(dialogs));
  const peer = bench.peer(2);
  const toTag = await establishCall(bench, peer, { callId: 'c1', body: sdp });
  expect(peer.log()).toEqual(['100 INVITE', '200 INVITE']);
  const ok = peer.response(200);
  expect(headerValue(ok.message, 'contact')).toBe('<sip:10.0.0.1:5060>');
  expect(headerValue(ok.message, 'content-type')).toBe('application/sdp');
  const [dialog] = dialogs;
  expect(dialog?.id).toBe('c1;from-tag=peer');
  let ended = '';
  dialog?.on('destroy', (req) => {
    ended = req.method;
  });
  peer.send({ method: 'BYE', callId: 'c1', toTag, sequence: 2 });
  await bench.run(10);
  expect(ended).toBe('BYE');
  expect(peer.log().slice(2)).toEqual(['200 BYE']);
  await untilQuiet(bench);
  expect(bench.engine.counts().retransmissionsOut).toBe(0);
});

it('an application sees where a request came from, in its Via, and else what the peer wrote', async () => {
  const seen: (string | undefined)[] = [];
  const bench = await start((app) =>
    app.invite((req, res) => {
      seen.push(req.get('Via'), req.get('Subject'));
      res.send(486);
    }),
  );
  const peer = bench.peer(2);
  peer.send({ method: 'INVITE', callId: 'here', branch: 'z9hG4bK1' });
  peer.send({ method: 'INVITE', callId: 'rport', branch: 'z9hG4bK2;rport' });
  const headers = ['s: the name in full'];
  peer.send({ method: 'INVITE', callId: 'compact', branch: 'z9hG4bK3', headers });
  await bench.run(10);
  const via = 'SIP/2.0/UDP 10.0.0.2:5060;branch=z9hG4bK';
  const stamped = `${via}2;rport=5060;received=10.0.0.2`;
  expect(seen).toEqual([`${via}1`, undefined, stamped, undefined, `${via}3`, 'the name in full']);
});

it('createUAS: BYE from the application', async () => {
  const dialogs: SrfDialog[] = [];
  const bench = await start(answerAll(dialogs));
  const peer = bench.peer(2);
  const toTag = await establishCall(bench, peer, { callId: 'c2', body: sdp });
  const destroyed = outcomeOf(dialogs[0]?.destroy() ?? Promise.reject(new Error('no dialog')));
  await bench.run(10);
  const bye = peer.request('BYE');
  expect(bye.message.requestUri).toBe('sip:peer@10.0.0.2:5060');
  expect(bye.essentials).toMatchObject({ callId: 'c2', fromTag: toTag, toTag: 'peer' });
  peer.respond(bye.message, 200);
  await bench.run(10);
  expect(destroyed.value?.method).toBe('BYE');
  await untilQuiet(bench);
});

it('a BYE of the application waits for the ACK (section 15)', async () => {
  const bench = await start((app) =>
    app.invite((req, res) => {
      void app.createUAS(req, res, { localSdp: sdp }).then(async (dialog) => dialog.destroy());
    }),
  );
  const peer = bench.peer(2);
  peer.send({ method: 'INVITE', callId: 'hold', body: sdp });
  await bench.run(300);
  expect(peer.log()).toEqual(['100 INVITE', '200 INVITE']);
  const toTag = peer.response(200).essentials.toTag ?? '';
  peer.send({ method: 'ACK', callId: 'hold', toTag });
  await bench.run(10);
  peer.respond(peer.request('BYE').message, 200);
  await untilQuiet(bench);
});

it('createUAC: defaults of From, To, Contact; ACK by the application; BYE from the peer', async () => {
  const bench = await start(() => undefined);
  const callee = bench.peer(3);
  const created = outcomeOf(
    bench.app.createUAC('sip:service@10.0.0.3:5060', {
      localSdp: sdp,
      headers: { from: 'sip:me@localhost', subject: 'Test' },
    }),
  );
  await bench.run(10);
  const { message, essentials } = callee.request('INVITE');
  expect(headerValue(message, 'from')).toMatch(/^<sip:me@10\.0\.0\.1:5060>;tag=\w+$/);
  expect(headerValue(message, 'to')).toBe('<sip:service@10.0.0.3:5060>');
  expect(headerValue(message, 'contact')).toBe('<sip:10.0.0.1:5060>');
  expect(headerValue(message, 'content-type')).toBe('application/sdp');
  expect(message.headers.find(({ key }) => key === 'subject')?.name).toBe('Subject');
  expect(essentials.maxForwards).toBe(70);
  callee.respond(message, 180);
  callee.respond(message, 200, { body: sdp });
  await bench.run(10);
  expect(callee.request('ACK').message.requestUri).toBe('sip:callee@10.0.0.3:5060');
  expect(callee.request('ACK').essentials.cseq.sequence).toBe(essentials.cseq.sequence);
  let ended = false;
  created.value?.on('destroy', () => {
    ended = true;
  });
  const { callId, fromTag } = essentials;
  callee.send({ method: 'BYE', callId, fromTag: 'callee', toTag: fromTag, sequence: 7 });
  await bench.run(10);
  expect(ended).toBe(true);
  await untilQuiet(bench);
});

it('createUAC: a refusal is acknowledged by the engine and told; silence becomes 408', async () => {
  const bench = await start(() => undefined);
  const callee = bench.peer(3);
  const refused = outcomeOf(bench.app.createUAC('sip:a@10.0.0.3:5060', { localSdp: sdp }));
  const silent = outcomeOf(bench.app.createUAC('sip:b@10.0.0.44', { localSdp: sdp }));
  await bench.run(10);
  callee.respond(callee.request('INVITE').message, 486);
  await bench.run(10);
  expect(callee.log()).toEqual(['INVITE', 'ACK']);
  expect(refused.error?.status).toBe(486);
  await bench.run(33_000);
  expect(silent.error?.status).toBe(408);
  await untilQuiet(bench);
});

it('createB2BUA: both legs, BYE from either end', async () => {
  const calls: { uas: SrfDialog; uac: SrfDialog }[] = [];
  const bench = await start((app) =>
    app.invite((req, res) => {
      const options = { localSdpA: sdp, localSdpB: req.body, proxyRequestHeaders: ['Subject'] };
      void app.createB2BUA(req, res, 'sip:b@10.0.0.3:5060', options).then((call) => {
        const { uas, uac } = call;
        uas.on('destroy', () => void uac.destroy());
        uac.on('destroy', () => void uas.destroy());
        return calls.push(call);
      });
    }),
  );
  const [caller, callee] = [bench.peer(2), bench.peer(3)];
  callee.onGot(({ message }) => {
    if (message.kind !== 'request' || message.method === 'ACK') return;
    if (message.method === 'INVITE') callee.respond(message, 180);
    callee.respond(message, 200, message.method === 'INVITE' ? { body: sdp } : {});
  });
  caller.onGot(({ message }) => {
    if (message.kind === 'request' && message.method === 'BYE') caller.respond(message, 200);
  });
  for (const callId of ['b1', 'b2']) await establishCall(bench, caller, { callId, body: sdp });
  expect(calls).toHaveLength(2);
  expect(caller.log()).toEqual(
    ['100', '180', '200', '100', '180', '200'].map((status) => `${status} INVITE`),
  );
  const toTag = caller.got.find(({ message }) => 'status' in message && message.status === 200)
    ?.essentials.toTag;
  caller.send({ method: 'BYE', callId: 'b1', toTag, sequence: 2 });
  await bench.run(20);
  const second = callee.request('INVITE').essentials;
  callee.send({
    method: 'BYE',
    callId: second.callId,
    fromTag: 'callee',
    toTag: second.fromTag,
    sequence: 2,
  });
  await bench.run(20);
  expect(caller.log().slice(6)).toEqual(['200 BYE', 'BYE']);
  expect(callee.log()).toEqual(['INVITE', 'ACK', 'INVITE', 'ACK', 'BYE', '200 BYE']);
  await untilQuiet(bench);
  expect(bench.engine.counts().retransmissionsOut).toBe(0);
});

it('CANCEL from the peer: 200 and 487 by the engine, the application is told', async () => {
  let cancelled = '';
  const bench = await start((app) =>
    app.invite((req, res) => {
      req.on('cancel', (cancel) => {
        cancelled = cancel.method;
      });
      res.send(180);
    }),
  );
  const peer = bench.peer(2);
  peer.send({ method: 'INVITE', callId: 'x', branch: 'z9hG4bKx', body: sdp });
  await bench.run(10);
  peer.send({ method: 'CANCEL', callId: 'x', branch: 'z9hG4bKx' });
  await bench.run(10);
  expect(peer.log()).toEqual(['100 INVITE', '180 INVITE', '200 CANCEL', '487 INVITE']);
  const tags = [180, 200, 487].map((status) => peer.response(status).essentials.toTag);
  expect(new Set(tags).size).toBe(1);
  expect(cancelled).toBe('CANCEL');
  const toTag = tags[0];
  peer.send({ method: 'ACK', callId: 'x', branch: 'z9hG4bKx', toTag });
  await untilQuiet(bench);
  expect(bench.engine.counts().retransmissionsOut).toBe(0);
});

it('CANCEL from the application is held until a provisional response', async () => {
  const bench = await start(() => undefined);
  const callee = bench.peer(3);
  const requests: { cancel(): void }[] = [];
  const created = outcomeOf(
    bench.app.createUAC(
      'sip:a@10.0.0.3:5060',
      { localSdp: sdp },
      { cbRequest: (_error: unknown, req: { cancel(): void }) => requests.push(req) },
    ),
  );
  await bench.run(10);
  requests[0]?.cancel();
  await bench.run(10);
  expect(callee.log()).toEqual(['INVITE']);
  const invite = callee.request('INVITE').message;
  callee.respond(invite, 100);
  await bench.run(10);
  const cancel = callee.request('CANCEL').message;
  expect(headerValue(cancel, 'via')).toBe(headerValue(invite, 'via'));
  callee.respond(cancel, 200);
  callee.respond(invite, 487);
  await bench.run(10);
  expect(created.error?.status).toBe(487);
  expect(callee.log()).toEqual(['INVITE', 'CANCEL', 'ACK']);
  await untilQuiet(bench);
});

it('a 200 that crosses the CANCEL is acknowledged and ended, and so is its repeat', async () => {
  const bench = await start(() => undefined);
  const callee = bench.peer(3);
  const requests: { cancel(): void }[] = [];
  const created = outcomeOf(
    bench.app.createUAC(
      'sip:a@10.0.0.3:5060',
      { localSdp: sdp },
      { cbRequest: (_error: unknown, req: { cancel(): void }) => requests.push(req) },
    ),
  );
  await bench.run(10);
  const invite = callee.request('INVITE').message;
  callee.respond(invite, 180);
  await bench.run(10);
  requests[0]?.cancel();
  callee.respond(invite, 200, { body: sdp });
  callee.respond(invite, 200, { body: sdp });
  await bench.run(10);
  expect(callee.log()).toEqual(['INVITE', 'CANCEL', 'ACK', 'BYE', 'ACK']);
  expect(created.error?.status).toBe(487);
  for (const method of ['CANCEL', 'BYE']) callee.respond(callee.request(method).message, 200);
  await untilQuiet(bench);
});

it('re-INVITE both ways, and INFO in the dialog', async () => {
  const dialogs: SrfDialog[] = [];
  const bench = await start(answerAll(dialogs));
  const peer = bench.peer(2);
  const toTag = await establishCall(bench, peer, { callId: 'r', body: sdp });
  const [dialog] = dialogs;
  const methods: string[] = [];
  dialog?.on('modify', (req, res) => {
    methods.push(req.method);
    res.send(200, { body: sdp });
  });
  dialog?.on('info', (req, res) => {
    methods.push(req.method);
    res.send(200);
  });
  peer.send({ method: 'INVITE', callId: 'r', toTag, sequence: 2, body: sdp });
  await bench.run(10);
  peer.send({ method: 'ACK', callId: 'r', toTag, sequence: 2 });
  peer.send({ method: 'INFO', callId: 'r', toTag, sequence: 3 });
  await bench.run(10);
  expect(methods).toEqual(['INVITE', 'INFO']);
  const modified = outcomeOf(dialog?.modify(`${sdp}a=sendonly\r\n`) ?? Promise.reject(new Error()));
  await bench.run(10);
  const invite = peer.request('INVITE');
  expect(invite.essentials.toTag).toBe('peer');
  peer.respond(invite.message, 200, { body: sdp });
  await bench.run(10);
  expect(modified.value).toBe(sdp);
  expect(peer.request('ACK').essentials.cseq.sequence).toBe(invite.essentials.cseq.sequence);
  peer.send({ method: 'BYE', callId: 'r', toTag, sequence: 4 });
  await bench.run(10);
  await untilQuiet(bench);
});

it('forks: two early dialogs, the first answer is the call, the second gets ACK and BYE', async () => {
  const bench = await start(() => undefined);
  const callee = bench.peer(3);
  const provisional: SrfMessage[] = [];
  const created = outcomeOf(
    bench.app.createUAC(
      'sip:a@10.0.0.3:5060',
      { localSdp: sdp },
      { cbProvisional: (response: SrfMessage) => provisional.push(response) },
    ),
  );
  await bench.run(10);
  const invite = callee.request('INVITE').message;
  callee.respond(invite, 180, { tag: 'one' });
  callee.respond(invite, 183, { tag: 'two', body: sdp });
  await bench.run(10);
  expect(provisional.map(({ status }) => status)).toEqual([180, 183]);
  expect(bench.engine.counts().dialogs).toBe(2);
  callee.respond(invite, 200, { tag: 'two', body: sdp });
  await bench.run(10);
  callee.respond(invite, 200, { tag: 'one', body: sdp });
  await bench.run(10);
  expect(callee.log()).toEqual(['INVITE', 'ACK', 'ACK', 'BYE']);
  expect(callee.request('BYE').essentials.toTag).toBe('one');
  callee.respond(callee.request('BYE').message, 200);
  const destroyed = outcomeOf(created.value?.destroy() ?? Promise.reject(new Error()));
  await bench.run(10);
  expect(callee.request('BYE').essentials.toTag).toBe('two');
  callee.respond(callee.request('BYE').message, 200);
  await bench.run(10);
  expect(destroyed.value?.method).toBe('BYE');
  await untilQuiet(bench);
});

it('a catch-all of the application answers what no handler takes', async () => {
  const bench = await start((app) => {
    app.options((_req, res) => res.send(200));
    app.use((_req, res) => res.send(405));
  });
  const peer = bench.peer(2);
  peer.send({ method: 'OPTIONS', callId: 'o1' });
  peer.send({ method: 'MESSAGE', callId: 'o2' });
  await bench.run(10);
  expect(peer.log()).toEqual(['200 OPTIONS', '405 MESSAGE']);
  expect(bench.engine.counts().apps).toBe(1);
  await untilQuiet(bench);
});

it('answers a challenge: the same Call-ID, the next CSeq, a new transaction', async () => {
  const bench = await start(() => undefined);
  const callee = bench.peer(3);
  const auth = { username: 'me', password: 'secret' };
  const created = outcomeOf(bench.app.createUAC('sip:a@10.0.0.3', { localSdp: sdp, auth }));
  await bench.run(10);
  const first = callee.request('INVITE');
  const challenge = 'WWW-Authenticate: Digest realm="r", nonce="n", algorithm=MD5, qop="auth"';
  callee.respond(first.message, 401, { headers: [challenge] });
  await bench.run(10);
  const second = callee.request('INVITE');
  expect(second.essentials.callId).toBe(first.essentials.callId);
  expect(second.essentials.cseq.sequence).toBe(first.essentials.cseq.sequence + 1);
  expect(headerValue(second.message, 'authorization')).toContain('username="me"');
  callee.respond(second.message, 200, { body: sdp });
  await bench.run(10);
  const destroyed = outcomeOf(created.value?.destroy() ?? Promise.reject(new Error()));
  await bench.run(10);
  callee.respond(callee.request('BYE').message, 200);
  await bench.run(10);
  expect(destroyed.value?.method).toBe('BYE');
  await untilQuiet(bench);
});

it('tells compact header names in full', async () => {
  const seen: string[] = [];
  const bench = await start((app) =>
    app.options((req, res) => {
      seen.push(req.get('Refer-To'), req.get('Subject'));
      res.send(200);
    }),
  );
  const peer = bench.peer(2);
  peer.send({ method: 'OPTIONS', callId: 'o', headers: ['r: <sip:x@y>', 's: hello'] });
  await bench.run(10);
  expect(seen).toEqual(['<sip:x@y>', 'hello']);
  expect(peer.log()).toEqual(['200 OPTIONS']);
});

it('follows routes and moved targets', async () => {
  const dialogs: SrfDialog[] = [];
  const bench = await start(answerAll(dialogs));
  const [peer, proxy] = [bench.peer(2), bench.peer(4)];
  const route = 'Record-Route: <sip:10.0.0.4;lr>, <sip:10.0.0.5;lr>';
  peer.send({ method: 'INVITE', callId: 'rr', headers: [route], body: sdp });
  await bench.run(10);
  const ok = peer.response(200);
  expect(headerValues(ok.message, 'record-route')).toEqual([
    '<sip:10.0.0.4;lr>',
    '<sip:10.0.0.5;lr>',
  ]);
  const toTag = ok.essentials.toTag;
  peer.send({ method: 'ACK', callId: 'rr', toTag });
  const moved = { contact: false, headers: ['Contact: <sip:new@10.0.0.9>'], body: sdp };
  await bench.run(10);
  peer.send({ method: 'INVITE', callId: 'rr', toTag, sequence: 2, ...moved });
  await bench.run(10);
  peer.send({ method: 'ACK', callId: 'rr', toTag, sequence: 2 });
  await bench.run(10);
  const destroyed = outcomeOf(dialogs[0]?.destroy() ?? Promise.reject(new Error()));
  await bench.run(10);
  const bye = proxy.request('BYE').message;
  expect(bye.requestUri).toBe('sip:new@10.0.0.9');
  expect(headerValues(bye, 'route')).toEqual(['<sip:10.0.0.4;lr>', '<sip:10.0.0.5;lr>']);
  proxy.respond(bye, 200);
  await bench.run(10);
  expect(destroyed.value?.method).toBe('BYE');
  await untilQuiet(bench);
});
