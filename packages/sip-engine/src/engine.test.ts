// An unmodified drachtio-srf application on the engine, in memory: no socket, no real time.
import Srf from 'drachtio-srf';
import { afterEach, expect, it } from 'vitest';
import { headerValue } from './message/header-list.ts';
import { createEngineBench, type EngineBench } from './testing/engine-bench.ts';
import type { SipPeer } from './testing/sip-peer.ts';

interface SrfMessage {
  readonly method: string;
  readonly status: number;
  readonly body: string;
  get(name: string): string;
}
interface SrfRequest extends SrfMessage {
  on(event: string, listener: (message: SrfMessage) => void): void;
  cancel(done?: (error: Error | null) => void): void;
}
interface SrfResponse {
  send(status: number, options?: object, done?: (error: unknown) => void): void;
}
interface SrfDialog {
  readonly id: string;
  readonly remote: { readonly sdp: string };
  on(event: string, listener: (req: SrfMessage, res: SrfResponse) => void): this;
  destroy(): Promise<SrfRequest>;
  modify(sdp: string): Promise<string>;
  request(options: object): Promise<SrfMessage>;
}
interface SrfApp {
  listen(options: object): void;
  on(event: string, listener: (...args: never[]) => void): void;
  use(handler: (req: SrfRequest, res: SrfResponse) => void): void;
  invite(handler: (req: SrfRequest, res: SrfResponse) => void): void;
  options(handler: (req: SrfRequest, res: SrfResponse) => void): void;
  createUAS(req: SrfRequest, res: SrfResponse, options: object): Promise<SrfDialog>;
  createUAC(uri: string, options: object, callbacks?: object): Promise<SrfDialog>;
  createB2BUA(
    req: SrfRequest,
    res: SrfResponse,
    uri: string,
    options: object,
  ): Promise<{ uas: SrfDialog; uac: SrfDialog }>;
}

const sdp =
  'v=0\r\no=- 1 1 IN IP4 10.0.0.9\r\ns=-\r\nc=IN IP4 10.0.0.9\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0\r\n';
const benches: EngineBench[] = [];

afterEach(async () => {
  for (const { engine, clock } of benches.splice(0)) {
    await engine.close();
    expect(clock.pending).toBe(0);
  }
});

async function start(
  setUp: (app: SrfApp) => void,
  bench: EngineBench = createEngineBench(),
): Promise<EngineBench & { app: SrfApp }> {
  benches.push(bench);
  const app = new (Srf as unknown as new () => SrfApp)();
  setUp(app);
  app.listen({ server: bench.server, secret: 'bench' });
  bench.engine.attach(bench.server);
  await bench.run(0);
  expect(bench.engine.counts().apps).toBe(1);
  return { ...bench, app };
}

function answerAll(dialogs: SrfDialog[]): (app: SrfApp) => void {
  return (app) =>
    app.invite((req, res) => {
      void app.createUAS(req, res, { localSdp: sdp }).then((dialog) => dialogs.push(dialog));
    });
}

function tagFrom(peer: SipPeer, status: number): string | undefined {
  return peer.response(status).essentials.toTag;
}

function call(peer: SipPeer, callId: string, toTag?: string, sequence = 1): void {
  peer.send({ method: 'INVITE', callId, toTag, sequence, body: sdp });
}

async function untilQuiet(bench: EngineBench): Promise<void> {
  await bench.run(40_000);
  expect(bench.engine.counts()).toMatchObject({ transactions: 0, dialogs: 0, timers: 0 });
}

it('createUAS: 100 at once, 200 with tag and Contact, ACK, BYE from the peer, nothing left', async () => {
  const dialogs: SrfDialog[] = [];
  const bench = await start(answerAll(dialogs));
  const peer = bench.peer(2);
  call(peer, 'c1');
  await bench.run(10);
  expect(peer.log()).toEqual(['100 INVITE', '200 INVITE']);
  const ok = peer.response(200);
  expect(headerValue(ok.message, 'contact')).toBe('<sip:10.0.0.1:5060>');
  expect(headerValue(ok.message, 'content-type')).toBe('application/sdp');
  const toTag = tagFrom(peer, 200);
  peer.send({ method: 'ACK', callId: 'c1', toTag });
  await bench.run(10);
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

it('createUAS: BYE from the application', async () => {
  const dialogs: SrfDialog[] = [];
  const bench = await start(answerAll(dialogs));
  const peer = bench.peer(2);
  call(peer, 'c2');
  await bench.run(10);
  const toTag = tagFrom(peer, 200);
  peer.send({ method: 'ACK', callId: 'c2', toTag });
  await bench.run(10);
  const destroyed = dialogs[0]?.destroy();
  await bench.run(10);
  const bye = peer.request('BYE');
  expect(bye.message.requestUri).toBe('sip:peer@10.0.0.2:5060');
  expect(bye.essentials).toMatchObject({ callId: 'c2', fromTag: toTag, toTag: 'peer' });
  peer.respond(bye.message, 200);
  await bench.run(10);
  await destroyed;
  await untilQuiet(bench);
});
