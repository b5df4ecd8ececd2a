import type { DemoOptions } from './arguments.ts';
import { openKernelStage } from './kernel-stage.ts';
import { openLoopbackStage } from './loopback-stage.ts';
import type { Level } from './report.ts';
import type { Stage } from './stage.ts';

export function openStage(
  choice: { readonly level: Level; readonly reason: string },
  options: DemoOptions,
): Promise<Stage> {
  switch (choice.level) {
    case 'kernel':
      return openKernelStage(choice.reason, options);
    case 'loopback':
      return openLoopbackStage(choice.reason);
    default:
      return choice.level satisfies never;
  }
}
