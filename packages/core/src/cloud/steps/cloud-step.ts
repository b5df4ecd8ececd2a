import type { Cidr, Ipv4Address } from '../../identity/address.ts';
import { handoverTagKey } from '../../identity/handover.ts';
import { ownerTagKey, releasedTagKey } from '../../identity/owner.ts';

import type { Tag } from '../ec2/ec2-api.ts';
import type { Ipv6CloudStep } from './ipv6-cloud-step.ts';

/** One write to EC2. Each names the action it is carried out with. */
export type CloudStep =
  | { readonly kind: 'disable-source-dest-check'; readonly networkInterfaceId: string }
  | {
      readonly kind: 'assign-private-ip';
      readonly networkInterfaceId: string;
      readonly privateIp: Ipv4Address;
    }
  | {
      readonly kind: 'unassign-private-ip';
      readonly networkInterfaceId: string;
      readonly privateIp: Ipv4Address;
    }
  | {
      readonly kind: 'associate-address';
      readonly allocationId: string;
      readonly publicIp: Ipv4Address;
      readonly networkInterfaceId: string;
      readonly privateIp: Ipv4Address;
    }
  | {
      readonly kind: 'disassociate-address';
      readonly associationId: string;
      readonly publicIp: Ipv4Address;
    }
  | Ipv6CloudStep
  | { readonly kind: 'tag-owner'; readonly allocationId: string; readonly value: string }
  | { readonly kind: 'untag-owner'; readonly allocationId: string; readonly value: string }
  /** One more Elastic IP for the pool; the tags make it the pool's in the same call. */
  | {
      readonly kind: 'allocate-address';
      readonly tags: readonly Tag[];
      /** Undefined: the region's own. */
      readonly networkBorderGroup?: string | undefined;
    }
  /** Where a cool-down is set: when, and by whom, the address was let go. */
  | { readonly kind: 'tag-released'; readonly allocationId: string; readonly value: string }
  /** Asks the pod that holds the address to let it go. */
  | { readonly kind: 'tag-handover'; readonly allocationId: string; readonly value: string }
  | { readonly kind: 'untag-handover'; readonly allocationId: string; readonly value: string }
  | {
      readonly kind: 'create-route' | 'replace-route';
      readonly routeTableId: string;
      readonly destination: Cidr;
      readonly networkInterfaceId: string;
    }
  | {
      readonly kind: 'delete-route';
      readonly routeTableId: string;
      readonly destination: Cidr;
      /** The target it must still have just before it is deleted. */
      readonly networkInterfaceId: string;
    };

/** True when the same write, with the same values, is one of these. */
export function isAmong(step: CloudStep, steps: readonly CloudStep[]): boolean {
  return steps.some(
    (one) => one.kind === step.kind && JSON.stringify(one) === JSON.stringify(step),
  );
}

/** A step that writes or deletes one tag of an Elastic IP. */
export type TagStep = Extract<CloudStep, { readonly allocationId: string; readonly value: string }>;

export function tagKeyOf({ kind }: TagStep): string {
  switch (kind) {
    case 'tag-owner':
    case 'untag-owner':
      return ownerTagKey;
    case 'tag-released':
      return releasedTagKey;
    case 'tag-handover':
    case 'untag-handover':
      return handoverTagKey;
    default:
      return kind satisfies never;
  }
}
