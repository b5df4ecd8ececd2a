import type { StepDescription } from './step-description.ts';

/** One step of taking or giving back an identity, told as it happens. */
export interface StepEvent extends StepDescription {
  readonly half: 'cloud' | 'kernel' | 'publish';
  readonly phase: 'begun' | 'done' | 'failed';
  /** The step's kind, such as `associate-address` or `add-rule`. */
  readonly name: string;
  /** Milliseconds since the verb was called. */
  readonly atMs: number;
  /** Milliseconds from begun to done or failed. */
  readonly durationMs?: number;
}

/**
 * Told of each step as it begins and as it ends, in EC2 and in the kernel. What it throws makes the verb fail; the rejection of one that is
 * async is a warning of the process.
 */
export type OnStep = (event: StepEvent) => void;
