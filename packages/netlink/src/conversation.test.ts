import { describe, expect, it } from 'vitest';
import { Conversation } from './conversation.ts';
import type { Exchange } from './exchange.ts';
import { run } from './testing/run.ts';
import { ScriptedKernel } from './testing/scripted-kernel.ts';
import { MessageWriter } from './wire/message-writer.ts';

const done = 3;
const data = 24;

function encode(
  type: number,
  sequence: number,
  body: readonly number[] = [],
  flags = 0,
): Uint8Array {
  const writer = new MessageWriter(true).begin(type, flags);
  for (const word of body) writer.u32(word >>> 0);
  const bytes = writer.finish().slice();
  new DataView(bytes.buffer).setUint32(8, sequence, true);
  return bytes;
}

const ack = (sequence: number, errno = 0): Uint8Array =>
  encode(2, sequence, [-errno, 16, 0, 0, 0], 0x100);
const part = (sequence: number, value: number, flags = 2): Uint8Array =>
  encode(data, sequence, [value], flags);
const end = (sequence: number, errno = 0): Uint8Array => encode(done, sequence, [-errno], 2);

function request(until: Exchange['until'], extra: Partial<Exchange> = {}): Exchange {
  return {
    message: new MessageWriter(true).begin(26, 0x5).u32(0).finish().slice(),
    until,
    describe: () => 'trying it',
    ...extra,
  };
}

const long = (sequence: number): Uint8Array =>
  encode(
    data,
    sequence,
    Array.from({ length: 20_000 }, (_, index) => index),
  );

/** Collects the numbers that `part` messages carry. */
function collect(): { values: number[]; onMessage: NonNullable<Exchange['onMessage']> } {
  const values: number[] = [];
  return { values, onMessage: (_, view, start) => values.push(view.getUint32(start, true)) };
}

function setUp(): { kernel: ScriptedKernel; conversation: Conversation } {
  const kernel = new ScriptedKernel();
  return { kernel, conversation: new Conversation(kernel, true) };
}

/** What is asked for in one turn goes out at its end. */
const turn = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));

describe('a conversation with the kernel', () => {
  it('takes the answer that lies there after send, and waits for nothing', async () => {
    const { kernel, conversation } = setUp();
    kernel.onSend = (sequence) => {
      kernel.queue(ack(sequence));
    };
    await run(conversation, request('ack'));
    await run(conversation, request('ack'));
    expect(kernel.sent).toEqual([1, 2]);
    expect(kernel.wanted).toBe(false);
  });

  it('tells an error with what was tried', async () => {
    const { kernel, conversation } = setUp();
    kernel.onSend = (sequence) => {
      kernel.queue(ack(sequence, 17));
    };
    await expect(run(conversation, request('ack'))).rejects.toMatchObject({
      code: 'EEXIST',
      message: 'trying it: it exists already (EEXIST)',
    });
  });

  it('fails when sending fails', async () => {
    const { kernel, conversation } = setUp();
    kernel.sendResult = -1;
    await expect(run(conversation, request('ack'))).rejects.toMatchObject({ code: 'EPERM' });
    kernel.sendResult = -90;
    await expect(run(conversation, request('ack', { offLoop: true }))).rejects.toMatchObject({
      code: 'EMSGSIZE',
    });
    expect(kernel.wanted).toBe(false);
  });

  it('keeps requests in flight apart, however their answers interleave', async () => {
    const { kernel, conversation } = setUp();
    const [first, second] = [collect(), collect()];
    const runs = Promise.all([
      run(conversation, request('done', { onMessage: first.onMessage })),
      run(conversation, request('ack', { onMessage: second.onMessage })),
      run(conversation, request('ack')),
    ]);
    await turn();
    expect(kernel.sent).toEqual([1]);
    kernel.queue(part(1, 10), part(2, 20), part(1, 11));
    kernel.queue(part(2, 21), part(1, 12), ack(3), end(1));
    kernel.poll();
    await runs;
    expect([first.values, second.values]).toEqual([
      [10, 11, 12],
      [20, 21],
    ]);
    expect(kernel.wanted).toBe(false);
  });

  it('runs one dump after the other', async () => {
    const { kernel, conversation } = setUp();
    const [first, second] = [collect(), collect()];
    const runs = Promise.all([
      run(conversation, request('done', { onMessage: first.onMessage })),
      run(conversation, request('done', { onMessage: second.onMessage })),
    ]);
    await turn();
    expect(kernel.sent).toEqual([1]);
    kernel.onSend = (sequence) => {
      kernel.queue(part(sequence, 2), end(sequence));
    };
    kernel.queue(part(1, 1), end(1));
    kernel.poll();
    await runs;
    expect([kernel.sent, first.values, second.values]).toEqual([[1, 2], [1], [2]]);
  });

  it('a dump that fails frees the way for the next', async () => {
    const { kernel, conversation } = setUp();
    let errno = 22;
    kernel.onSend = (sequence) => {
      kernel.queue(end(sequence, errno));
      errno = 0;
    };
    await expect(run(conversation, request('done'))).rejects.toMatchObject({ code: 'EINVAL' });
    await run(conversation, request('done'));
  });

  it('reads the errno in DONE: a failed list is no empty list', async () => {
    const { kernel, conversation } = setUp();
    kernel.onSend = (sequence) => {
      kernel.queue(part(sequence, 1), end(sequence, 95));
    };
    await expect(run(conversation, request('done'))).rejects.toMatchObject({ code: 'EOPNOTSUPP' });
  });

  it('an interrupted dump rejects, whichever part carried the flag', async () => {
    const { kernel, conversation } = setUp();
    kernel.onSend = (sequence) => {
      kernel.queue(part(sequence, 1, 2 | 0x10), part(sequence, 2), end(sequence));
    };
    await expect(run(conversation, request('done'))).rejects.toMatchObject({
      code: 'EINTERRUPTED',
      retry: 'now',
    });
  });

  it('believes nobody but the kernel', async () => {
    const { kernel, conversation } = setUp();
    kernel.onSend = (sequence) => {
      kernel.queueFrom(4711, [ack(sequence)]);
      kernel.queueFrom(0, [ack(sequence, 3)]);
    };
    await expect(run(conversation, request('ack'))).rejects.toMatchObject({ code: 'ESRCH' });
  });

  it('passes over answers to nobody and multicast', async () => {
    const { kernel, conversation } = setUp();
    kernel.onSend = (sequence) => {
      kernel.queue(ack(999, 1), part(0, 5), ack(sequence));
    };
    await run(conversation, request('ack'));
  });

  it('after an overrun nothing in flight is trusted, and the next request works', async () => {
    const { kernel, conversation } = setUp();
    const first = run(conversation, request('ack'));
    const second = run(conversation, request('done'));
    kernel.queueErrno(105);
    kernel.poll();
    const lost = {
      code: 'ENOBUFS',
      remedy: expect.stringContaining('may have been applied') as unknown,
    };
    await expect(first).rejects.toMatchObject(lost);
    await expect(second).rejects.toMatchObject(lost);
    kernel.onSend = (sequence) => {
      kernel.queue(ack(1), ack(sequence));
    };
    await run(conversation, request('ack'));
    expect(kernel.wanted).toBe(false);
  });

  it('a cut answer fails its request, and the buffer grows for the next', async () => {
    const { kernel, conversation } = setUp();
    kernel.onSend = (sequence) => {
      kernel.queue(long(sequence));
    };
    await expect(run(conversation, request('answer'))).rejects.toMatchObject({ code: 'EMSGSIZE' });
    let length = 0;
    const onMessage: Exchange['onMessage'] = (_, __, start, finish) => {
      length = finish - start;
    };
    await run(conversation, request('answer', { onMessage }));
    expect(length).toBe(80_000);
  });

  it('an answer that cannot be read fails only its own request', async () => {
    const { kernel, conversation } = setUp();
    const bad = run(
      conversation,
      request('ack', {
        onMessage: () => {
          throw new RangeError('too short');
        },
      }),
    );
    const good = run(conversation, request('ack'));
    kernel.queue(part(1, 0), ack(2), ack(1));
    kernel.poll();
    await expect(bad).rejects.toMatchObject({
      code: 'EBADMSG',
      message: expect.stringContaining('too short') as unknown,
    });
    await good;
  });

  it('closing rejects what is in flight or queued, and everything after', async () => {
    const { kernel, conversation } = setUp();
    const runs = [
      run(conversation, request('done')),
      run(conversation, request('done')),
      run(conversation, request('ack', { offLoop: true })),
    ];
    conversation.close();
    conversation.close();
    runs.push(run(conversation, request('ack')));
    for (const one of runs) await expect(one).rejects.toMatchObject({ code: 'ECLOSED' });
    expect(kernel.closed).toBe(true);
  });

  it('sequence numbers wrap past zero and over what is still in flight', async () => {
    const { kernel, conversation } = setUp();
    const slow = run(conversation, request('done'));
    await turn();
    conversation.startAfter(0xfffffffe);
    kernel.onSend = (sequence) => {
      kernel.queue(ack(sequence));
    };
    await run(conversation, request('ack'));
    await run(conversation, request('ack'));
    expect(kernel.sent).toEqual([1, 0xffffffff, 2]);
    kernel.queue(end(1));
    kernel.poll();
    await slow;
  });

  it('a long dump leaves the loop after a while and goes on when it is called again', async () => {
    const { kernel, conversation } = setUp();
    const { values, onMessage } = collect();
    kernel.onSend = (sequence) => {
      for (let index = 0; index < 200; index++) kernel.queue(part(sequence, index));
      kernel.queue(end(sequence));
    };
    const listing = run(conversation, request('done', { onMessage }));
    await turn();
    expect(values.length).toBe(64);
    kernel.poll();
    await listing;
    expect(values.length).toBe(200);
  });
});
