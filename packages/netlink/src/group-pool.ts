import type { Exchange } from './exchange.ts';
import { Group } from './group.ts';
import type { Transport } from './transport.ts';

const groupBytes = 16 * 1024;
/** As many sends as a thousand requests are. */
const keptMemory = 16;

/** Empty groups for one transport; the memory of those that were answered is used again. */
export class GroupPool {
  readonly #transport: Pick<Transport, 'maxBytes'>;
  readonly #littleEndian: boolean;
  readonly #memory: Uint8Array[] = [];

  constructor(transport: Pick<Transport, 'maxBytes'>, littleEndian: boolean) {
    this.#transport = transport;
    this.#littleEndian = littleEndian;
  }

  take(): Group {
    return new Group(this.#memory.pop() ?? new Uint8Array(groupBytes), this.#littleEndian);
  }

  /** Whether one more request fits into the group. */
  fits(group: Group, exchange: Exchange): boolean {
    return group.accepts(exchange, this.#transport.maxBytes);
  }

  /** Nobody needs the group any more. */
  giveBack(group: Group): void {
    if (this.#memory.length < keptMemory) this.#memory.push(group.memory);
  }
}
