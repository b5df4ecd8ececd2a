import { getSystemErrorName } from 'node:util';
import { openSocket, type NativeSocket, type NetworkNamespace } from '@truetuple/netlink';
import { LabError } from '../errors.ts';
import {
  decodeAnswers,
  encodeElementBatch,
  encodeListCounters,
  type ElementChange,
  type NftAnswer,
} from './nft-message.ts';

/**
 * Changes elements and reads counters of rulesets that nft(8) has loaded, without starting a program: a
 * change costs a fraction of a millisecond. Everything happens inside the send; the kernel's answers are there
 * when it returns.
 */
export class NftConnection implements Disposable {
  readonly #socket: NativeSocket;
  readonly #path: string;
  readonly #buffer = new Uint8Array(65_536);
  #sequence = 1;

  constructor(namespace: NetworkNamespace) {
    this.#path = namespace.path;
    this.#socket = openSocket({
      domain: 'netlink',
      type: 'raw',
      protocol: netfilterProtocol,
      netns: namespace,
    });
  }

  /**
   * All of the changes, or none. Adding what is there as wanted is done.
   * @throws LabError NftRefused, with the kernel's errno: ENOENT to delete what is not there
   */
  change(changes: readonly ElementChange[]): void {
    if (changes.length === 0) return;
    const first = this.#sequence;
    const batch = first + changes.length;
    this.#sequence = batch + 1;
    this.#socket.send(encodeElementBatch(changes, first));
    // A refused batch may have left answers behind; they bear older numbers.
    for (let pending = changes.length; pending > 0;) {
      for (const answer of this.#receive('changing elements')) {
        if (answer.kind !== 'ack' || answer.sequence < first || answer.sequence > batch) continue;
        const change = changes[answer.sequence - first];
        if (answer.errno !== 0) throw this.#refused(describeChange(change), answer.errno);
        pending -= 1;
      }
    }
  }

  /** Packets counted by each named counter of a table of family ip. */
  counters(table: string): ReadonlyMap<string, number> {
    const what = `listing the counters of ${table}`;
    const found = new Map<string, number>();
    const sequence = this.#sequence++;
    this.#socket.send(encodeListCounters(table, sequence));
    for (;;) {
      for (const answer of this.#receive(what)) {
        if (answer.kind === 'counter') found.set(answer.name, answer.packets);
        else if (answer.kind === 'dump-done') return found;
        else if (answer.kind === 'ack' && answer.sequence === sequence) {
          throw this.#refused(what, answer.errno);
        }
      }
    }
  }

  close(): void {
    this.#socket.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #receive(what: string): readonly NftAnswer[] {
    const got = this.#socket.receive(this.#buffer);
    if (got === undefined) throw this.#refused(what, noMessage);
    return decodeAnswers(this.#buffer.subarray(0, got.length));
  }

  #refused(what: string, errno: number): LabError {
    return new LabError({
      code: 'NftRefused',
      message: `nftables in ${this.#path}: ${what}: ${getSystemErrorName(-errno)}`,
      remedy:
        'Compare with `nft list ruleset` in that namespace; only the box may change its rulesets.',
    });
  }
}

function describeChange(change: ElementChange | undefined): string {
  if (change === undefined) return 'changing elements';
  const key = Buffer.from(change.key).toString('hex');
  return `${change.verb} element ${key} of set ${change.table} ${change.set}`;
}

/** include/uapi/linux/netlink.h: NETLINK_NETFILTER; ENOMSG: the kernel said nothing at all. */
const netfilterProtocol = 12;
const noMessage = 42;
