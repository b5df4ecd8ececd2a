import type { CloudStepEvent } from './cloud/identity-grant.ts';
import type { Clock } from './identity/clock.ts';
import type { StepDescription } from './identity/step-description.ts';
import type { OnStep } from './identity/step-event.ts';
import type { KernelStep } from './kernel/kernel-step.ts';
import { lateParts } from './late-parts.ts';

/** A step, described. */
export interface ToldStep extends StepDescription {
  readonly name: string;
}

/**
 * Tells a caller of each step with its time; one per call of a verb. A listener that throws makes the verb
 * fail, and is told nothing more: what was taken is given back without it. The verb does not wait for one that is async: its
 * rejection is said aloud, as a warning of the process.
 */
export interface StepReport {
  readonly cloud: (event: CloudStepEvent) => void;
  kernel(step: KernelStep, carryOut: () => Promise<void>): Promise<void>;
  publish<T>(told: ToldStep, carryOut: () => Promise<T>): Promise<T>;
}

/** Where nobody listens no step is described. */
const untold: StepReport = {
  cloud: () => {},
  kernel: (_, carryOut) => carryOut(),
  publish: (_, carryOut) => carryOut(),
};

export async function reportSteps(clock: Clock, onStep: OnStep | undefined): Promise<StepReport> {
  if (onStep === undefined) return untold;
  const { reportToListener } = await lateParts.stepReport();
  return reportToListener(clock, onStep);
}
