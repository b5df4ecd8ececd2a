import { describeCloudStep } from './cloud/steps/describe-cloud-step.ts';
import type { Clock } from './identity/clock.ts';
import type { OnStep, StepEvent } from './identity/step-event.ts';
import { sayAloud } from './keep/heed.ts';
import { describeKernelStep } from './kernel/describe-kernel-step.ts';
import type { StepReport, ToldStep } from './report-step.ts';

interface Told extends ToldStep {
  readonly half: StepEvent['half'];
}

/** As reportSteps, for a caller who listens. */
export function reportToListener(clock: Clock, onStep: OnStep): StepReport {
  const startMs = clock.elapsed();
  const begunMs = new Map<string, number>();
  let listener: OnStep | undefined = onStep;
  const tell = (step: Told, phase: StepEvent['phase'], durationMs?: number): void => {
    const event: StepEvent = {
      half: step.half,
      phase,
      name: step.name,
      sentence: step.sentence,
      command: step.command,
      atMs: clock.elapsed() - startMs,
      ...(durationMs === undefined ? {} : { durationMs }),
    };
    try {
      const told: unknown = listener?.(event);
      if (told instanceof Promise) told.catch(sayAloud);
    } catch (error) {
      listener = undefined;
      throw error;
    }
  };
  const timed = async <T>(told: Told, carryOut: () => Promise<T>): Promise<T> => {
    const begun = clock.elapsed();
    tell(told, 'begun');
    try {
      const result = await carryOut();
      tell(told, 'done', clock.elapsed() - begun);
      return result;
    } catch (error) {
      tell(told, 'failed', clock.elapsed() - begun);
      throw error;
    }
  };
  return {
    cloud({ phase, step }) {
      const description = describeCloudStep(step);
      const told: Told = { ...description, half: 'cloud', name: step.kind };
      const begun = begunMs.get(description.command);
      if (phase === 'begun') begunMs.set(description.command, clock.elapsed());
      tell(
        told,
        phase,
        phase === 'begun' || begun === undefined ? undefined : clock.elapsed() - begun,
      );
    },
    kernel: (step, carryOut) =>
      timed({ ...describeKernelStep(step), half: 'kernel', name: step.kind }, carryOut),
    publish: (told, carryOut) => timed({ ...told, half: 'publish' }, carryOut),
  };
}
