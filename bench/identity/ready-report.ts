import type { IdentitySpecInput, ThisNodeOptions } from '@truetuple/core';

/** What ready-child.ts is told, as JSON in its one argument. */
export interface ReadySetting {
  readonly spec: IdentitySpecInput;
  readonly node: ThisNodeOptions;
  /** How often it takes the identity and gives it back; between two rounds it waits for a message. */
  readonly rounds: number;
}

/** One thing that ensure did, in milliseconds since ensure was called. */
export interface Mark {
  readonly half: 'kernel' | 'EC2' | 'publish';
  readonly name: string;
  readonly beganMs: number;
  readonly tookMs: number;
}

/** What ready-child.ts tells for each round, over IPC. */
export type ReadyReport =
  | {
      readonly kind: 'ready';
      /** Milliseconds since the epoch, as precise as the clock. */
      readonly calledAt: number;
      /** From the call of ensure to its HeldIdentity. */
      readonly ensureMs: number;
      readonly marks: readonly Mark[];
      /** Calls of EC2, reads and writes. */
      readonly ec2Calls: number;
      /** The most of them that came one after another: each waits for a round trip. */
      readonly ec2RoundTrips: number;
    }
  | { readonly kind: 'released'; readonly releaseMs: number };

/** A time that two processes of one machine can compare. */
export function wallClock(): number {
  return performance.timeOrigin + performance.now();
}
