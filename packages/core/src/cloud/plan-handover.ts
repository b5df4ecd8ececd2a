import { parseIpv4Address } from '../identity/address.ts';
import { formatHandover, handoverTagKey } from '../identity/handover.ts';
import type { Owner } from '../identity/owner.ts';
import type { CloudStep, TagStep } from './cloud-step.ts';
import { doubtAboutCluster, doubtAboutOwner } from './doubt-about-pods.ts';
import type { ElasticIp } from './ec2-api.ts';
import type { LivePods } from './liveness.ts';
import { ownerRecordOf } from './view.ts';

/** Who asks for an address, and how far it has come. */
export interface Handover {
  readonly by: Owner;
  /** Until when the holder is asked, in milliseconds since 1970. */
  readonly untilMs: number;
  /** True once its time is over. */
  readonly isOver: boolean;
  /** True: then it is taken from a holder that may live, and has not been fenced. */
  readonly force: boolean;
  /** The hold that was asked for already. */
  readonly asked: string | undefined;
}

/** What is to be done next. */
export type HandoverPlan =
  | { readonly kind: 'free' }
  | { readonly kind: 'ours' }
  | { readonly kind: 'ask'; readonly associationId: string; readonly step: TagStep }
  | { readonly kind: 'wait'; readonly holder: Owner }
  /** Taken off the holder by the id of its association, which is compare-and-delete. */
  | { readonly kind: 'take'; readonly because: 'holder-dead' | 'forced'; readonly step: CloudStep }
  | { readonly kind: 'silent'; readonly holder: Owner; readonly doubt: string }
  /** Nobody's that truetuple knows of. */
  | { readonly kind: 'unknown-holder' };

/** The step that wrote the request which an address shows; undefined when it shows none. */
export function askedOn({ allocationId, tags }: ElasticIp): TagStep | undefined {
  const value = tags.find(({ key }) => key === handoverTagKey)?.value;
  return value === undefined ? undefined : { kind: 'tag-handover', allocationId, value };
}

/**
 * Pure: how an address comes from a holder to whoever asks. A holder that lives is asked, and takes itself off: only it
 * knows that its packets have ended. One that is proven dead is asked nothing. One that neither answers nor is
 * proven dead keeps it, unless it is forced.
 */
export function planHandover(handover: Handover, address: ElasticIp, live: LivePods): HandoverPlan {
  const { by, untilMs, isOver, force, asked } = handover;
  const { allocationId, associationId } = address;
  if (associationId === undefined) return { kind: 'free' };
  const record = ownerRecordOf(address);
  if (record === undefined) return { kind: 'unknown-holder' };
  const holder = record.owner;
  if (holder.uid === by.uid) return { kind: 'ours' };
  const publicIp = parseIpv4Address(address.publicIp, 'public IP');
  const step = { kind: 'disassociate-address', associationId, publicIp } as const;
  const doubt = doubtAboutCluster(live, holder) ?? doubtAboutOwner(live, holder);
  if (doubt === undefined) return { kind: 'take', because: 'holder-dead', step };
  if (isOver) {
    return force ? { kind: 'take', because: 'forced', step } : { kind: 'silent', holder, doubt };
  }
  if (asked === associationId) return { kind: 'wait', holder };
  const value = formatHandover({ by, associationId, untilMs });
  return { kind: 'ask', associationId, step: { kind: 'tag-handover', allocationId, value } };
}
