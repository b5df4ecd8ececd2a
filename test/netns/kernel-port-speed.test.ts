import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { describeKernelStep } from '../../packages/core/src/kernel/describe-kernel-step.ts';
import { truetupleProtocol, type KernelStep } from '../../packages/core/src/kernel/kernel-step.ts';
import { planKernel } from '../../packages/core/src/kernel/plan-kernel.ts';
import {
  contractIdentity,
  contractLink,
  observed,
} from '../../packages/core/src/testing/kernel-port-contract.ts';
import type { ColdTimes } from './kernel-port-cold.ts';
import { realPod, type RealPod } from './kernel-port-world.ts';
import { whyNoNamespaces } from './netns-rights.ts';

const reason = whyNoNamespaces();
const needs = reason === undefined ? '' : ` (skipped: ${reason})`;
const blocks = 5;

/** All that ensure carries out on a fresh pod, and then all that can be undone. */
async function stepsOfOneRound({ world: { kernel } }: RealPod): Promise<KernelStep[]> {
  const up = planKernel(await observed(kernel), contractLink);
  for (const step of up) await kernel.apply(step);
  const released = { ...contractLink, identities: [], releasing: [contractIdentity] };
  const down = planKernel(await observed(kernel), released);
  const rules = up
    .filter((step) => step.kind === 'add-rule')
    .map(({ priority, from, table }): KernelStep => ({
      kind: 'remove-rule',
      priority,
      from,
      table,
      protocol: truetupleProtocol,
    }));
  const steps = [...up, ...down, ...rules];
  for (const step of steps.slice(up.length)) await kernel.apply(step);
  return steps;
}

/** Milliseconds a round takes when a shell forks ip(8) and sysctl(8) for each step. */
function forkingMs({ netns }: RealPod, steps: readonly KernelStep[]): number {
  const rounds = 5;
  const round = steps.map((step) => `${describeKernelStep(step).command} >/dev/null`).join('\n');
  const script = `set -e\n${`${round}\n`.repeat(rounds)}`;
  const begun = performance.now();
  execFileSync('nsenter', [`--net=${netns.path}`, 'sh', '-c', script], { stdio: 'pipe' });
  return (performance.now() - begun) / rounds;
}

async function warmMs(
  { world: { kernel } }: RealPod,
  steps: readonly KernelStep[],
): Promise<number[]> {
  const times: number[] = [];
  for (let round = 0; round < 20; round++) {
    const begun = performance.now();
    for (const step of steps) await kernel.apply(step);
    times.push(performance.now() - begun);
  }
  return times;
}

function cold({ netns }: RealPod, steps: readonly KernelStep[]): ColdTimes {
  const program = fileURLToPath(new URL('kernel-port-cold.ts', import.meta.url));
  const words = ['-C', 'truetuple-source', program, netns.path, JSON.stringify(steps)];
  return JSON.parse(execFileSync(process.execPath, words, { encoding: 'utf8' })) as ColdTimes;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

describe.skipIf(reason !== undefined)(`speed of the Linux kernel port${needs}`, () => {
  it('is at most a tenth of forking ip when warm, a quarter in a fresh process', async (context) => {
    using pod = await realPod();
    const steps = await stepsOfOneRound(pod);
    const forked: number[] = [];
    const warm: number[] = [];
    const fresh: ColdTimes[] = [];
    for (let block = 0; block < blocks; block++) {
      forked.push(forkingMs(pod, steps));
      warm.push(...(await warmMs(pod, steps)));
      fresh.push(cold(pod, steps));
    }
    const forkMs = median(forked);
    const coldMs = median(fresh.map(({ stepsMs }) => stepsMs));
    const figures =
      `${steps.length} steps: forked ${forkMs.toFixed(2)} ms, warm ${median(warm).toFixed(3)} ms, ` +
      `cold ${coldMs.toFixed(3)} ms (and ${median(fresh.map(({ openMs }) => openMs)).toFixed(1)} ms to load and open)`;
    await context.annotate(figures);
    expect(median(warm), figures).toBeLessThan(forkMs / 10);
    expect(coldMs, figures).toBeLessThan(forkMs / 4);
  });
});
