import { CoreError } from '../../errors.ts';
import type { Grant, GrantState, MaintainCall } from '../identity-grant.ts';
import { describeLagMs } from '../maintain/judge-claim.ts';
import { secondLookMs } from '../maintain/maintenance.ts';
import { throwIfAborted, type CloudSession } from '../observe/cloud-session.ts';
import type { CloudStep } from '../steps/cloud-step.ts';
import { translateEc2Error } from '../steps/translate-ec2-error.ts';
import { holdIpv6, readInterface, releaseIpv6, type Ipv6Claim } from './hold-ipv6.ts';
import { findIpv6Holder } from './ipv6-holder.ts';
import { ipv6RecordOf, type Ipv6Record } from './ipv6-record.ts';

/** Of the IPv4 side. */
export type Held = Extract<GrantState, { readonly kind: 'held' }>;

/** What maintaining an IPv6 address came to. */
type Ipv6State =
  | { readonly kind: 'held'; readonly repaired: readonly CloudStep[] }
  | { readonly kind: 'let-go' }
  | { readonly kind: 'lost'; readonly message: string };

type Sighting =
  | { readonly kind: 'held' }
  /** Not on our network interface, or without its record; nobody else is seen with it. */
  | { readonly kind: 'not-whole'; readonly isRecorded: boolean }
  | { readonly kind: 'taken'; readonly message: string };

type HeldIpv6 = Ipv6Claim & { readonly assignedByUs: boolean };

/** What a grant says of its IPv6 side; undefined when it has none. */
export function ipv6ClaimOf({
  publicIpv6,
  owner,
  pool,
  networkInterfaceId,
}: Grant): HeldIpv6 | undefined {
  if (publicIpv6 === undefined || pool === undefined) return undefined;
  const { address, assignedByUs } = publicIpv6;
  return { owner, pool, networkInterfaceId, address, assignedByUs };
}

/**
 * What a grant whose IPv4 side is held comes to with its IPv6 side maintained, too. A loss of that is one of the whole identity:
 * it is advertised as one. `let-go`: the caller did not want it put back.
 */
export async function maintainBeside(
  session: CloudSession,
  grant: Grant,
  call: Pick<MaintainCall, 'claimAgeMs' | 'mayWrite'>,
  state: Held,
): Promise<GrantState | 'let-go'> {
  const held = ipv6ClaimOf(grant);
  if (held === undefined) return state;
  // what was claimed anew is told before an outage is sat through a second time
  const isClaimedAnew = state.grant.associationId !== grant.associationId;
  if (isClaimedAnew && state.unrepaired !== undefined) return state;
  try {
    const six = await maintainIpv6(session, held, call);
    switch (six.kind) {
      case 'held':
        return { ...state, repaired: [...state.repaired, ...six.repaired] };
      case 'let-go':
        return 'let-go';
      case 'lost':
        return {
          kind: 'lost',
          because: 'ipv6-taken',
          message: six.message,
          associationId: undefined,
        };
      default:
        return six satisfies never;
    }
  } catch (error) {
    // what was done of IPv4 is told all the same
    return { ...state, unrepaired: translateEc2Error(error, `maintaining ${held.address}`) };
  }
}

/**
 * Looks whether the address is where it was, and puts back what is lost of it. `lost` only when two looks a pause
 * apart show it to be another's, and the claim is older than describes lag.
 * @throws CoreError ClaimInDoubt while that may still be from before the claim.
 */
export async function maintainIpv6(
  session: CloudSession,
  held: HeldIpv6,
  { claimAgeMs, mayWrite = async () => true }: Pick<MaintainCall, 'claimAgeMs' | 'mayWrite'>,
): Promise<Ipv6State> {
  const first = await look(session, held);
  if (first.kind === 'held') return { kind: 'held', repaired: [] };
  await secondLook(session, held);
  const second = await look(session, held);
  if (second.kind === 'held') return { kind: 'held', repaired: [] };
  if (second.kind === 'taken') {
    const { message } = second;
    if (first.kind === 'taken' && claimAgeMs >= describeLagMs) return { kind: 'lost', message };
    throw inDoubt(held, message);
  }
  if (!(await mayWrite({ isRecorded: second.isRecorded }))) return { kind: 'let-go' };
  const before = session.journal.length;
  await holdIpv6(session, held, {
    isOurs: held.assignedByUs,
    isStanding: true,
    onReplacing: (record) => {
      throw inDoubt(held, sayRecorded(held, record));
    },
  });
  const repaired = session.journal.slice(before);
  // a write may have waited long for its turn
  if (repaired.length === 0 || (await mayWrite({ isRecorded: true }))) {
    return { kind: 'held', repaired };
  }
  await releaseIpv6(session, held);
  return { kind: 'let-go' };
}

async function look(session: CloudSession, held: HeldIpv6): Promise<Sighting> {
  const { address, owner, networkInterfaceId, assignedByUs } = held;
  const eni = await readInterface(session, held);
  const record = eni && ipv6RecordOf(eni, address);
  if (record !== undefined && record.owner.uid !== owner.uid) {
    return { kind: 'taken', message: sayRecorded(held, record) };
  }
  const isRecorded = record !== undefined;
  if (eni?.ipv6Addresses?.includes(address) === true) {
    // one that was there before us needs no record
    return isRecorded || !assignedByUs ? { kind: 'held' } : { kind: 'not-whole', isRecorded };
  }
  const holder = await findIpv6Holder(session, address);
  if (holder === undefined || holder.networkInterfaceId === networkInterfaceId) {
    return { kind: 'not-whole', isRecorded };
  }
  return { kind: 'taken', message: `${address} is on ${holder.networkInterfaceId}` };
}

function sayRecorded({ address, networkInterfaceId }: Ipv6Claim, { owner }: Ipv6Record): string {
  const { namespace, pod, uid } = owner;
  return `${address} on ${networkInterfaceId} is recorded as ${namespace}/${pod}'s (${uid})`;
}

async function secondLook(session: CloudSession, { address }: Ipv6Claim): Promise<void> {
  try {
    await session.clock.wait(secondLookMs, session.signal);
  } catch (error) {
    throwIfAborted(session, `looking for ${address} again`);
    throw error;
  }
}

function inDoubt({ address }: Ipv6Claim, message: string): CoreError {
  return new CoreError({
    code: 'ClaimInDoubt',
    message: `Whether ${address} is still ours: ${message}, which may be from before it was assigned`,
    remedy: 'Nothing: EC2 is asked again.',
    retry: 'later',
  });
}
