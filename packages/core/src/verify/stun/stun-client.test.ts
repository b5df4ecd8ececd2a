import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import { FakeInternet, type FakeInternetSetup } from '../../testing/fake-internet/fake-internet.ts';
import type { FakeStunServer } from '../../testing/fake-internet/fake-stun-server.ts';
import { ManualClock } from '../../testing/manual-clock.ts';
import { seededRandom } from '../../testing/simulated-ec2/seeded-random.ts';
import type { DatagramSocket, Endpoint } from '../datagram-port.ts';
import type { StunAnswer } from './stun-answer.ts';
import { StunClient } from './stun-client.ts';
import { encodeStun } from './stun-codec.ts';
import { transactionIdOf, type StunMessage } from './stun-message.ts';
import { stunSchedule } from './stun-timing.ts';

const local = { address: '10.0.2.128', port: 5060 };
const outside = { address: '203.0.113.50', port: 5060 };
const serverAt = { address: '198.51.100.50', port: 3478 };
const otherAt = { address: '198.51.100.51', port: 3479 };
const translate = (): Endpoint => outside;

interface World {
  readonly internet: FakeInternet;
  readonly socket: DatagramSocket;
  readonly client: StunClient;
  readonly clock: ManualClock;
  /** Each request: when it was made, in milliseconds. */
  readonly requests: { readonly atMs: number; readonly request: StunMessage }[];
}

async function world(
  server: Partial<FakeStunServer> = {},
  setup: FakeInternetSetup = {},
): Promise<World> {
  const clock = new ManualClock();
  const internet = new FakeInternet({ translate, ...setup });
  const requests: World['requests'] = [];
  const onRequest = (request: StunMessage): void =>
    void requests.push({ atMs: clock.elapsed(), request });
  internet.addStunServer({ at: serverAt, other: otherAt, onRequest, ...server });
  const opened = await internet.open(local);
  if (opened.kind !== 'open') throw new Error(opened.errno);
  const { socket } = opened;
  const random = seededRandom(1);
  const randomBytes = (length: number): Uint8Array =>
    Uint8Array.from({ length }, () => Math.floor(random() * 256));
  const client = new StunClient({ socket, clock, randomBytes });
  return { internet, socket, client, clock, requests };
}

async function ask(
  made: World,
  question: Partial<Parameters<StunClient['ask']>[0]> = {},
): Promise<StunAnswer> {
  const answer = await made.clock.run(made.client.ask({ server: serverAt, ...question }));
  expect(made.client.openTransactions).toBe(0);
  expect(made.clock.waiting).toBe(0);
  return answer;
}

const silent = { ignores: Infinity };

describe('the schedule of RFC 8489 section 6.2.1', () => {
  it('is that of its example with an RTO of 500 ms, Rc 7 and Rm 16', () => {
    expect(stunSchedule()).toEqual({
      sendAtMs: [0, 500, 1500, 3500, 7500, 15_500, 31_500],
      giveUpAtMs: 39_500,
    });
  });

  it('ends at a deadline, before the request that would be due then', () => {
    expect(stunSchedule({ deadlineMs: 3500 })).toEqual({
      sendAtMs: [0, 500, 1500],
      giveUpAtMs: 3500,
    });
    expect(stunSchedule({ deadlineMs: 0 })).toEqual({ sendAtMs: [0], giveUpAtMs: 0 });
  });

  test.prop([
    fc.record({
      rtoMs: fc.integer({ min: 1, max: 3000 }),
      maxRequests: fc.integer({ min: 1, max: 10 }),
      lastWaitFactor: fc.integer({ min: 1, max: 32 }),
      deadlineMs: fc.integer({ min: 0, max: 60_000 }),
    }),
  ])('pauses double, nothing is sent after the end, at least one is sent', (timing) => {
    const { sendAtMs, giveUpAtMs } = stunSchedule(timing);
    expect(sendAtMs[0]).toBe(0);
    const pauses = sendAtMs.slice(1).map((atMs, index) => atMs - (sendAtMs[index] ?? 0));
    expect(pauses).toEqual(pauses.map((_, index) => timing.rtoMs * 2 ** index));
    expect(sendAtMs.length).toBeLessThanOrEqual(timing.maxRequests);
    expect(Math.max(...sendAtMs)).toBeLessThanOrEqual(giveUpAtMs);
    expect(giveUpAtMs).toBeLessThanOrEqual(timing.deadlineMs);
  });
});

describe('a transaction', () => {
  it('is answered: where the server saw it come from', async () => {
    const made = await world();
    expect(await ask(made)).toEqual({
      kind: 'mapped',
      mapped: outside,
      plainMapped: outside,
      otherAddress: otherAt,
      from: serverAt,
      elapsedMs: 0,
    });
    expect(made.requests).toHaveLength(1);
    expect(made.client.hasAsked(serverAt)).toBe(true);
    expect(made.client.hasAsked(otherAt)).toBe(false);
  });

  it('is asked again on time, with the same id, and given up on time', async () => {
    const made = await world(silent);
    expect(await ask(made)).toEqual({ kind: 'silent', requests: 7, stray: undefined });
    expect(made.requests.map(({ atMs }) => atMs)).toEqual(stunSchedule().sendAtMs);
    expect(new Set(made.requests.map(({ request }) => request.transactionId)).size).toBe(1);
    expect(made.clock.elapsed()).toBe(39_500);
  });

  it('is over with the first answer, though it come to a repeat', async () => {
    const made = await world({ ignores: 2 });
    expect(await ask(made)).toMatchObject({ kind: 'mapped', elapsedMs: 1500 });
    expect(made.requests).toHaveLength(3);
  });

  it('takes the time on the way', async () => {
    const clock = new ManualClock();
    const made = await world({}, { latency: { ms: 40, clock } });
    const asking = new StunClient({
      socket: made.socket,
      clock,
      randomBytes: (n) => new Uint8Array(n),
    });
    const answer = clock.run(asking.ask({ server: serverAt }));
    expect(await answer).toMatchObject({ kind: 'mapped', elapsedMs: 80 });
  });

  it('ends when its signal aborts', async () => {
    const made = await world(silent);
    const stop = new AbortController();
    const asking = made.client.ask({ server: serverAt, signal: stop.signal });
    await made.clock.advance(600);
    stop.abort(new Error('enough'));
    await expect(asking).rejects.toThrow('enough');
    expect(made.client.openTransactions).toBe(0);
    await expect(made.client.ask({ server: serverAt, signal: stop.signal })).rejects.toThrow(
      'enough',
    );
  });

  it.each([
    ['EHOSTUNREACH', { kind: 'unsent', errno: 'EHOSTUNREACH' }],
    ['ENOBUFS', { kind: 'silent', requests: 7, stray: undefined }],
  ])('a send refused with %s is %o', async (errno, answer) => {
    const made = await world({}, { translate: () => ({ kind: 'refused', errno }) });
    expect(await ask(made)).toEqual(answer);
  });

  it('goes to several servers at once over one socket', async () => {
    const made = await world();
    const second = { address: '198.51.100.60', port: 3478 };
    made.internet.addStunServer({ at: second });
    const third = { address: '198.51.100.61', port: 3478 };
    const asked = [serverAt, second, third].map((server) =>
      made.client.ask({ server, timing: { deadlineMs: 2000 } }),
    );
    const answers = await made.clock.run(Promise.all(asked));
    expect(answers.map(({ kind }) => kind)).toEqual(['mapped', 'mapped', 'silent']);
    expect(made.clock.elapsed()).toBe(2000);
  });
});

function saying(change: (answer: StunMessage) => Partial<StunMessage>): FakeStunServer['says'] {
  return (answer) => ({ ...answer, ...change(answer) });
}

describe('what a server may say', () => {
  const error = { kind: 'error-code', code: 500, reason: 'Server Error' } as const;
  const unknown = { kind: 'raw', type: 0x0024, value: new Uint8Array(4) } as const;
  const optional = { kind: 'raw', type: 0x8029, value: new Uint8Array(4) } as const;

  it.each<
    [
      string,
      FakeStunServer['says'],
      { readonly kind: string; readonly code?: number; readonly why?: RegExp },
    ]
  >([
    [
      'an error',
      saying(() => ({ class: 'error', attributes: [error] })),
      { kind: 'refused', code: 500 },
    ],
    [
      'an error without a code',
      saying(() => ({ class: 'error', attributes: [] })),
      { kind: 'unusable', why: /without an ERROR-CODE/ },
    ],
    [
      'nothing of where it saw us',
      saying(({ attributes }) => ({
        attributes: attributes.filter(({ kind }) => kind !== 'xor-mapped-address'),
      })),
      { kind: 'unusable', why: /no XOR-MAPPED-ADDRESS/ },
    ],
    [
      'what must be understood and is not',
      saying(({ attributes }) => ({ attributes: [...attributes, unknown] })),
      { kind: 'unusable', why: /0x0024/ },
    ],
    [
      'what need not be understood',
      saying(({ attributes }) => ({ attributes: [...attributes, optional] })),
      { kind: 'mapped' },
    ],
    ['an indication', saying(() => ({ class: 'indication' })), { kind: 'silent' }],
    ['another method', saying(() => ({ method: 3 })), { kind: 'silent' }],
    [
      'another transaction',
      saying(() => ({ transactionId: transactionIdOf(new Uint8Array(12)) })),
      { kind: 'silent' },
    ],
  ])('%s', async (_what, says, expected) => {
    const answer = await ask(await world(says === undefined ? {} : { says }));
    const { why, ...rest } = expected;
    expect(answer).toMatchObject(rest);
    if (why !== undefined) expect('why' in answer && answer.why).toMatch(why);
  });

  it('is quoted in one line, without what a terminal obeys', async () => {
    const reason = `Try\r\n\u001B[31mred\u2028${'x'.repeat(200)}`;
    const refusal = { kind: 'error-code', code: 300, reason } as const;
    const says = saying(() => ({ class: 'error', attributes: [refusal] }));
    const answer = await ask(await world(says === undefined ? {} : { says }));
    expect(answer).toMatchObject({ kind: 'refused', code: 300 });
    const quoted = answer.kind === 'refused' ? answer.reason : '';
    expect(quoted).toBe(`Try [31mred ${'x'.repeat(200)}`.slice(0, 127));
  });

  it('an answer that cannot be read is none: the next one counts', async () => {
    const made = await world({ ignores: 1 });
    const { internet, requests } = made;
    const spoilt = async (): Promise<void> => {
      await made.clock.settle();
      const { request } = requests[0] ?? {};
      if (request === undefined) throw new Error('nothing was asked');
      const bytes = encodeStun({ ...request, class: 'success', attributes: [] });
      bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1;
      await internet.deliver(bytes, serverAt, outside);
    };
    const asking = made.client.ask({ server: serverAt });
    await spoilt();
    expect(await made.clock.run(asking)).toMatchObject({ kind: 'mapped', elapsedMs: 500 });
  });
});

describe('an alternate address (RFC 5780)', () => {
  it('is where the answer comes from', async () => {
    const made = await world();
    const answer = await ask(made, { answerFrom: otherAt });
    expect(answer).toMatchObject({ kind: 'mapped', from: otherAt, mapped: outside });
    expect(made.requests[0]?.request.attributes).toEqual([
      { kind: 'change-request', changeAddress: true, changePort: true },
    ]);
  });

  it('is not answered from where nobody asked for: a trace, and no answer', async () => {
    const elsewhere = { address: '10.0.1.10', port: 63_929 };
    const made = await world({ changedFrom: elsewhere });
    const answer = await ask(made, { answerFrom: otherAt, timing: { deadlineMs: 1000 } });
    expect(answer).toEqual({
      kind: 'silent',
      requests: 2,
      stray: { from: elsewhere, origin: otherAt },
    });
  });

  it('an unasked-for alternate address is not believed either', async () => {
    const made = await world({ says: () => undefined });
    const asking = made.client.ask({ server: serverAt, timing: { deadlineMs: 1000 } });
    await made.clock.settle();
    const { request } = made.requests[0] ?? {};
    if (request === undefined) throw new Error('nothing was asked');
    const lie = encodeStun({
      ...request,
      class: 'success',
      attributes: [{ kind: 'xor-mapped-address', at: outside }],
    });
    await made.internet.deliver(lie, otherAt, outside);
    expect(await made.clock.run(asking)).toMatchObject({
      kind: 'silent',
      stray: { from: otherAt },
    });
  });
});

describe('a probe of a peer', () => {
  const peer = { address: '198.51.100.99', port: 40_000 };

  it('is told with its source, once it arrives', async () => {
    const { client, internet } = await world();
    using probe = client.awaitProbe();
    using other = client.awaitProbe();
    expect(other.datagram).not.toEqual(probe.datagram);
    await internet.deliver(probe.datagram, peer, outside);
    expect(await probe.arrived).toEqual(peer);
  });

  it('leaves nothing behind', async () => {
    const { client } = await world();
    client.awaitProbe()[Symbol.dispose]();
    expect(client.openTransactions).toBe(0);
  });
});

test.prop([
  fc.array(fc.oneof(fc.uint8Array({ maxLength: 60 }), fc.constant('stun' as const)), {
    maxLength: 30,
  }),
])('strangers leave no trace, get no answer and disturb nobody', async (datagrams) => {
  const made = await world({ ignores: 1 });
  const asking = made.client.ask({ server: serverAt });
  await made.clock.settle();
  for (const [index, datagram] of datagrams.entries()) {
    const transactionId = transactionIdOf(new Uint8Array(12).fill(index + 1));
    const attributes = [{ kind: 'xor-mapped-address', at: otherAt }] as const;
    const foreign = encodeStun({ class: 'success', method: 1, transactionId, attributes });
    await made.internet.deliver(datagram === 'stun' ? foreign : datagram, serverAt, outside);
  }
  expect(made.client.openTransactions).toBe(1);
  expect(made.requests).toHaveLength(1);
  expect(await made.clock.run(asking)).toMatchObject({ kind: 'mapped', mapped: outside });
});

it('a closed client hears nothing more, and its socket stays open', async () => {
  const { client, internet } = await world();
  const probe = client.awaitProbe();
  client.close();
  await internet.deliver(probe.datagram, otherAt, outside);
  const arrived = await Promise.race([probe.arrived, Promise.resolve('nothing')]);
  expect(arrived).toBe('nothing');
  expect(internet.held).toEqual(['10.0.2.128:5060']);
});
