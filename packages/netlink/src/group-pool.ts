import type { Exchange } from './exchange.ts';
import { Group } from './group.ts';
import type { Transport } from './transport.ts';

const groupBytes = 16 * 1024;
const keptBytes = 16 * groupBytes;
/** The kernel works on these while the next ones are called. */
const refusalsOfTurn = 128;

/** Empty groups for one transport; the memory of those that were answered is used again. */
export class GroupPool {
  readonly #transport: Pick<Transport, 'maxBytes' | 'maxRefusals'>;
  readonly #littleEndian: boolean;
  readonly #memory: Uint8Array[] = [];
  #keptBytes = 0;

  constructor(transport: Pick<Transport, 'maxBytes' | 'maxRefusals'>, littleEndian: boolean) {
    this.#transport = transport;
    this.#littleEndian = littleEndian;
  }

  /** For what is called one after the other. */
  take(): Group {
    return this.#taken(Math.min(refusalsOfTurn, this.#transport.maxRefusals));
  }

  /** For what is known as a whole: as much as one send holds. */
  takeLargest(): Group {
    return this.#taken(this.#transport.maxRefusals);
  }

  /** Whether one more request fits into the group. */
  fits(group: Group, exchange: Exchange): boolean {
    return group.accepts(exchange, this.#transport.maxBytes);
  }

  /** Nobody needs the group any more. */
  giveBack(group: Group): void {
    const { memory } = group;
    if (this.#keptBytes + memory.length > keptBytes) return;
    this.#keptBytes += memory.length;
    this.#memory.push(memory);
  }

  #taken(maxRefusals: number): Group {
    const memory = this.#memory.pop();
    this.#keptBytes -= memory?.length ?? 0;
    return new Group(memory ?? new Uint8Array(groupBytes), maxRefusals, this.#littleEndian);
  }
}
