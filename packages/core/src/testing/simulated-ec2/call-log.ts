import { isRead } from '../../cloud/ec2/around-ec2.ts';
import type { Ec2Action } from '../../cloud/ec2/ec2-action.ts';

export type { Ec2Action };

/** One call that a simulated EC2 got, and what it answered. */
export interface Ec2Call {
  readonly action: Ec2Action;
  readonly input: unknown;
  /** `done`, `answer-lost` (it was carried out), or the code it failed with: after one of a server's error (5xx) it may have been carried out. */
  readonly outcome: string;
}

/** Every call that reached the simulated region, in order. */
export class CallLog {
  readonly #entries: Ec2Call[] = [];
  #writes = 0;

  get entries(): readonly Ec2Call[] {
    return this.#entries;
  }

  /** How many calls of an action, or of all of them. */
  count(action?: Ec2Action): number {
    return this.#entries.filter((call) => action === undefined || call.action === action).length;
  }

  /** How many calls that can change something. */
  countWrites(): number {
    return this.#writes;
  }

  counts(): Readonly<Partial<Record<Ec2Action, number>>> {
    const counts: Partial<Record<Ec2Action, number>> = {};
    for (const { action } of this.#entries) counts[action] = (counts[action] ?? 0) + 1;
    return counts;
  }

  clear(): void {
    this.#entries.length = 0;
    this.#writes = 0;
  }

  add(call: Ec2Call): void {
    this.#entries.push(call);
    if (!isRead(call.action)) this.#writes += 1;
  }
}
