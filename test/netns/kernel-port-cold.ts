import { linuxKernel } from '../../packages/core/src/adapters/linux/linux-kernel.ts';
import type { KernelStep } from '../../packages/core/src/kernel/kernel-step.ts';

/** What this program prints: times in milliseconds. */
export interface ColdTimes {
  /** Loading the netlink package and its addon, opening the socket. */
  readonly openMs: number;
  readonly stepsMs: number;
}

/** A fresh process that opens a namespace's kernel and carries out the given steps once. */
const [path = '', text = '[]'] = process.argv.slice(2);
const steps = JSON.parse(text) as KernelStep[];
const begun = performance.now();
const kernel = await linuxKernel({ netns: path });
const opened = performance.now();
for (const step of steps) await kernel.apply(step);
const times: ColdTimes = { openMs: opened - begun, stepsMs: performance.now() - opened };
kernel.close();
console.log(JSON.stringify(times));
