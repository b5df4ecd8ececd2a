import type { DemoOptions } from './arguments.ts';
import type { Level } from './report/report.ts';
import type { Stage } from './stage.ts';

/** Opens the world of a level; the other one's code is not even loaded. */
export async function openStage(
  choice: { readonly level: Level; readonly reason: string },
  options: DemoOptions,
): Promise<Stage> {
  switch (choice.level) {
    case 'kernel': {
      const { openKernelStage } = await import('./kernel/kernel-stage.ts');
      return openKernelStage(choice.reason, options);
    }
    case 'loopback': {
      const { openLoopbackStage } = await import('./loopback/loopback-stage.ts');
      return openLoopbackStage(choice.reason);
    }
    default:
      return choice.level satisfies never;
  }
}
