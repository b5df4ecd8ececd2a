import type { Claim, Grant, IdentityGrant } from './cloud/identity-grant.ts';
import type { Before } from './look-before.ts';
import { deliveryPlan } from './identity/delivery.ts';
import type { IdentitySpec } from './identity/identity-spec.ts';
import type { PublicIdentity } from './identity/public-identity.ts';
import type { LinkIpv6 } from './identity/public-ipv6.ts';
import type { LinkPlace } from './kernel/choose-link-address.ts';
import { convergeLink } from './kernel/converge-link.ts';
import type { KernelPort } from './kernel/kernel-port.ts';
import { identityLink } from './kernel/wanted-link.ts';
import type { NodePorts } from './node-ports.ts';
import type { StepReport } from './report-step.ts';
import type { WireAids } from './verify/prove-on-wire.ts';

/** All that one call of ensure works with. */
export interface Run {
  readonly spec: IdentitySpec;
  readonly node: NodePorts;
  readonly kernel: KernelPort;
  readonly grant: IdentityGrant;
  readonly report: StepReport;
  readonly place: LinkPlace;
  readonly before: Before;
  readonly published: PublicIdentity | undefined;
  readonly signal: AbortSignal | undefined;
  readonly aids: WireAids;
}

interface Leaving extends Pick<Claim, 'publicIp'> {
  readonly publicIpv6?: LinkIpv6;
}

interface KernelWish {
  readonly claim?: Pick<Claim, 'publicIp'> | undefined;
  /** When no other claim takes their place the IPv6 address goes too. */
  readonly releasing?: readonly Leaving[];
  readonly signal?: AbortSignal | undefined;
}

/** Leads the link to the claim, or to what comes before it, and takes off what is released. */
export async function convergeKernel(
  run: Run,
  { claim, releasing = [], signal }: KernelWish,
): Promise<void> {
  const { privateIp, publicIpv6 } = run.place;
  const isLast = claim === undefined && releasing.length > 0;
  const held = claim === undefined ? {} : { publicIp: claim.publicIp, publicIpv6 };
  await convergeLink({
    kernel: run.kernel,
    report: run.report,
    linkName: run.spec.linkName,
    wanted: {
      ...identityLink({ ...run.place, table: run.spec.table, vpcCidrs: run.spec.vpcCidrs }),
      identities: isLast ? [] : [{ privateIp, ...held, ...deliveryPlan(run.spec) }],
      releasing: releasing.map((leaving) => ({
        privateIp,
        publicIp: leaving.publicIp,
        publicIpv6: isLast ? publicIpv6 : leaving.publicIpv6,
        ...deliveryPlan(run.spec),
      })),
    },
    signal,
  });
}

/** Takes off the link every address that was claimed on the way, or left there, and is not the one we kept. */
export async function forgetOthers(
  run: Run,
  claims: readonly Claim[],
  kept: Grant | undefined,
): Promise<void> {
  const { published, before } = run;
  const releasing: Leaving[] = claims.filter(({ publicIp }) => publicIp !== kept?.publicIp);
  if (kept !== undefined) {
    const { publicIp: ours } = kept;
    const others = before.leftOver.filter((publicIp) => publicIp !== ours);
    if (published && others.includes(published.publicIp)) await withdrawClaim(run, published);
    releasing.push(...others.map((publicIp) => ({ publicIp })));
    // of the identity that stays, this part goes
    releasing.push(...before.leftOverIpv6.map((publicIpv6) => ({ publicIp: ours, publicIpv6 })));
  }
  if (releasing.length > 0) await convergeKernel(run, { claim: kept, releasing });
}

/** A claim that is given back is advertised no longer, be it from before. */
export async function withdrawClaim(
  { node, spec }: Run,
  claim: Pick<Claim, 'associationId'>,
): Promise<void> {
  const publisher = node.openPublisher(spec.identityDirectory);
  const current = await publisher.current().catch(() => undefined);
  if (current?.associationId === claim.associationId) await publisher.withdraw(current);
}
