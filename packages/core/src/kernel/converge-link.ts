import { converge } from '../converge.ts';
import type { CoreError } from '../errors.ts';
import { lateParts } from '../late-parts.ts';
import type { StepReport } from '../report-step.ts';
import { chooseLinkAddress } from './choose-link-address.ts';
import { heldPublicIps } from './held-public-ips.ts';
import type { KernelPort, LinkState } from './kernel-port.ts';
import type { KernelStep } from './kernel-step.ts';
import { planGoneLink } from './plan-delivery.ts';
import { heldIpv6 } from './plan-ipv6.ts';
import { planKernel, type WantedLink } from './plan-kernel.ts';
import { refuseTable } from './refuse-table.ts';
import type { LeavingIdentity } from './wanted-link.ts';

export interface LinkConvergence {
  readonly kernel: KernelPort;
  readonly report: StepReport;
  readonly linkName: string;
  readonly wanted: WantedLink;
  readonly signal?: AbortSignal | undefined;
}

/** Something else may change the namespace at the same time; more rounds than this is a fight. */
const maxRounds = 5;

/** Carries the link's state to what is wanted; returns how many steps that took. */
export async function convergeLink(run: LinkConvergence): Promise<number> {
  const { kernel, report, linkName, wanted } = run;
  let isSwept = false;
  const { applied } = await converge<{ readonly steps: readonly KernelStep[] }, KernelStep>({
    what: `The kernel state of ${linkName}`,
    observe: async () => {
      const gone: LeavingIdentity[] = [];
      const state =
        (await kernel.observe(linkName, wanted.table)) ??
        (await observeRenamed(kernel, wanted, gone));
      if (state !== undefined) {
        const refused = refuseTable(state, wanted) ?? (await refuseFamily(state, wanted));
        if (refused !== undefined) throw refused;
        return { steps: planKernel(state, wanted) };
      }
      if (wanted.identities.length > 0) chooseLinkAddress(undefined, { linkName });
      // its tables cannot be read without it, only taken away: once is enough
      const steps = isSwept ? [] : planGoneLink(linkName, gone);
      isSwept = true;
      return { steps };
    },
    plan: ({ steps }) => steps,
    apply: async (step) => {
      await report.kernel(step, () => kernel.apply(step));
      return 'done';
    },
    maxRounds,
    signal: run.signal,
  });
  return applied;
}

/**
 * Whose link was renamed still has its public address, by a rule that leads to its table: where another link has taken
 * the address over, the rule leads to that one's. `gone`: gets whose address no link has, and so nobody else a table of its name.
 */
async function observeRenamed(
  kernel: KernelPort,
  { identities, releasing, table }: WantedLink,
  gone: LeavingIdentity[],
): Promise<LinkState | undefined> {
  if (identities.length > 0) return undefined;
  for (const one of releasing) {
    const name = await kernel.linkWith(one.publicIp);
    if (name === undefined) gone.push(one);
    const state = name === undefined ? undefined : await kernel.observe(name, table);
    if (state !== undefined && heldPublicIps(state, table).includes(one.publicIp)) return state;
  }
  return undefined;
}

async function refuseFamily(state: LinkState, wanted: WantedLink): Promise<CoreError | undefined> {
  if (heldIpv6(wanted).length === 0) return undefined;
  const { refuseIpv6 } = await lateParts.ipv6Refusal();
  return refuseIpv6(state, wanted);
}
