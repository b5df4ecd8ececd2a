import { CoreError } from '../../errors.ts';
import type { Grant } from '../identity-grant.ts';
import { holdIpv6, releaseIpv6, type Ipv6Claim } from '../ipv6/hold-ipv6.ts';
import { ipv6RecordOf } from '../ipv6/ipv6-record.ts';
import type { Liveness, LivePods } from '../liveness.ts';
import { isYoung } from '../maintain/judge-claim.ts';
import type { CloudSession } from '../observe/cloud-session.ts';
import { interfaceOf, type CloudView } from '../observe/view.ts';
import { knownForMs, renewSession, type ClaimPlace, type ClaimWork } from './claim-work.ts';
import { addressOfClaim, nameClaim } from './claim.ts';
import type { ControlPorts } from './control-ports.ts';

/** What a grant says of its IPv6 side. */
type Ipv6Grant = Pick<Grant, 'pool' | 'publicIpv6'>;

/**
 * Holds the IPv6 address that a claim's pod asks for, on the network interface that is promised to it. What its status has, or this
 * controller has held for it, is believed: who looks after it compares it with EC2.
 * @throws CoreError Ipv6AddressHeldElsewhere, and what EC2 refuses. What was written by then goes with the claim.
 */
export async function holdClaimIpv6(
  ports: ControlPorts,
  session: CloudSession,
  { work, place }: { readonly work: ClaimWork; readonly place: ClaimPlace },
): Promise<Ipv6Grant> {
  const wanted = ipv6Of(ports, work, place);
  if (wanted === undefined) return {};
  const { pool, address } = wanted;
  const phase = work.claim.status?.phase;
  const said = phase !== undefined && 'grant' in phase ? phase.grant.publicIpv6 : work.publicIpv6;
  if (said?.address === address) return { pool, publicIpv6: said };
  const { isIpv6Ours: isOurs = false } = work.claim.spec.link;
  const live = whoClaims(ports);
  work.publicIpv6 = { address, assignedByUs: await holdIpv6(session, wanted, { live, isOurs }) };
  return { pool, publicIpv6: work.publicIpv6 };
}

/** Pure: true when a view shows the IPv6 side of a grant as it should be, or there is none. */
export function isIpv6Whole(
  { publicIpv6, owner, networkInterfaceId }: Grant,
  view: CloudView,
): boolean {
  if (publicIpv6 === undefined) return true;
  const eni = interfaceOf(view, networkInterfaceId);
  const { address, assignedByUs } = publicIpv6;
  if (eni?.ipv6Addresses?.includes(address) !== true) return false;
  const record = ipv6RecordOf(eni, address);
  return record === undefined ? !assignedByUs : record.owner.uid === owner.uid;
}

/** Takes off what a claim that is over has of IPv6, as far as it is truetuple's. */
export async function releaseClaimIpv6(
  ports: ControlPorts,
  work: ClaimWork,
  {
    networkInterfaceId,
    grant,
  }: { readonly networkInterfaceId: string; readonly grant?: Grant | undefined },
): Promise<void> {
  const wanted = ipv6Of(ports, work, { networkInterfaceId });
  const held = grant?.publicIpv6 ?? work.publicIpv6;
  if (wanted === undefined || held?.assignedByUs === false) return;
  // no pod that comes after has it before this claim is gone
  const isYoungOnLink =
    held !== undefined && (grant === undefined || isYoung(knownForMs(work, grant, ports)));
  await releaseIpv6(renewSession(ports, work), wanted, { isYoungOnLink });
}

function ipv6Of(
  { pool }: ControlPorts,
  { claim }: ClaimWork,
  { networkInterfaceId }: Pick<ClaimPlace, 'networkInterfaceId'>,
): Ipv6Claim | undefined {
  const { identity, link } = claim.spec;
  const { ipv6Address: address } = link;
  return address && { owner: identity.owner, pool, networkInterfaceId, address };
}

/** Rejects with why a claim is not led on: another one asks for the same IPv6 address, and goes first. */
export async function sayIpv6Held({ claim }: ClaimWork, rival: ClaimWork): Promise<never> {
  const { ipv6Address } = claim.spec.link;
  throw new CoreError({
    code: 'Ipv6AddressHeldElsewhere',
    message: `Leading on claim ${nameClaim(claim)}: claim ${nameClaim(rival.claim)} has ${ipv6Address}, or is led to it first`,
    remedy:
      'Wait until that claim has ended, as that of an earlier pod of the same name does when the pod has gone; two pods that live cannot have one IPv6 address.',
    retry: 'later',
  });
}

/** A pod with a claim that has an address is not dead because a list that is behind does not have it (decision 0035). */
function whoClaims({ live, claims }: ControlPorts): Liveness {
  return {
    livePods: async (call): Promise<LivePods> => {
      const [listed, all] = await Promise.all([live.livePods(call), claims.list()]);
      const claiming = all
        .filter((claim) => !claim.spec.isReleased && addressOfClaim(claim) !== undefined)
        .map(({ spec: { identity, link } }) => ({
          uid: identity.owner.uid,
          privateIps: [link.privateIp],
        }));
      return { ...listed, pods: [...listed.pods, ...claiming] };
    },
  };
}
