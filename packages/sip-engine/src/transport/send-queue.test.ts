import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { SendQueue } from './send-queue.ts';

function opened(): { readonly sent: number[]; readonly queue: SendQueue<number> } {
  const sent: number[] = [];
  return { sent, queue: new SendQueue<number>((datagram) => sent.push(datagram)) };
}

async function turns(count: number): Promise<void> {
  for (let each = 0; each < count; each += 1) await turn();
}

describe('a send queue', () => {
  it('sends what comes within four turns of the event loop together, in its order', async () => {
    const { sent, queue } = opened();
    queue.push(1);
    await turns(2);
    queue.push(2);
    queue.push(3);
    await turns(1);
    expect(sent).toEqual([]);
    await turns(1);
    expect(sent).toEqual([1, 2, 3]);
  });

  it('counts anew for what comes after that', async () => {
    const { sent, queue } = opened();
    queue.push(1);
    await turns(4);
    queue.push(2);
    expect(sent).toEqual([1]);
    await turns(4);
    expect(sent).toEqual([1, 2]);
  });

  it('does not wait with many, and with what comes behind them as long as with anything', async () => {
    const { sent, queue } = opened();
    const many = Array.from({ length: 32 }, (_, at) => at);
    for (const datagram of many) queue.push(datagram);
    expect(sent).toEqual(many);
    queue.push(32);
    expect(sent).toEqual(many);
    await turns(4);
    expect(sent).toEqual([...many, 32]);
  });

  it('sends at once what waits when it is told to, and nothing of it again', async () => {
    const { sent, queue } = opened();
    queue.push(1);
    queue.flush();
    expect(sent).toEqual([1]);
    await turns(4);
    expect(sent).toEqual([1]);
  });

  it('takes what is pushed while it sends', async () => {
    const sent: number[] = [];
    const queue: SendQueue<number> = new SendQueue((datagram) => {
      sent.push(datagram);
      if (datagram === 1) queue.push(2);
    });
    queue.push(1);
    await turns(8);
    expect(sent).toEqual([1, 2]);
  });
});
