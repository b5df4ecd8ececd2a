import { describe, expect, it } from 'vitest';
import { Conversation } from '../conversation.ts';
import type { Requests } from '../requests.ts';
import { fromHex } from '../testing/captured-message.ts';
import { run } from '../testing/run.ts';
import { ScriptedKernel } from '../testing/scripted-kernel.ts';
import { MessageWriter } from '../wire/message-writer.ts';
import { encodeBatch } from './batch.ts';
import type { Operation } from './operation.ts';
import { createNftables } from './nftables.ts';
import type { Nftables } from './nftables.ts';

const table = { family: 'ip', table: 't' } as const;
const operations: readonly Operation[] = [
  { kind: 'add-table', table },
  { kind: 'delete-table', table },
  { kind: 'add-table', table },
];
const last = operations.length;

function answer(sequence: number, errno = 0): Uint8Array {
  const writer = new MessageWriter(true).begin(2, 0x100);
  for (const word of [-errno, 16, 0, 0, 0]) writer.u32(word >>> 0);
  const bytes = writer.finish().slice();
  new DataView(bytes.buffer).setUint32(8, sequence, true);
  return bytes;
}

const requestsOf = (conversation: Conversation): Requests => ({
  run: (exchange) => run(conversation, exchange),
});

/** A kernel that answers a batch whose first message has number n by what `script` makes of n. */
function setUp(script: (kernel: ScriptedKernel, begin: number) => void): Nftables {
  const kernel = new ScriptedKernel();
  const conversation = new Conversation(kernel, true);
  kernel.onSend = (begin) => script(kernel, begin);
  return overConversation(conversation);
}

function overConversation(conversation: Conversation): Nftables {
  return createNftables(requestsOf(conversation), {
    listen: () => {
      throw new Error('nothing is watched here');
    },
    close: () => conversation.close(),
  });
}

describe('a batch', () => {
  it('lies between its ends, asks for one ACK, and carries the generation', () => {
    const { message, owners } = encodeBatch(operations, 7);
    const view = new DataView(message.buffer);
    const heads: number[][] = [];
    for (let at = 0; at < message.length; at += view.getUint32(at, true)) {
      heads.push([view.getUint16(at + 4, true), view.getUint16(at + 6, true)]);
    }
    expect(heads).toEqual([
      [0x10, 1],
      [0x0a00, 0x401],
      [0x0a02, 1],
      [0x0a00, 0x405],
      [0x11, 1],
    ]);
    expect(owners).toEqual([0, 1, 2]);
    // AF_UNSPEC, version 0, subsystem 10; NFNL_BATCH_GENID 7
    expect(message.subarray(16, 28)).toEqual(fromHex('0000000a0800010000000007'));
  });

  it('ends with the ACK of the last operation', async () => {
    const nft = setUp((kernel, begin) => {
      kernel.queue(answer(begin + 1), answer(begin + last));
    });
    await nft.apply(operations);
    await nft.apply(operations);
    await nft.apply([]);
  });

  it('is refused when one operation is, though the last is acknowledged', async () => {
    const nft = setUp((kernel, begin) => {
      kernel.queue(answer(begin + 2, 2), answer(begin + last));
    });
    await expect(nft.apply(operations)).rejects.toMatchObject({
      code: 'ENOENT',
      operationIndex: 1,
      message:
        'deleting table ip t (operation 2 of 3, none done): there is no such object (ENOENT)',
    });
  });

  it('tells the first of several refusals', async () => {
    const nft = setUp((kernel, begin) => {
      kernel.queue(answer(begin + 1, 17), answer(begin + 2, 2), answer(begin + last, 22));
    });
    await expect(nft.apply(operations)).rejects.toMatchObject({ operationIndex: 0, errno: 17 });
  });

  it('is refused as a whole by an answer to its begin', async () => {
    const nft = setUp((kernel, begin) => {
      kernel.queue(answer(begin, 1));
    });
    const refused = expect(nft.apply(operations)).rejects;
    await refused.toMatchObject({ code: 'EPERM' });
    await expect(nft.apply(operations)).rejects.not.toHaveProperty('operationIndex');
  });

  it('whose answers were lost may have been done, unless a refusal was kept', async () => {
    const lost = setUp((kernel) => {
      kernel.queueErrno(105);
    });
    await expect(lost.apply(operations)).rejects.toMatchObject({ code: 'ENOBUFS' });
    const kept = setUp((kernel, begin) => {
      kernel.queueErrno(105);
      kernel.queue(answer(begin + 2, 2));
    });
    await expect(kept.apply(operations)).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('in flight when the socket closes rejects once', async () => {
    const nft = setUp(() => undefined);
    const pending = nft.apply(operations);
    nft.close();
    await expect(pending).rejects.toMatchObject({ code: 'ECLOSED' });
  });

  it('takes numbers on end, also where they wrap', async () => {
    const kernel = new ScriptedKernel();
    const conversation = new Conversation(kernel, true);
    conversation.startAfter(0xffffffff - 2);
    kernel.onSend = (begin) => kernel.queue(answer(begin + last));
    const nft = overConversation(conversation);
    await nft.apply(operations);
    await nft.apply(operations);
    expect(kernel.sent).toEqual([1, 6]);
  });
});
