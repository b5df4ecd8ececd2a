import type { Ec2Action } from './call-log.ts';
import type { IamStatement } from './iam/iam-policy.ts';
import type { TagCondition } from './iam/tag-conditions.ts';
import { refuse } from './refuse.ts';

/** A fault planted into the next calls of an action; the action `*` means any. */
export interface Ec2Fault {
  readonly action: Ec2Action | '*';
  /** Refuses with this code and does nothing. */
  readonly error?: string;
  /** Carries the call out, then fails it as a connection does whose answer never comes. */
  readonly loseAnswer?: boolean;
  /** Carries the call out twice, as a network does that delivers a request twice; the second answer is heard. */
  readonly deliverTwice?: boolean;
  /** Answers a describe from before that many changes: EC2's reads lag, and not monotonically. */
  readonly staleByChanges?: number;
  /** Answers a describe from at least so many milliseconds ago, as far back as the region's `reads` reach. */
  readonly staleByMs?: number;
  /** Default 1. */
  readonly times?: number;
}

interface PlantedFault {
  readonly fault: Ec2Fault;
  left: number;
}

/** Planted faults and denied actions. */
export class Faults {
  #planted: PlantedFault[] = [];
  #denied: ReadonlySet<Ec2Action> = new Set();
  /** What IAM asks of the tags of what a call touches. */
  tagConditions: readonly TagCondition[] = [];
  /** Undefined: everything is allowed that nothing else forbids. */
  policy: readonly IamStatement[] | undefined;

  plant(fault: Ec2Fault): void {
    this.#planted.push({ fault, left: fault.times ?? 1 });
  }

  /** Replaces the list of actions that are refused with UnauthorizedOperation. */
  deny(actions: readonly Ec2Action[]): void {
    this.#denied = new Set(actions);
  }

  /** Refuses an action that is denied; a dry run asks the same. */
  authorize(action: Ec2Action): void {
    if (this.#denied.has(action)) {
      refuse(
        'UnauthorizedOperation',
        `You are not authorized to perform this operation: ec2:${action}.`,
      );
    }
  }

  /** Uses up the first planted fault of an action. */
  take(action: Ec2Action): Ec2Fault | undefined {
    const planted = this.#planted.find(
      ({ fault }) => fault.action === action || fault.action === '*',
    );
    if (planted === undefined) return undefined;
    planted.left -= 1;
    this.#planted = this.#planted.filter(({ left }) => left > 0);
    return planted.fault;
  }
}
