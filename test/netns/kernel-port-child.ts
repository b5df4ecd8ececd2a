import { linuxKernel } from '../../packages/core/src/adapters/linux/linux-kernel.ts';
import type { KernelStep } from '../../packages/core/src/kernel/kernel-step.ts';

/** A process of its own, with rights of its own, that carries out the given steps in a namespace. */
const [path = '', text = '[]'] = process.argv.slice(2);
const steps = JSON.parse(text) as KernelStep[];
const kernel = await linuxKernel({ netns: path });
for (const step of steps) await kernel.apply(step);
kernel.close();
