import { CoreError } from '../../errors.ts';
import type { Ipv6Address } from '../../identity/ipv6-address.ts';
import { stableNameOf, type Owner } from '../../identity/owner.ts';
import { doubtAboutOwner } from '../doubt-about-pods.ts';
import type { NetworkInterface } from '../ec2/ec2-api.ts';
import type { LivePods, Liveness } from '../liveness.ts';
import { pause, readCloud, sessionForUndo, type CloudSession } from '../observe/cloud-session.ts';
import { carryOut } from '../steps/carry-out.ts';
import type { CloudStep } from '../steps/cloud-step.ts';
import { findIpv6Holder } from './ipv6-holder.ts';
import { formatIpv6Owner, ipv6RecordOf, type Ipv6Record } from './ipv6-record.ts';

/** One IPv6 address on one network interface, for one pod. */
export interface Ipv6Claim {
  readonly owner: Owner;
  readonly pool: string;
  readonly networkInterfaceId: string;
  readonly address: Ipv6Address;
}

/** Looks for a record that a describe may not show yet. */
const looksInDoubt = 6;
const nobodyKnown: LivePods = { complete: false, pods: [] };

/** What is known beside what EC2 shows. */
export interface HoldOptions {
  /** Proves pods dead; default nobody is. */
  readonly live?: Liveness | undefined;
  /** True when nobody but truetuple can have assigned the address: then a record that is not shown is written again. */
  readonly isOurs?: boolean;
  /**
   * True for what stands published, or is maintained: it is believed as a describe shows it. Else what one shows as ours may have ended
   * since, and is recorded and assigned again, which changes nothing if it stands (decision 0022). Default false.
   */
  readonly isStanding?: boolean;
  /** Called with another pod's record before ours is written over it: it may throw. */
  readonly onReplacing?: (record: Ipv6Record) => void;
  /** Filled in for whoever may have to undo the hold. */
  readonly trace?: HoldTrace;
}

/** What a hold changed. */
export interface HoldTrace {
  /** The record of another pod, over which ours was written. */
  replaced?: string;
  /** False once EC2 has said that the address was there before. */
  mayHaveAssigned?: boolean;
}

/**
 * Puts the address on the network interface, its record before it, so that a crash leaves nothing that no record
 * names. An address that is there with no record is somebody's own doing and not ours to take off. Writes
 * nothing when what stands is shown to be in place.
 * @returns whether truetuple assigned it
 * @throws CoreError Ipv6AddressHeldElsewhere when another network interface has it, whose pod is not proven dead
 */
export async function holdIpv6(
  session: CloudSession,
  claim: Ipv6Claim,
  { live, isOurs = false, isStanding = false, onReplacing, trace = {} }: HoldOptions = {},
): Promise<boolean> {
  let hasFreed = false;
  let hadStood: boolean | undefined;
  for (;;) {
    const eni = await readInterface(session, claim);
    if (eni === undefined) throw interfaceGone(claim);
    const record = ipv6RecordOf(eni, claim.address);
    const isThere = (eni.ipv6Addresses ?? []).includes(claim.address);
    if (isThere && record === undefined && !isOurs) return false;
    const isOwn = record?.value === ownValue(claim);
    hadStood ??= isThere && isOwn;
    if (record !== undefined && record.owner.uid !== claim.owner.uid) {
      onReplacing?.(record);
      trace.replaced = record.value;
    }
    // what could not be written is decided anew: after an outage the address may be another pod's
    const isDue = !isStanding || !isOwn;
    if (isDue && (await carryOut(session, tagStep(claim))) !== 'done') continue;
    if (isThere && isStanding) return true;
    try {
      let wasThere = false;
      trace.mayHaveAssigned = true;
      const carried = await carryOut(session, assignStep(claim), () => (wasThere = true));
      if (carried !== 'done') continue;
      trace.mayHaveAssigned = !wasThere;
      if (wasThere && hadStood) forgetRecord(session);
      // a record that was there before this call says that it is ours, be it a dead process's doing
      if (!wasThere || isOurs || record !== undefined) return true;
      // somebody else's, which a stale describe did not show
      await insist(session, untagStep(claim, ownValue(claim)));
      return false;
    } catch (error) {
      if (!isHeldElsewhere(error) || live === undefined || hasFreed) throw error;
      hasFreed = true;
      await freeFromDead(session, claim, { live, refused: error });
    }
  }
}

/**
 * Takes the address off, then its record, while the record is shown to be this pod's. Where no describe shows one, only what stands on
 * the pod's own link under a claim so young that describes may be from before it. Idempotent. What it cannot show to be ours is left
 * to the reaper.
 */
export async function releaseIpv6(
  session: CloudSession,
  claim: Ipv6Claim,
  { isYoungOnLink = false }: { readonly isYoungOnLink?: boolean } = {},
): Promise<void> {
  for (let looks = 1; ; looks++) {
    const eni = await readInterface(session, claim);
    if (eni === undefined) return;
    const record = ipv6RecordOf(eni, claim.address);
    if (record !== undefined && record.owner.uid !== claim.owner.uid) return;
    if (record !== undefined || isYoungOnLink) {
      if ((await carryOut(session, unassignStep(claim))) !== 'done') continue;
      await insist(session, untagStep(claim, record?.value ?? ownValue(claim)));
      return;
    }
    if (looks === looksInDoubt) return;
    await pause(session, `looking for the record of ${claim.address} again`);
  }
}

/**
 * Takes back a hold whose record this very session wrote. One that stood before stays, and of another pod's, which ours replaced, it is as
 * it was: that pod may live, or the reaper takes the address off. What another pod has recorded since is that one's.
 */
export async function undoHoldIpv6(
  session: CloudSession,
  claim: Ipv6Claim,
  { replaced, mayHaveAssigned = true }: HoldTrace,
): Promise<void> {
  const undo = sessionForUndo(session);
  const records = session.journal.filter(
    (step) => step.kind === 'tag-ipv6-owner' || step.kind === 'untag-ipv6-owner',
  );
  if (records.at(-1)?.kind !== 'tag-ipv6-owner') return;
  const eni = await readInterface(undo, claim);
  const { owner, value } = (eni && ipv6RecordOf(eni, claim.address)) ?? { owner: claim.owner };
  // somebody has come after us; a describe from before ours may show whose was replaced
  if (eni === undefined || (owner.uid !== claim.owner.uid && value !== replaced)) return;
  if (replaced === undefined || mayHaveAssigned) await insist(undo, unassignStep(claim));
  await insist(
    undo,
    replaced === undefined ? untagStep(claim, ownValue(claim)) : tagStep(claim, replaced),
  );
}

/** What was recorded again as it stood is not this session's to take back. */
function forgetRecord(session: CloudSession): void {
  session.journal = session.journal.filter(({ kind }) => kind !== 'tag-ipv6-owner');
}

/** Takes the address off the network interface of a pod that is proven dead, by its record there. */
async function freeFromDead(
  session: CloudSession,
  claim: Ipv6Claim,
  { live, refused }: { readonly live: Liveness; readonly refused: CoreError },
): Promise<void> {
  const holder = await findIpv6Holder(session, claim.address);
  // gone meanwhile: the next try tells
  if (holder === undefined || holder.networkInterfaceId === claim.networkInterfaceId) return;
  const record = ipv6RecordOf(holder, claim.address);
  if (record === undefined) throw refused;
  const pods = await live.livePods().catch(() => nobodyKnown);
  const doubt = doubtAboutOwner(pods, record.owner);
  if (doubt !== undefined) {
    throw new CoreError({
      code: refused.code,
      message: `${refused.message}; it is not taken over from ${stableNameOf(record.owner)}: ${doubt}`,
      remedy: refused.remedy,
      retry: refused.retry,
      cause: refused,
    });
  }
  const dead = { ...claim, networkInterfaceId: holder.networkInterfaceId };
  await insist(session, unassignStep(dead));
  await insist(session, untagStep(dead, record.value));
}

function isHeldElsewhere(error: unknown): error is CoreError {
  return CoreError.is(error) && error.code === 'Ipv6AddressHeldElsewhere';
}

/** Carries a step out, again after what looking again can solve. */
async function insist(session: CloudSession, step: CloudStep): Promise<void> {
  while ((await carryOut(session, step)) !== 'done');
}

/** The network interface as EC2 shows it; undefined when it is gone. */
export async function readInterface(
  session: CloudSession,
  { networkInterfaceId, address }: Ipv6Claim,
): Promise<NetworkInterface | undefined> {
  const filters = [{ name: 'network-interface-id', values: [networkInterfaceId] }];
  const [eni] = await readCloud(session, `reading ${networkInterfaceId} for ${address}`, (call) =>
    session.ec2.describeNetworkInterfaces({ filters }, call),
  );
  return eni;
}

function ownValue({ owner, pool }: Ipv6Claim): string {
  return formatIpv6Owner(owner, pool);
}

type StepOf<Kind> = Extract<CloudStep, { readonly kind: Kind }>;

function assignStep({ networkInterfaceId, address }: Ipv6Claim): StepOf<'assign-ipv6-address'> {
  return { kind: 'assign-ipv6-address', networkInterfaceId, address };
}

function unassignStep({ networkInterfaceId, address }: Ipv6Claim): CloudStep {
  return { kind: 'unassign-ipv6-address', networkInterfaceId, address };
}

function tagStep(claim: Ipv6Claim, value: string = ownValue(claim)): CloudStep {
  const { networkInterfaceId, address } = claim;
  return { kind: 'tag-ipv6-owner', networkInterfaceId, address, value };
}

function untagStep({ networkInterfaceId, address }: Ipv6Claim, value: string): CloudStep {
  return { kind: 'untag-ipv6-owner', networkInterfaceId, address, value };
}

function interfaceGone({ networkInterfaceId, address }: Ipv6Claim): CoreError {
  return new CoreError({
    code: 'NetworkInterfaceNotFound',
    message: `Assigning ${address} to ${networkInterfaceId}: EC2 does not show that network interface`,
    remedy: 'Check that the ENI exists, is attached to this node, and that the region is right.',
    retry: 'later',
  });
}
