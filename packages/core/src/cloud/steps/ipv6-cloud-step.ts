import type { Ipv6Address } from '../../identity/ipv6-address.ts';

/** One write to EC2 about an IPv6 address. */
export type Ipv6CloudStep =
  | {
      readonly kind: 'assign-ipv6-address';
      readonly networkInterfaceId: string;
      readonly address: Ipv6Address;
    }
  | {
      readonly kind: 'unassign-ipv6-address';
      readonly networkInterfaceId: string;
      readonly address: Ipv6Address;
    }
  /** Whose an IPv6 address is, on its network interface. */
  | {
      readonly kind: 'tag-ipv6-owner' | 'untag-ipv6-owner';
      readonly networkInterfaceId: string;
      readonly address: Ipv6Address;
      readonly value: string;
    };

export function isIpv6CloudStep(step: { readonly kind: string }): step is Ipv6CloudStep {
  return step.kind.includes('-ipv6-');
}
