// Reliable provisional responses (RFC 3262) of a UAS, in memory and without real time.
import Srf from 'drachtio-srf';
import { afterEach, describe, expect, it } from 'vitest';
import { headerValue } from '../message/header-list.ts';
import { endEngines } from '../testing/end-engines.ts';
import { createEngineBench, type EngineBench } from '../testing/engine-bench.ts';
import { startRawApp, type RawApp } from '../testing/raw-app.ts';
import type { SipPeer } from '../testing/sip-peer.ts';
import { startApp } from '../testing/srf-app.ts';

const sdp = 'v=0\r\no=- 1 1 IN IP4 10.0.0.9\r\ns=-\r\nc=IN IP4 10.0.0.9\r\nt=0 0\r\n';
const supported = ['replaces', '100rel'];
const callId = 'r';
const opened: EngineBench[] = [];

afterEach(async () => endEngines(opened));

interface Call {
  readonly bench: EngineBench;
  readonly app: RawApp;
  readonly peer: SipPeer;
  /** Lets the application answer the INVITE, or the last request of this method. @returns the frame's id */
  readonly answer: (
    status: number,
    headers: readonly string[],
    body?: string,
    method?: string,
  ) => Promise<string>;
  /** Sends a PRACK for the last response with this status. */
  readonly prack: (status: number, rack?: string) => Promise<void>;
  /** The ACK of the 200, a BYE, and nothing is left. */
  readonly hangUp: () => Promise<void>;
}

/** An INVITE of a caller that says this of 100rel. */
async function ring(headers: readonly string[], options = supported): Promise<Call> {
  const bench = createEngineBench({ supported: options });
  opened.push(bench);
  const app = await startRawApp(bench);
  const peer = bench.peer(2);
  peer.send({ method: 'INVITE', callId, headers, body: sdp });
  await bench.run(10);
  const invite = app.transactionOf('INVITE ');
  let sequence = 1;
  const answer: Call['answer'] = async (status, lines, body = '', method = 'INVITE') => {
    const transaction = method === 'INVITE' ? invite : app.transactionOf(`${method} `);
    const id = app.say(`${transaction}|`, [`SIP/2.0 ${status} So`, ...lines], body);
    await bench.run(10);
    return id;
  };
  return {
    bench,
    app,
    peer,
    answer,
    prack: async (status, rack) => {
      const { message, essentials } = peer.response(status);
      sequence += 1;
      const line = `RAck: ${rack ?? `${headerValue(message, 'rseq') ?? ''} 1 INVITE`}`;
      const { toTag } = essentials;
      peer.send({ method: 'PRACK', callId, toTag, sequence, headers: [line] });
      await bench.run(10);
    },
    hangUp: async () => {
      const { toTag } = peer.response(200).essentials;
      peer.send({ method: 'ACK', callId, toTag });
      peer.send({ method: 'BYE', callId, toTag, sequence: 100 });
      await bench.run(10);
      await answer(200, [], '', 'BYE');
      await bench.run(40_000);
      expect(bench.engine.counts()).toMatchObject({ dialogs: 0, transactions: 0, timers: 0 });
    },
  };
}

const rel = ['Require: 100rel'];
const countOf = (peer: SipPeer, line: string): number =>
  peer.log().filter((each) => each === line).length;

describe('a provisional response that has to arrive', () => {
  it('is repeated until its PRACK, which the application answers; the call goes on', async () => {
    const { bench, app, peer, answer, prack, hangUp } = await ring(['Supported: 100rel']);
    const id = await answer(183, rel, sdp);
    const { message } = peer.response(183);
    const rseq = Number(headerValue(message, 'rseq'));
    expect(rseq).toBeGreaterThan(0);
    expect(headerValue(message, 'require')).toBe('100rel');
    expect(app.answer(id)).toContain(`RSeq: ${rseq}`);
    // at 0.5, 1.5, 3.5, 7.5 s
    await bench.run(8_000);
    expect(countOf(peer, '183 INVITE')).toBe(5);
    expect(bench.engine.counts().retransmissionsOut).toBe(4);
    await prack(183);
    expect(app.heard.at(-1)).toContain('PRACK ');
    await answer(200, [], '', 'PRACK');
    expect(peer.log().at(-1)).toBe('200 PRACK');
    await bench.run(20_000);
    expect(countOf(peer, '183 INVITE')).toBe(5);
    await answer(180, rel);
    expect(Number(headerValue(peer.response(180).message, 'rseq'))).toBe(rseq + 1);
    await prack(180);
    await answer(200, [], '', 'PRACK');
    await answer(200, [], sdp);
    await hangUp();
  });

  it('a caller that requires it gets each one so, whatever the application says', async () => {
    const { peer, answer, prack, hangUp } = await ring(['Require: 100rel']);
    await answer(180, []);
    expect(headerValue(peer.response(180).message, 'require')).toBe('100rel');
    await prack(180);
    await answer(200, [], '', 'PRACK');
    await answer(200, [], sdp);
    await hangUp();
  });

  it('the next one, and a success after one with a body, wait for the PRACK', async () => {
    const { app, peer, answer, prack, hangUp } = await ring(['Supported: 100rel']);
    await answer(183, rel, sdp);
    const second = await answer(180, rel);
    const success = await answer(200, [], sdp);
    expect(peer.log()).toEqual(['100 INVITE', '183 INVITE']);
    expect([app.answer(second), app.answer(success)]).toEqual(['', '']);
    await prack(183);
    expect(peer.log()).toEqual(['100 INVITE', '183 INVITE', '180 INVITE', '200 INVITE']);
    expect(app.answer(second)).toMatch(/^OK\|/);
    expect(app.answer(success)).toMatch(/^OK\|/);
    await answer(200, [], '', 'PRACK');
    await hangUp();
  });

  it('a success after one without a body, and a refusal, do not wait', async () => {
    const { bench, peer, answer, hangUp } = await ring(['Supported: 100rel']);
    await answer(180, rel);
    await answer(200, [], sdp);
    await bench.run(5);
    expect(peer.log().slice(0, 3)).toEqual(['100 INVITE', '180 INVITE', '200 INVITE']);
    await hangUp();
    const other = await ring(['Supported: 100rel']);
    await other.answer(183, rel, sdp);
    const held = await other.answer(180, rel);
    await other.answer(486, []);
    expect(other.peer.log()).toEqual(['100 INVITE', '183 INVITE', '486 INVITE']);
    expect(other.app.answer(held)).toContain('NOK|the transaction to answer');
    const { toTag } = other.peer.response(486).essentials;
    other.peer.send({ method: 'ACK', callId, toTag });
    await other.bench.run(40_000);
    expect(other.bench.engine.counts()).toMatchObject({ dialogs: 0, transactions: 0, timers: 0 });
  });

  it('without a PRACK for 64*T1 the call is refused with 504', async () => {
    const { bench, app, peer, answer } = await ring(['Supported: 100rel']);
    await answer(183, rel, sdp);
    const held = await answer(200, [], sdp);
    await bench.run(32_100);
    expect(countOf(peer, '183 INVITE')).toBe(7);
    const { toTag } = peer.response(504).essentials;
    peer.send({ method: 'ACK', callId, toTag });
    expect(app.answer(held)).toContain('NOK|');
    await bench.run(40_000);
    expect(bench.engine.counts()).toMatchObject({ dialogs: 0, transactions: 0, timers: 0 });
  });

  it('a CANCEL ends the repeats', async () => {
    const { bench, peer, answer } = await ring(['Supported: 100rel']);
    await answer(183, rel, sdp);
    const via = headerValue(peer.response(183).message, 'via') ?? '';
    const branch = /branch=([^;]+)/.exec(via)?.[1] ?? '';
    peer.send({ method: 'CANCEL', callId, branch });
    await bench.run(10);
    peer.send({ method: 'ACK', callId, branch, toTag: peer.response(487).essentials.toTag });
    await bench.run(40_000);
    expect(countOf(peer, '183 INVITE')).toBe(1);
    expect(bench.engine.counts()).toMatchObject({ dialogs: 0, transactions: 0, timers: 0 });
  });
});

describe('a PRACK after the final response', () => {
  it('of a call that was answered gets 200 from the engine, once', async () => {
    const { app, peer, answer, prack, hangUp } = await ring(['Supported: 100rel']);
    await answer(180, rel);
    await answer(200, [], sdp);
    const before = app.heard.length;
    await prack(180, '1 1 INVITE');
    expect(peer.log().at(-1)).toBe('481 PRACK');
    await prack(180);
    expect(peer.log().at(-1)).toBe('200 PRACK');
    await prack(180);
    expect(peer.log().at(-1)).toBe('481 PRACK');
    expect(app.heard).toHaveLength(before);
    await hangUp();
  });

  it('of a call that was refused, too, while its transaction is there', async () => {
    const { bench, peer, answer, prack } = await ring(['Supported: 100rel']);
    await answer(183, rel, sdp);
    await answer(486, []);
    await prack(183);
    expect(peer.log().at(-1)).toBe('200 PRACK');
    await bench.run(80_000);
    const other = await ring(['Supported: 100rel']);
    await other.answer(183, rel, sdp);
    await other.answer(486, []);
    await other.bench.run(80_000);
    await other.prack(183);
    expect(other.peer.log().at(-1)).toBe('481 PRACK');
  });
});

describe('a PRACK for nothing', () => {
  it.each([
    ['another RSeq', '4242 1 INVITE'],
    ['another INVITE', '1 7 INVITE'],
    ['another method', '1 1 UPDATE'],
    ['nothing', 'x'],
  ])('of %s gets 481, and the response is repeated', async (_what, rack) => {
    const { bench, app, peer, answer, prack, hangUp } = await ring(['Supported: 100rel']);
    await answer(183, rel, sdp);
    const before = app.heard.length;
    await prack(183, rack);
    expect(peer.log().at(-1)).toBe('481 PRACK');
    expect(app.heard).toHaveLength(before);
    await bench.run(1_000);
    expect(countOf(peer, '183 INVITE')).toBe(2);
    await prack(183);
    await answer(200, [], '', 'PRACK');
    // once is enough
    await prack(183);
    expect(peer.log().at(-1)).toBe('481 PRACK');
    await answer(200, [], sdp);
    await hangUp();
  });
});

describe('a provisional response that need not', () => {
  it.each([
    ['the caller does not know of it', [], supported],
    ['it is not asked of the engine', ['Supported: 100rel'], ['replaces']],
  ] as const)(
    '%s: the Require of the application is taken back',
    async (_what, headers, options) => {
      const { bench, peer, answer, hangUp } = await ring(headers, [...options]);
      await answer(183, ['Require: 100rel, precondition'], sdp);
      const { message } = peer.response(183);
      expect(headerValue(message, 'rseq')).toBeUndefined();
      expect(headerValue(message, 'require')).toBe('precondition');
      await bench.run(10_000);
      expect(countOf(peer, '183 INVITE')).toBe(1);
      await answer(200, [], sdp);
      await hangUp();
    },
  );
});

it('an unmodified drachtio-srf application hears of the PRACK, and answers it by itself', async () => {
  const pracks: string[] = [];
  const bench = await startApp(
    Srf,
    (app) =>
      app.invite((_req, res) => {
        const options = { headers: { Require: '100rel' }, body: sdp };
        res.send(183, options, undefined, (prack) => {
          pracks.push(prack.method);
          res.send(200, { body: sdp });
        });
      }),
    createEngineBench({ supported }),
  );
  opened.push(bench);
  const peer = bench.peer(2);
  peer.send({ method: 'INVITE', callId, headers: ['Supported: 100rel'], body: sdp });
  await bench.run(10);
  const { message, essentials } = peer.response(183);
  const { toTag } = essentials;
  const headers = [`RAck: ${headerValue(message, 'rseq') ?? ''} 1 INVITE`];
  peer.send({ method: 'PRACK', callId, toTag, sequence: 2, headers });
  await bench.run(10);
  expect(pracks).toEqual(['PRACK']);
  expect(peer.log().slice(-2).toSorted()).toEqual(['200 INVITE', '200 PRACK']);
  peer.send({ method: 'ACK', callId, toTag });
  peer.send({ method: 'BYE', callId, toTag, sequence: 3 });
  await bench.run(40_000);
});
