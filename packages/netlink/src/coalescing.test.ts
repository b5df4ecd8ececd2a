import { describe, expect, it } from 'vitest';
import { Conversation } from './conversation.ts';
import type { Exchange } from './exchange.ts';
import type { Settled } from './judge.ts';
import { NetlinkError } from './errors.ts';
import type { Outcome } from './errors.ts';
import { run } from './testing/run.ts';
import { ScriptedKernel } from './testing/scripted-kernel.ts';
import { MessageWriter } from './wire/message-writer.ts';

const ackFlag = 4;

function answer(sequence: number, errno = 0): Uint8Array {
  const writer = new MessageWriter(true).begin(2, 0x100);
  for (const word of [-errno, 16, 0, 0, 0]) writer.u32(word >>> 0);
  const bytes = writer.finish().slice();
  new DataView(bytes.buffer).setUint32(8, sequence, true);
  return bytes;
}

function request(until: Exchange['until'] = 'ack', extra: Partial<Exchange> = {}): Exchange {
  const flags = until === 'ack' ? 5 : 1;
  return {
    message: new MessageWriter(true).begin(24, flags).u32(0).finish().slice(),
    until,
    describe: () => 'trying it',
    ...extra,
  };
}

/** A kernel that answers as the real one: refusals always, success only where an ACK is asked for. */
function setUp(refuse: (sequence: number) => number = () => 0): {
  kernel: ScriptedKernel;
  conversation: Conversation;
} {
  const kernel = new ScriptedKernel();
  kernel.answersWithinSend = true;
  kernel.onMessage = (sequence, flags) => {
    const errno = refuse(sequence);
    if (errno !== 0 || (flags & ackFlag) !== 0) kernel.queue(answer(sequence, errno));
  };
  return { kernel, conversation: new Conversation(kernel, true) };
}

const many = (conversation: Conversation, count: number): Promise<void>[] =>
  Array.from({ length: count }, () => run(conversation, request()));
const turn = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));

describe('requests of one turn', () => {
  it('go out in one send, of which only the last asks for its ACK', async () => {
    const { kernel, conversation } = setUp();
    await Promise.all(many(conversation, 5));
    expect(kernel.sends.map((messages) => messages.map(({ flags }) => flags))).toEqual([
      [1, 1, 1, 1, 5],
    ]);
  });

  it('in several turns go out in several sends', async () => {
    const { kernel, conversation } = setUp();
    for (let index = 0; index < 3; index++) await run(conversation, request());
    expect(kernel.sends.map(({ length }) => length)).toEqual([1, 1, 1]);
  });

  it('are at most 128 a send, in order', async () => {
    const { kernel, conversation } = setUp();
    const order: number[] = [];
    const runs = many(conversation, 300).map(async (one, index) => {
      await one;
      order.push(index);
    });
    await Promise.all(runs);
    expect(kernel.sends.map(({ length }) => length)).toEqual([128, 128, 44]);
    expect(kernel.sent).toEqual([1, 129, 257]);
    expect(order).toEqual(Array.from({ length: 300 }, (_, index) => index));
  });

  it('fit into the send buffer', async () => {
    const { kernel, conversation } = setUp();
    Object.assign(kernel, { maxBytes: 50 });
    await Promise.all(many(conversation, 5));
    expect(kernel.sends.map(({ length }) => length)).toEqual([2, 2, 1]);
  });

  it('leave the loop when they are more than a few, or one of them is slow', async () => {
    const { kernel, conversation } = setUp();
    await Promise.all(many(conversation, 8));
    expect(kernel.sentOffLoop).toBe(0);
    await Promise.all(many(conversation, 9));
    expect(kernel.sentOffLoop).toBe(1);
    await Promise.all([
      run(conversation, request()),
      run(conversation, request('ack', { offLoop: true })),
    ]);
    expect([kernel.sentOffLoop, kernel.sends.length]).toEqual([2, 3]);
  });

  it('while a slow one is under way, on whatever socket, leave the loop, too', async () => {
    const { kernel: slowKernel, conversation: slow } = setUp();
    const { kernel, conversation } = setUp();
    const gate = Promise.withResolvers<void>();
    slowKernel.offLoopGate = gate.promise;
    const removal = run(slow, request('ack', { offLoop: true }));
    await turn();
    await run(conversation, request());
    expect(kernel.sentOffLoop).toBe(1);
    gate.resolve();
    await removal;
    await run(conversation, request());
    expect(kernel.sentOffLoop).toBe(1);
  });

  it('each have their own outcome: a refused one stops no other', async () => {
    const { conversation } = setUp((sequence) => (sequence % 3 === 0 ? 17 : 0));
    const outcomes = await Promise.allSettled(many(conversation, 200));
    const refused = outcomes.flatMap(({ status }, index) => (status === 'rejected' ? [index] : []));
    expect(refused).toEqual(Array.from({ length: 66 }, (_, index) => index * 3 + 2));
  });

  it('are refused alike when the last one is', async () => {
    const { conversation } = setUp((sequence) => (sequence === 4 ? 17 : 0));
    const outcomes = await Promise.allSettled(many(conversation, 4));
    expect(outcomes.map(({ status }) => status)).toEqual([
      'fulfilled',
      'fulfilled',
      'fulfilled',
      'rejected',
    ]);
  });

  it('fail alike when the send fails, and then were not sent', async () => {
    const { kernel, conversation } = setUp();
    kernel.sendResult = -105;
    const outcomes = await Promise.allSettled(many(conversation, 3));
    for (const outcome of outcomes) {
      expect(outcome).toMatchObject({ reason: { code: 'ENOBUFS', outcome: 'not-sent' } });
    }
  });

  it('after lost answers are unknown but for those that the kernel refused', async () => {
    const { kernel, conversation } = setUp();
    kernel.onMessage = () => undefined;
    kernel.onSend = (first) => {
      kernel.queueErrno(105);
      kernel.queue(answer(first + 1, 17), answer(first + 3));
    };
    const outcomes = await Promise.allSettled(many(conversation, 4));
    expect(outcomes).toMatchObject([
      { reason: { code: 'ENOBUFS', outcome: 'unknown' } },
      { reason: { code: 'EEXIST', outcome: 'refused' } },
      { reason: { code: 'ENOBUFS', outcome: 'unknown' } },
      { status: 'fulfilled' },
    ]);
  });

  it('do not hang on an answer that never comes', async () => {
    const { kernel, conversation } = setUp();
    kernel.onMessage = () => undefined;
    await expect(run(conversation, request())).rejects.toMatchObject({
      code: 'ENOBUFS',
      outcome: 'unknown',
    });
    expect(kernel.wanted).toBe(false);
  });

  it('are all not permitted when nfnetlink says so once', async () => {
    const { kernel, conversation } = setUp();
    kernel.onMessage = () => undefined;
    kernel.onSend = (first) => kernel.queue(answer(first, 1));
    const outcomes = await Promise.allSettled(many(conversation, 3));
    for (const outcome of outcomes) expect(outcome).toMatchObject({ reason: { code: 'EPERM' } });
  });

  it('asked after a listing wait for their turn, and a second listing for the first', async () => {
    const { kernel, conversation } = setUp();
    const runs = [
      run(conversation, request()),
      run(conversation, request('done')),
      run(conversation, request()),
      run(conversation, request('done')),
      run(conversation, request()),
    ];
    await turn();
    expect(kernel.sends.map(({ length }) => length)).toEqual([3]);
    kernel.queue(done(2));
    kernel.poll();
    await turn();
    expect(kernel.sends.map(({ length }) => length)).toEqual([3, 2]);
    kernel.queue(done(4));
    kernel.poll();
    await Promise.all(runs);
  });
});

const why = (outcome: Outcome): NetlinkError =>
  new NetlinkError('given up', { code: 'EABORTED', errno: 0, outcome });

describe('what is withdrawn', () => {
  it('before it was sent is not, and the others are', async () => {
    const { kernel, conversation } = setUp();
    const outcomes: Settled[] = [];
    const settle = (outcome: Settled): unknown => outcomes.push(outcome);
    const first = conversation.ask(request(), settle);
    const second = run(conversation, request());
    first.withdraw(why);
    await second;
    expect(outcomes).toMatchObject([{ code: 'EABORTED', outcome: 'not-sent' }]);
    // NLMSG_NOOP in its place
    expect(kernel.sends).toEqual([
      [
        { type: 1, flags: 1 },
        { type: 24, flags: 5 },
      ],
    ]);
  });

  it('as the last still brings the ACK of those before it', async () => {
    const { conversation } = setUp();
    const first = run(conversation, request());
    const last = conversation.ask(request(), () => undefined);
    last.withdraw(why);
    await first;
  });

  it('as the only one is no send', async () => {
    const { kernel, conversation } = setUp();
    conversation.ask(request(), () => undefined).withdraw(why);
    await turn();
    expect(kernel.sends).toEqual([]);
  });

  it('after it was sent is unknown; a listing is taken to its end, and no more is told of it', async () => {
    const { kernel, conversation } = setUp();
    const outcomes: Settled[] = [];
    let told = 0;
    const entry = conversation.ask(
      request('done', { onMessage: () => told++ }),
      (outcome) => void outcomes.push(outcome),
    );
    await turn();
    entry.withdraw(why);
    expect(outcomes).toMatchObject([{ outcome: 'unknown' }]);
    const next = run(conversation, request('done'));
    await turn();
    expect(kernel.sends.length).toBe(1);
    const part = new MessageWriter(true).begin(24, 2).u32(7).finish().slice();
    new DataView(part.buffer).setUint32(8, 1, true);
    kernel.queue(part, done(1));
    kernel.poll();
    await turn();
    kernel.queue(done(2));
    kernel.poll();
    await next;
    expect([told, outcomes.length, kernel.wanted]).toEqual([0, 1, false]);
  });
});

function done(sequence: number): Uint8Array {
  const bytes = answer(sequence);
  new DataView(bytes.buffer).setUint16(4, 3, true);
  return bytes;
}
