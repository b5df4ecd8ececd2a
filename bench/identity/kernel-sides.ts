import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { describeKernelStep, type KernelPort, type KernelStep } from '@truetuple/core';
import type { ForkingShell } from './forking-shell.ts';

/**
 * Who carries out the same steps: `ours` by netlink; `shell`, a running sh(1) that forks ip(8) or sysctl(8)
 * for each; `node`, a Node program that does so with execFile; `batch`, one `ip -batch` and one sysctl(8) for
 * all of them.
 */
export type SideName = 'ours' | 'shell' | 'node' | 'batch';

/** Carries the steps out and tells the milliseconds of each; `batch` has one time for all. */
export type Side = (steps: readonly KernelStep[]) => Promise<readonly number[]>;

const execFileAsync = promisify(execFile);

export function kernelSides(kernel: KernelPort, shell: ForkingShell): Record<SideName, Side> {
  return {
    ours: (steps) => eachTimed(steps, (step) => kernel.apply(step)),
    shell: (steps) => eachTimed(commandsOf(steps), (command) => shell.run(command)),
    node: (steps) =>
      eachTimed(commandsOf(steps), async (command) => {
        const [program = '', ...args] = command.split(' ');
        await execFileAsync(program, args);
      }),
    batch: (steps) => eachTimed([batchOf(commandsOf(steps))], (command) => shell.run(command)),
  };
}

async function eachTimed<T>(
  all: readonly T[],
  carryOut: (one: T) => Promise<void>,
): Promise<readonly number[]> {
  const times: number[] = [];
  for (const one of all) {
    const begun = performance.now();
    await carryOut(one);
    times.push(performance.now() - begun);
  }
  return times;
}

function commandsOf(steps: readonly KernelStep[]): readonly string[] {
  return steps.map((step) => describeKernelStep(step).command);
}

function batchOf(commands: readonly string[]): string {
  const lines = commands.filter(isIp).map((command) => command.slice('ip '.length));
  const others = commands.filter((command) => !isIp(command));
  const head = ["ip -batch - <<'END'", ...others].join(' && ');
  return [head, ...lines, 'END'].join('\n');
}

function isIp(command: string): boolean {
  return command.startsWith('ip ');
}
