import type { BatchAnswers } from '../exchange.ts';
import { errorFromErrno } from '../errors.ts';
import type { NetlinkError } from '../errors.ts';
import { messageFlag } from '../schema/netlink.ts';
import { batchGenerationId, batchMessage, nftSubsystem } from '../schema/nftables.ts';
import { hostIsLittleEndian } from '../wire/byte-order.ts';
import { MessageWriter } from '../wire/message-writer.ts';
import { encodeOperation } from './encode-operation.ts';
import { beginNftMessage } from './nft-message.ts';
import { describeOperation } from './operation.ts';
import type { Operation } from './operation.ts';

/** A transaction as bytes. */
export interface EncodedBatch {
  /** NFNL_MSG_BATCH_BEGIN, the operations' messages, NFNL_MSG_BATCH_END, back to back. */
  readonly message: Uint8Array;
  /** For each message between the ends, the index of its operation. */
  readonly owners: readonly number[];
}

/**
 * Encodes the operations as one batch: all take effect, or none. With `generation` only on the ruleset that
 * has it. Only the last operation asks for an ACK: refusals come unasked, and in the order of the messages.
 * @throws NetlinkError `EINPUT`
 */
export function encodeBatch(operations: readonly Operation[], generation?: number): EncodedBatch {
  const writer = new MessageWriter();
  const flag = messageFlag.request;
  beginNftMessage(writer, batchMessage.begin, flag, undefined, nftSubsystem);
  if (generation !== undefined) writer.attributeBig32(batchGenerationId, generation);
  const messages: Uint8Array[] = [writer.finish().slice()];
  const owners: number[] = [];
  for (const [index, operation] of operations.entries()) {
    const encoded = encodeOperation(writer, operation, index + 1);
    messages.push(...encoded);
    owners.push(...encoded.map(() => index));
  }
  askForAck(messages.at(-1));
  beginNftMessage(writer, batchMessage.end, flag, undefined, nftSubsystem);
  messages.push(writer.finish().slice());
  return { message: concatenate(messages), owners };
}

function askForAck(message: Uint8Array | undefined): void {
  if (message === undefined) return;
  const view = new DataView(message.buffer, message.byteOffset, message.byteLength);
  view.setUint16(6, view.getUint16(6, hostIsLittleEndian) | messageFlag.ack, hostIsLittleEndian);
}

/** Every message's length is a multiple of 4. */
function concatenate(messages: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(messages.reduce((sum, message) => sum + message.length, 0));
  let at = 0;
  for (const message of messages) {
    whole.set(message, at);
    at += message.length;
  }
  return whole;
}

/** Says of each refusal which operation it is about; the first one is the transaction's. */
export function judgeBatch(
  operations: readonly Operation[],
  owners: readonly number[],
): BatchAnswers {
  let refused: NetlinkError | undefined;
  return {
    count: owners.length + 2,
    refusal: () => refused,
    take: (index, answer) => {
      const owner = owners[index - 1];
      if (owner === undefined) {
        // About the whole: no right to it, another generation, no memory, or the commit failed.
        if (answer.errno === 0) return undefined;
        return errorFromErrno(`${describeBatch(operations)}, none done`, answer.errno, answer);
      }
      if (answer.errno !== 0) {
        refused ??= errorFromErrno(blame(operations, owner), answer.errno, answer, owner);
      }
      if (index < owners.length) return undefined;
      return refused ?? 'done';
    },
  };
}

export function describeBatch(operations: readonly Operation[]): string {
  const [only] = operations;
  if (operations.length === 1 && only !== undefined) return describeOperation(only);
  return `changing nftables in ${String(operations.length)} operations`;
}

function blame(operations: readonly Operation[], index: number): string {
  const operation = operations[index];
  const what = operation === undefined ? 'an operation' : describeOperation(operation);
  if (operations.length === 1) return what;
  return `${what} (operation ${String(index + 1)} of ${String(operations.length)}, none done)`;
}
