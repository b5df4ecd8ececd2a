import type { Ipv6Address, Ipv6Cidr } from '../identity/ipv6-address.ts';
import type { Ipv6Settings } from './ipv6-link.ts';

/** One change of the kernel's IPv6 state. */
export type Ipv6Step =
  | { readonly kind: 'install-ipv6-fail-closed-route'; readonly table: number }
  | {
      readonly kind: 'add-ipv6-rule' | 'remove-ipv6-rule';
      readonly priority: number;
      readonly from: Ipv6Cidr;
      readonly table: number;
    }
  | {
      /** By /proc/sys, since netlink cannot: planned only where that may be written. */
      readonly kind: 'set-ipv6-settings';
      readonly linkIndex: number;
      readonly linkName: string;
      readonly settings: Ipv6Settings;
    }
  | {
      /** With IFA_F_NODAD: EC2 says who has an address, and a check would leave it unusable for a second. */
      readonly kind: 'add-ipv6-address' | 'remove-ipv6-address';
      readonly linkIndex: number;
      readonly linkName: string;
      readonly address: Ipv6Address;
      readonly prefixLength: number;
    }
  | {
      readonly kind: 'replace-ipv6-route';
      readonly table: number;
      readonly destination: Ipv6Cidr;
      readonly linkIndex: number;
      readonly linkName: string;
      readonly gateway: Ipv6Address;
      readonly mtu?: number;
    }
  | {
      readonly kind: 'remove-ipv6-route';
      readonly table: number;
      readonly destination: Ipv6Cidr;
      readonly linkIndex: number;
      readonly linkName: string;
      readonly metric: number;
    };

export function isIpv6Step(step: { readonly kind: string }): step is Ipv6Step {
  return step.kind.includes('-ipv6-');
}
