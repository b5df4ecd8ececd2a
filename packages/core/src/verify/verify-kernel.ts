import type { KernelPort } from '../kernel/kernel-port.ts';
import { judgeKernel } from './judge-kernel.ts';
import { chooseIpv6Probes } from './judge-ipv6.ts';
import type { KernelFinding } from './kernel-finding.ts';
import { chooseRouteProbes, type KernelFacts } from './route-probe.ts';

/** Asks the kernel for all that an identity depends on and judges the answers. Sends no packet. */
export async function verifyKernel(
  kernel: KernelPort,
  facts: KernelFacts,
): Promise<KernelFinding[]> {
  const probes = chooseRouteProbes(facts);
  const [state, ipv6Lookups, ...decisions] = await Promise.all([
    kernel.observe(facts.linkName, facts.table),
    Promise.all(
      chooseIpv6Probes(facts).map(async (probe) => {
        const { from, to } = probe;
        return { probe, decision: await kernel.lookupRoute({ from, to }) };
      }),
    ),
    ...probes.map(({ from, to }) => kernel.lookupRoute({ from, to })),
  ]);
  const lookups = probes.flatMap((probe, index) => {
    const decision = decisions[index];
    return decision === undefined ? [] : [{ probe, decision }];
  });
  return judgeKernel(facts, { state, lookups, ipv6Lookups });
}
