import { parseIpv4Address } from '../../identity/address.ts';
import type { Claim } from '../identity-grant.ts';
import { pause } from '../observe/cloud-session.ts';
import { caughtUpMs } from '../observe/own-writes.ts';
import { viewAfter, type CloudView } from '../observe/view.ts';
import type { CloudStep } from '../steps/cloud-step.ts';
import type { Acquire } from './acquire-grant.ts';
import { occupantOf } from './acquire-occupant.ts';

type AssociateStep = CloudStep & { readonly kind: 'associate-address' };

/**
 * Looks, again and again while what stands published is denied and so young that describes may be from before it, but once more in
 * any case; denied for longer, it is believed to be lost.
 */
export async function lookForPublished(
  acquire: Acquire,
  first: CloudView,
  lookAgain: () => Promise<CloudView>,
): Promise<CloudView> {
  const { session, request } = acquire;
  let seen = first;
  while (isDenied(acquire, seen)) {
    await pause(session, `reading pool ${request.spec.pool}`);
    seen = await lookAgain();
    if (isDenied(acquire, seen) && isOld(acquire)) acquire.published = undefined;
  }
  return seen;
}

/**
 * Lays what stands published over a look that shows its address free, to be claimed again: EC2's answer tells whether it stood.
 * Not over what is foreign, nor, until it has been believed, over what a dead pod left, which goes first.
 */
export function layPublished(
  acquire: Acquire,
  claim: Claim | undefined,
  view: CloudView,
): CloudView {
  const { published, networkInterfaceId, request } = acquire;
  if (published === undefined) return view;
  const { allocationId, associationId } = published;
  const address = view.addresses.find((one) => one.allocationId === allocationId);
  if (address === undefined || address.associationId !== undefined) return view;
  const occupant = occupantOf(acquire, view)?.kind;
  if (occupant === 'foreign' || (occupant === 'left-over' && claim === undefined)) return view;
  const publicIp = parseIpv4Address(address.publicIp, 'public IP');
  const { privateIp } = request.link;
  const kind = 'associate-address';
  const step = { kind, allocationId, publicIp, networkInterfaceId, privateIp } as const;
  const laid = viewAfter(view, { step, associationId });
  if (occupantOf(acquire, laid)?.kind !== 'ours') return view;
  acquire.overdueId = associationId;
  return laid;
}

/** Once EC2 has refused a claim, or answered it with another association, what stands published has ended. */
export function settlePublished(acquire: Acquire, { allocationId }: AssociateStep): void {
  const { published, session } = acquire;
  const answered = session.writes.find(
    ({ step }) => step.kind === 'associate-address' && step.allocationId === allocationId,
  );
  if (answered?.associationId !== published?.associationId) acquire.published = undefined;
}

/** True when a look shows its address as another's, in another association than on our private IP, or not at all. */
function isDenied(acquire: Acquire, seen: CloudView): boolean {
  const { published } = acquire;
  if (published === undefined) return false;
  const { allocationId } = published;
  const address = seen.addresses.find((one) => one.allocationId === allocationId);
  const occupant = occupantOf(acquire, seen);
  const isHere = occupant !== undefined && 'address' in occupant && occupant.address === address;
  if (isHere) return occupant.kind !== 'ours';
  return address === undefined || address.associationId !== undefined;
}

function isOld({ published, session }: Acquire): boolean {
  const ageMs = session.askedAtMs - (published?.claimedAtUptimeMs ?? -Infinity);
  return ageMs < 0 || ageMs > caughtUpMs;
}
