import { describe, expect, it } from 'vitest';
import { BatchSteps } from './batch-steps.ts';
import type { Exchange } from './exchange.ts';
import { command } from './plan.ts';
import { SyncConnection } from './sync-connection.ts';
import { SyncConversation } from './sync-conversation.ts';
import { ScriptedKernel } from './testing/scripted-kernel.ts';
import { MessageWriter } from './wire/message-writer.ts';

function message(type: number, sequence: number, words: readonly number[], flags = 0): Uint8Array {
  const writer = new MessageWriter(true).begin(type, flags);
  for (const word of words) writer.u32(word >>> 0);
  const bytes = writer.finish().slice();
  new DataView(bytes.buffer).setUint32(8, sequence, true);
  return bytes;
}

const ack = (sequence: number, errno = 0): Uint8Array =>
  message(2, sequence, [-errno, 16, 0, 0, 0], 0x100);
const part = (sequence: number, value: number): Uint8Array => message(24, sequence, [value], 2);
const end = (sequence: number, errno = 0): Uint8Array => message(3, sequence, [-errno], 2);

function request(until: Exchange['until'] = 'ack', extra: Partial<Exchange> = {}): Exchange {
  const flags = until === 'ack' ? 5 : 1;
  return {
    message: new MessageWriter(true).begin(24, flags).u32(0).finish().slice(),
    until,
    describe: () => 'trying it',
    ...extra,
  };
}

function setUp(): { kernel: ScriptedKernel; conversation: SyncConversation } {
  const kernel = new ScriptedKernel();
  return { kernel, conversation: new SyncConversation(kernel, true) };
}

describe('a conversation of who blocks', () => {
  it('gives the outcome at once, and waits for no readiness', () => {
    const { kernel, conversation } = setUp();
    kernel.onSend = (sequence) => kernel.queue(ack(sequence, sequence === 2 ? 17 : 0));
    expect(conversation.request(request())).toBe('done');
    expect(conversation.request(request())).toMatchObject({ code: 'EEXIST', outcome: 'refused' });
    expect([kernel.sent, kernel.wanted]).toEqual([[1, 2], false]);
  });

  it('takes a listing to its end, also when a part could not be read', () => {
    const { kernel, conversation } = setUp();
    kernel.onSend = (sequence) => {
      kernel.queue(part(sequence, 1), part(sequence, 2));
      kernel.queue(end(sequence));
    };
    const values: number[] = [];
    const onMessage: Exchange['onMessage'] = (_, view, start) =>
      values.push(view.getUint32(start, true));
    expect(conversation.request(request('done', { onMessage }))).toBe('done');
    expect(values).toEqual([1, 2]);
    const unreadable = request('done', {
      onMessage: () => {
        throw new RangeError('too short');
      },
    });
    expect(conversation.request(unreadable)).toMatchObject({ code: 'EBADMSG' });
    let left = 0;
    conversation.request(request('done', { onMessage: () => left++ }));
    expect(left).toBe(2);
  });

  it('believes nobody but the kernel, and only answers to itself', () => {
    const { kernel, conversation } = setUp();
    kernel.onSend = (sequence) => {
      kernel.queueFrom(4711, [ack(sequence)]);
      kernel.queue(ack(sequence + 5), ack(sequence, 3));
    };
    expect(conversation.request(request())).toMatchObject({ code: 'ESRCH' });
  });

  it('does not wait for what was lost', () => {
    const { kernel, conversation } = setUp();
    kernel.onSend = () => kernel.queueErrno(105);
    expect(conversation.request(request())).toMatchObject({
      code: 'ENOBUFS',
      outcome: 'unknown',
    });
    kernel.onSend = () => undefined;
    expect(conversation.request(request())).toMatchObject({ outcome: 'unknown' });
    kernel.sendResult = -90;
    expect(conversation.request(request())).toMatchObject({
      code: 'EMSGSIZE',
      outcome: 'not-sent',
    });
  });

  it('asks a kernel that answers within the send for no ACK: silence is consent', () => {
    const { kernel, conversation } = setUp();
    kernel.answersWithinSend = true;
    kernel.onSend = (sequence) => {
      if (sequence === 2) kernel.queue(ack(sequence, 17));
      if (sequence === 3) kernel.queueErrno(105);
    };
    expect(conversation.request(request())).toBe('done');
    expect(conversation.request(request())).toMatchObject({ code: 'EEXIST' });
    expect(conversation.request(request())).toMatchObject({ code: 'ENOBUFS', outcome: 'unknown' });
    expect(conversation.request(request())).toBe('done');
    expect(kernel.sends.map(([only]) => only?.flags)).toEqual([1, 1, 1, 1]);
    // What is asked for is an answer, and has to come.
    expect(conversation.request(request('answer'))).toMatchObject({ outcome: 'unknown' });
    const echoed = request('ack', { onMessage: () => undefined });
    expect(conversation.request(echoed)).toMatchObject({ outcome: 'unknown' });
  });

  it('has more room after a cut answer', () => {
    const { kernel, conversation } = setUp();
    const words = Array.from({ length: 20_000 }, (_, index) => index);
    kernel.onSend = (sequence) => kernel.queue(message(24, sequence, words));
    expect(conversation.request(request('answer'))).toMatchObject({ code: 'EMSGSIZE' });
    expect(conversation.request(request('answer'))).toBe('done');
  });

  it('ends when it is closed', () => {
    const { kernel, conversation } = setUp();
    conversation.close();
    conversation.close();
    expect(conversation.request(request())).toMatchObject({ code: 'ECLOSED', outcome: 'not-sent' });
    const batch = new BatchSteps(conversation.groups);
    batch.add(command(request()));
    for (const step of batch.steps) {
      if (step.kind === 'groups') for (const group of step.groups) conversation.send(group);
    }
    expect(batch.results).toMatchObject([{ kind: 'failed', error: { code: 'ECLOSED' } }]);
    expect(kernel.closed).toBe(true);
  });
});

describe('a batch of who blocks', () => {
  it('has a result for each operation, a plan of several requests among them', () => {
    const kernel = new ScriptedKernel();
    kernel.onMessage = (sequence, flags) => {
      const errno = sequence === 2 ? 17 : 0;
      if (errno !== 0 || (flags & 4) !== 0) kernel.queue(ack(sequence, errno));
    };
    const connection = new SyncConnection(kernel, 0);
    const results = connection.batch((add) => {
      for (let index = 0; index < 3; index++) add(command(request()));
      add({
        *[Symbol.iterator]() {
          yield request();
          yield request();
          return 'both';
        },
      });
      add(command(request()));
    });
    expect(results).toMatchObject([
      { kind: 'done' },
      { kind: 'failed', error: { code: 'EEXIST' } },
      { kind: 'done' },
      { kind: 'done', value: 'both' },
      { kind: 'done' },
    ]);
    expect(kernel.sent).toEqual([1, 4, 5, 6]);
  });
});
