import { lateParts } from '../late-parts.ts';
import type { KernelPort, LinkState } from '../kernel/kernel-port.ts';
import { truetupleProtocol } from '../kernel/kernel-step.ts';
import { areAsWanted } from '../kernel/wanted-link.ts';
import { judgeKernel } from './judge-kernel.ts';
import type { KernelFinding } from './kernel-finding.ts';
import { chooseRouteProbes, type KernelFacts } from './route-probe.ts';

/** Asks the kernel for all that an identity depends on and judges the answers. Sends no packet. */
export async function verifyKernel(
  kernel: KernelPort,
  facts: KernelFacts,
): Promise<KernelFinding[]> {
  const probes = chooseRouteProbes(facts);
  const [state, judgeOther, ...decisions] = await Promise.all([
    kernel.observe(facts.linkName, facts.table),
    askIpv6(kernel, facts),
    ...probes.map(({ from, to }) => kernel.lookupRoute({ from, to })),
  ]);
  const lookups = probes.flatMap((probe, index) => {
    const decision = decisions[index];
    return decision === undefined ? [] : [{ probe, decision }];
  });
  const findings = judgeKernel(facts, { state, lookups });
  if (state === undefined) return findings;
  return [
    ...(await findForeignRoutes(kernel, facts, state)),
    ...findings,
    ...(await findSettings(state)),
    ...(await findDelivery(facts, state)),
    ...judgeOther(state),
  ];
}

/** What is to be said of settings is loaded where they are not as wanted. */
async function findSettings(state: LinkState): Promise<KernelFinding[]> {
  if (areAsWanted(state.settings, state.allSettings)) return [];
  return (await lateParts.settingsProof()).judgeSettings(state);
}

/** Of both families, where the identity has both. */
async function findForeignRoutes(
  kernel: KernelPort,
  facts: KernelFacts,
  { routes, ipv6 }: LinkState,
): Promise<KernelFinding[]> {
  const foreign = [...routes, ...((facts.publicIpv6 && ipv6?.routes) ?? [])].filter(
    ({ protocol }) => protocol !== truetupleProtocol,
  );
  if (foreign.length === 0) return [];
  return (await lateParts.routesProof()).verifyForeignRoutes(kernel, facts, foreign);
}

/** What a delivery adds in the kernel: nothing is to be judged with `both` where nothing of another one is left. */
async function findDelivery(facts: KernelFacts, state: LinkState): Promise<KernelFinding[]> {
  const { delivery = 'both', publicIp } = facts;
  const isLeft = state.deliveryTables?.some((table) => table.publicIp === publicIp) === true;
  if (delivery === 'both' && !isLeft) return [];
  const { judgeDelivery } = await lateParts.deliveryProof();
  return judgeDelivery(facts, state);
}

/** The IPv6 side of an identity that has one: what is left is to judge it. */
async function askIpv6(
  kernel: KernelPort,
  facts: KernelFacts,
): Promise<(state: LinkState) => KernelFinding[]> {
  if (facts.publicIpv6 === undefined) return () => [];
  const { chooseIpv6Probes, judgeIpv6 } = await lateParts.ipv6Proof();
  const lookups = await Promise.all(
    chooseIpv6Probes(facts).map(async (probe) => {
      const { from, to } = probe;
      return { probe, decision: await kernel.lookupRoute({ from, to }) };
    }),
  );
  return (state) => judgeIpv6(facts, state, lookups);
}
