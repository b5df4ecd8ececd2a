import { expect, it, vi } from 'vitest';
import { fromHex } from '../testing/captured-message.ts';
import { ScriptedKernel } from '../testing/scripted-kernel.ts';
import { collectUncaught } from '../testing/uncaught.ts';
import { watchTransport } from './watch.ts';

// A neighbour of Linux 6.18, taken with strace.
const event = fromHex(
  '4c0000001c000200c321016b564c0000020000000300000080000001080001000a0002090a000200020000000209000008000400000000001400030004000000040000000400000000000000',
);

it('what a listener of a watch throws is an uncaught exception, and the next event is told', async () => {
  const kernel = new ScriptedKernel();
  const told: string[] = [];
  using uncaught = collectUncaught();
  watchTransport(kernel, ({ kind }) => {
    told.push(kind);
    throw new Error(`of event ${String(told.length)}`);
  });
  kernel.queue(event, event);
  kernel.queue(event);
  kernel.poll();
  expect(told).toEqual(['neighbour', 'neighbour', 'neighbour']);
  await vi.waitFor(() => expect(uncaught.messages).toHaveLength(3));
  expect(uncaught.messages).toEqual(['of event 1', 'of event 2', 'of event 3']);
});
