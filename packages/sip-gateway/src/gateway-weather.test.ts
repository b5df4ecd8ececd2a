// Calls through the gateway between two peers that keep to RFC 3261, over a network that loses, doubles and reorders.
import { createServer } from 'node:net';
import { createSipEngine, parseMessage, type SipEngine } from '@truetuple/sip-engine';
import type { SrfApp, SrfDialog, SrfResponse } from '@truetuple/sip-engine/testing';
import Srf from 'drachtio-srf';
import { expect, it } from 'vitest';
import {
  openGatewayBench,
  privateIp,
  publicIp,
  type GatewayBench,
} from './testing/gateway-bench.ts';
import { expectNothingLeft } from './testing/gateway-calls.ts';

const hosts = { a: '10.0.3.20', b: '10.0.3.10' } as const;

const sdpOf = (host: string): string =>
  `v=0\r\no=- 1 1 IN IP4 ${host}\r\ns=-\r\nc=IN IP4 ${host}\r\nt=0 0\r\nm=audio 40000 RTP/AVP 0\r\n`;

/** A phone: an engine of its own with an unmodified drachtio-srf. */
interface Phone {
  readonly engine: SipEngine;
  readonly app: SrfApp;
  readonly sdp: string;
  readonly up: Set<SrfDialog>;
}

function phoneOn({ network, clock }: GatewayBench, host: string): Phone {
  const engine = createSipEngine({
    transports: [network.open({ address: host, port: 5060 })],
    secret: 's',
    clock,
  });
  const app = new (Srf as unknown as new () => SrfApp)();
  const server = createServer();
  app.listen({ server, secret: 's' });
  engine.attach(server);
  return { engine, app, sdp: sdpOf(host), up: new Set() };
}

function take({ up, sdp }: Phone, dialog: SrfDialog): void {
  up.add(dialog);
  dialog.on('destroy', () => up.delete(dialog));
  dialog.on('modify', (_req, res) => res.send(200, { body: sdp }));
}

/** Who rings and is never heard to do so is never told CANCEL (9.1). */
function ringFor(ms: number, { clock }: GatewayBench, res: SrfResponse): void {
  res.send(180);
  clock.setTimer(ms, () => res.send(480, {}, () => undefined));
}

/** What may fail on such a network fails: whether both ends then know it is seen in the end. */
async function attempt(done: Promise<unknown>): Promise<void> {
  await done.catch(() => undefined);
}

function hangUp({ up }: Phone, dialog: SrfDialog | undefined): void {
  if (dialog !== undefined && up.delete(dialog)) void attempt(dialog.destroy());
}

/** Five calls: refused, cancelled, hung up by either or by both, each with holds that cross. */
async function callThrough(bench: GatewayBench, a: Phone, b: Phone): Promise<void> {
  b.app.invite((req, res) => {
    if (req.get('Subject') === 'refused') res.send(486);
    else if (req.get('Subject') === 'cancelled') ringFor(60_000, bench, res);
    else void attempt(b.app.createUAS(req, res, { localSdp: b.sdp }).then((each) => take(b, each)));
  });
  for (const subject of ['refused', 'cancelled', 'a hangs up', 'b hangs up', 'both hang up']) {
    const options = { localSdp: a.sdp, headers: { Subject: subject } };
    const cbRequest = (_error: unknown, sent: { cancel(): void }): void => {
      if (subject === 'cancelled') bench.clock.setTimer(3_000, () => sent.cancel());
    };
    const uri = `sip:b@${publicIp}`;
    void attempt(a.app.createUAC(uri, options, { cbRequest }).then((each) => take(a, each)));
    // longer than an INVITE may take: no call comes up that nobody would hang up
    await bench.run(40_000);
    const [[inA], [inB]] = [[...a.up], [...b.up]];
    if (inA !== undefined) void attempt(inA.modify(a.sdp));
    if (inB !== undefined) void attempt(inB.modify(b.sdp));
    await bench.run(15_000);
    if (subject !== 'b hangs up') hangUp(a, inA);
    if (subject !== 'a hangs up') hangUp(b, inB);
    await bench.run(75_000);
    // no call stands at one end alone
    expect([a.up.size, a.engine.counts().dialogs], subject).toEqual([0, 0]);
    expect([b.up.size, b.engine.counts().dialogs], subject).toEqual([0, 0]);
    expect(bench.gateway.counts(), subject).toMatchObject({ calls: 0, sip: { dialogs: 0 } });
  }
}

/** What the gateway said to a request and its repeats, by transaction: more than one answer. */
function answeredTwice({ network }: GatewayBench): readonly string[] {
  const answers = new Map<string, Set<string>>();
  for (const { bytes, source } of network.sent) {
    const parsed = parseMessage(bytes);
    const isOurs = source.address === publicIp || source.address === privateIp;
    if (!isOurs || parsed.kind !== 'message' || parsed.message.kind !== 'response') continue;
    if (parsed.message.status < 200) continue;
    const { via, cseq } = parsed.essentials;
    const key = `${JSON.stringify(via)} ${cseq.method}`;
    answers.set(key, (answers.get(key) ?? new Set()).add(Buffer.from(bytes).toString('latin1')));
  }
  return [...answers.values()].filter(({ size }) => size > 1).map((texts) => [...texts].join());
}

it.each([
  ['fair', {}],
  ['a tenth lost', { loss: 0.1, jitterMs: 20 }],
  ['a third lost', { loss: 0.33, jitterMs: 60 }],
  ['doubled and out of order', { duplication: 0.5, jitterMs: 400 }],
  ['everything at once', { loss: 0.3, duplication: 0.3, jitterMs: 900 }],
])('%s: every call ends at both ends', async (_what, conditions) => {
  for (const seed of [1, 2, 3]) {
    const route = { kind: 'to', uri: `sip:b@${hosts.b}` } as const;
    const bench = await openGatewayBench(() => route, { network: { seed, conditions } });
    const [a, b] = [phoneOn(bench, hosts.a), phoneOn(bench, hosts.b)];
    await bench.run(0);
    await callThrough(bench, a, b);
    expect(answeredTwice(bench), `seed ${seed}`).toEqual([]);
    const told = (kind: string): number =>
      bench.events.filter((event) => event.kind === kind).length;
    expect(told('call-ended'), `seed ${seed}`).toBe(told('call-started'));
    const closing = Promise.all([a.engine.close(), b.engine.close()]);
    await bench.run(5_000);
    await closing;
    await expectNothingLeft(bench);
  }
});
