import { parseRack, type Rack } from '../dialog/rack.ts';
import { SteadyMap } from '../dialog/steady-map.ts';
import { valueOf } from '../message/header-list.ts';
import type { SipRequest } from '../message/message.ts';
import type { ServerTransaction } from '../transaction/server-transaction.ts';

interface Late extends Rack {
  readonly transaction: ServerTransaction;
}

/**
 * RFC 3262 section 3: the PRACK of a reliable provisional response may come after the final one. It is waited for as long as
 * the INVITE's transaction absorbs repeats. The application has its answer out, and drachtio-srf would take this for the ACK.
 */
export class LatePracks {
  /** By the key of the dialog, which may be gone. */
  readonly #awaited: SteadyMap<string, Late> = new SteadyMap<string, Late>();
  readonly #keys: SteadyMap<ServerTransaction, string> = new SteadyMap<ServerTransaction, string>();

  await(transaction: ServerTransaction, key: string, rseq: number): void {
    const { sequence } = transaction.inbound.essentials.cseq;
    this.#awaited.set(key, { rseq, sequence, transaction });
    this.#keys.set(transaction, key);
  }

  /** Whether one is waited for in the dialog with this key. */
  has(key: string): boolean {
    return this.#awaited.get(key) !== undefined;
  }

  /** Whether this PRACK is one of them; it is none the next time. */
  take(key: string, prack: SipRequest): boolean {
    const late = this.#awaited.get(key);
    const rack = parseRack(valueOf(prack, 'rack'));
    if (late === undefined || rack === undefined) return false;
    if (late.rseq !== rack.rseq || late.sequence !== rack.sequence) return false;
    this.forget(late.transaction);
    return true;
  }

  /** The INVITE's transaction is over. */
  forget(transaction: ServerTransaction): void {
    const key = this.#keys.get(transaction);
    if (key === undefined) return;
    this.#keys.delete(transaction);
    if (this.#awaited.get(key)?.transaction === transaction) this.#awaited.delete(key);
  }
}
