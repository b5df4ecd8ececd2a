import { describe, expect, it } from 'vitest';
import type { BatchResult } from './batch-steps.ts';
import { Connection } from './connection.ts';
import type { Exchange } from './exchange.ts';
import type { CallOptions } from './limit.ts';
import { command } from './plan.ts';
import type { Plan, Program } from './plan.ts';
import { ScriptedKernel } from './testing/scripted-kernel.ts';
import { MessageWriter } from './wire/message-writer.ts';

function request(what: string): Exchange {
  return {
    message: new MessageWriter(true).begin(24, 5).u32(0).finish().slice(),
    until: 'ack',
    describe: () => what,
  };
}

/** An operation of two requests. */
const twofold: Plan<void> = {
  *[Symbol.iterator](): Program<void> {
    yield request('the first');
    yield request('the second');
  },
};

/** A batch over a kernel that never answers: an operation of two requests between two of one. */
async function batchOf(
  options: CallOptions,
  plans: readonly Plan<unknown>[],
): Promise<BatchResult[]> {
  const connection = new Connection(undefined, 0, new ScriptedKernel());
  try {
    return await connection.batch((add) => plans.forEach((plan) => add(plan)), options);
  } finally {
    connection.close();
  }
}

function failed(code: string, outcome: string, message: string): object {
  return {
    kind: 'failed',
    error: { code, outcome, message: expect.stringContaining(message) as string },
  };
}

describe('a batch', () => {
  it('goes out in sends as large as the receive buffer holds refusals', async () => {
    const kernel = new ScriptedKernel();
    kernel.answersWithinSend = true;
    kernel.maxRefusals = 300;
    const connection = new Connection(undefined, 0, kernel);
    const many = Array.from({ length: 700 }, () => command(request('one of many')));
    // it answers nothing, so that each fails; what counts is what it was sent
    await connection.batch((add) => many.forEach((plan) => add(plan)));
    connection.close();
    expect(kernel.sends.map(({ length }) => length)).toEqual([300, 300, 100]);
    expect(kernel.sentOffLoop).toBe(3);
  });
});

describe('the limits of a batch', () => {
  it('a signal ends the wait for an operation of several requests, and what comes after it is not sent', async () => {
    const controller = new AbortController();
    const results = batchOf({ signal: controller.signal }, [
      twofold,
      command(request('the third')),
    ]);
    setImmediate(() => controller.abort());
    expect(await results).toMatchObject([
      failed('EABORTED', 'unknown', 'the first'),
      failed('EABORTED', 'not-sent', 'the third'),
    ]);
  });

  it('a deadline ends it, too', async () => {
    expect(await batchOf({ deadlineMs: 5 }, [twofold, twofold])).toMatchObject([
      failed('EDEADLINE', 'unknown', 'the first'),
      failed('EDEADLINE', 'not-sent', 'the first'),
    ]);
  });

  it('what is over before it begins sends nothing', async () => {
    const signal = AbortSignal.abort();
    expect(await batchOf({ signal }, [twofold, command(request('the third'))])).toMatchObject([
      failed('EABORTED', 'not-sent', 'the first'),
      failed('EABORTED', 'not-sent', 'the third'),
    ]);
  });
});
