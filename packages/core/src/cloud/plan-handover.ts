import { parseIpv4Address } from '../identity/address.ts';
import { formatHandover } from '../identity/handover.ts';
import type { Owner } from '../identity/owner.ts';
import { doubtAboutOwner } from './doubt-about-pods.ts';
import type { ElasticIp } from './ec2/ec2-api.ts';
import type { LivePods } from './liveness.ts';
import { requestOn } from './observe/shown-request.ts';
import { ownerRecordOf } from './observe/view.ts';
import type { CloudStep, TagStep } from './steps/cloud-step.ts';

/** Who asks for an address, and how far it has come. */
export interface Handover {
  readonly by: Owner;
  /** Of whoever asks, where that is known. */
  readonly privateIp: string | undefined;
  /** Until when the holder is asked, in milliseconds since 1970. */
  readonly untilMs: number;
  /** True once its time is over. */
  readonly isOver: boolean;
  /** True: then it is taken from a holder that may live, and has not been fenced. */
  readonly force: boolean;
  /** The hold that was asked for already. */
  readonly asked: string | undefined;
  /** The UID of a holder that no list of live pods has had for long enough. */
  readonly dead: string | undefined;
}

/** What is to be done next. */
export type HandoverPlan =
  /** `isGivenUp`: whoever had it has taken its record off, which a release does last. */
  | { readonly kind: 'free'; readonly isGivenUp: boolean }
  | { readonly kind: 'ours' }
  | { readonly kind: 'ask'; readonly associationId: string; readonly step: TagStep }
  | { readonly kind: 'wait'; readonly holder: Owner | undefined }
  /** Taken off the holder by the id of its association, which is compare-and-delete. */
  | { readonly kind: 'take'; readonly because: 'holder-dead' | 'forced'; readonly step: CloudStep }
  | { readonly kind: 'silent'; readonly holder: Owner; readonly doubt: string }
  /** Nobody's that truetuple knows of. */
  | { readonly kind: 'unknown-holder' };

/** False for an address that does not show the request that was made. */
function isAfterRequest(address: ElasticIp, { by, asked }: Handover): boolean {
  const request = requestOn(address);
  return asked === undefined || (request?.by.uid === by.uid && request.associationId === asked);
}

const notMissingForLong =
  'no list of live pods has had it, but not for long enough: it may be younger than the list';

/** Why whoever holds an address may live; undefined when a list says that he does not. */
export function doubtAboutHolder(address: ElasticIp, live: LivePods): string | undefined {
  const owner = ownerRecordOf(address)?.owner;
  if (owner === undefined) return 'no record says who holds it';
  return doubtAboutOwner(live, owner);
}

/**
 * Pure: how an address comes from a holder to whoever asks. A holder that lives is asked, and takes itself off: only it
 * knows that its packets have ended. A list that does not have it may be from before it began, so it is asked all the same, and taken from once
 * it has been missing for long enough. One that neither answers nor is proven dead keeps it, unless it is forced.
 */
export function planHandover(handover: Handover, address: ElasticIp, live: LivePods): HandoverPlan {
  const { by, privateIp, untilMs, isOver, force, asked, dead } = handover;
  const { allocationId, associationId } = address;
  const record = ownerRecordOf(address);
  if (associationId === undefined) {
    const isUnrecorded = record === undefined || record.owner.uid === by.uid;
    // what does not show our request is from before it, and maybe from before the hold
    const isGivenUp = isUnrecorded && isAfterRequest(address, handover);
    const isDead = dead !== undefined && dead === record?.owner.uid;
    if (asked === undefined || isGivenUp || isOver || isDead) return { kind: 'free', isGivenUp };
    // or its release is under way, or somebody else ended its hold and it will claim it anew
    return { kind: 'wait', holder: record?.owner };
  }
  // its claim, before its record; or what a dead pod left on it, which an ensure takes for what it is
  if (privateIp !== undefined && address.privateIpAddress === privateIp) return { kind: 'ours' };
  if (record === undefined) return { kind: 'unknown-holder' };
  const holder = record.owner;
  if (holder.uid === by.uid) return { kind: 'ours' };
  const publicIp = parseIpv4Address(address.publicIp, 'public IP');
  const step = { kind: 'disassociate-address', associationId, publicIp } as const;
  if (dead === holder.uid) return { kind: 'take', because: 'holder-dead', step };
  const doubt = doubtAboutHolder(address, live) ?? notMissingForLong;
  if (isOver) {
    return force ? { kind: 'take', because: 'forced', step } : { kind: 'silent', holder, doubt };
  }
  if (asked === associationId) return { kind: 'wait', holder };
  const value = formatHandover({ by, associationId, untilMs });
  return { kind: 'ask', associationId, step: { kind: 'tag-handover', allocationId, value } };
}
