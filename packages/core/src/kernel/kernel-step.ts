import type { Cidr, Ipv4Address } from '../identity/address.ts';
import type { BoundPorts } from '../identity/delivery.ts';
import type { DeliveryTable } from './delivery-table.ts';
import type { Ipv6Step } from './ipv6-step.ts';
import type { LinkSettings } from './kernel-port.ts';

/**
 * rtm_protocol and FRA_PROTOCOL of every route and rule that truetuple installs: a number that neither
 * linux/rtnetlink.h (RTPROT_*) nor iproute2's rt_protos nor FRR (186 to 198) has for anybody else.
 */
export const truetupleProtocol = 227;

/** The fail-closed route's metric: the greatest there is, so that any other route of its table wins. */
export const failClosedMetric = 0xffff_ffff;

/** Every destination: the default route. */
export const defaultDestination: Cidr = '0.0.0.0/0' as Cidr;

/** The source of a socket that is bound to 0.0.0.0, before the kernel has chosen one for the packet. */
export const unboundSource: Cidr = '0.0.0.0/32' as Cidr;

/** One change of kernel state. Names follow ip-route(8), ip-rule(8) and ip-address(8). */
export type KernelStep =
  | { readonly kind: 'install-fail-closed-route'; readonly table: number }
  | {
      readonly kind: 'add-rule';
      readonly priority: number;
      readonly from: Cidr;
      readonly table: number;
      /** Only packets from these ports. */
      readonly ports?: BoundPorts;
    }
  | {
      readonly kind: 'remove-rule';
      readonly priority: number;
      readonly from: Cidr;
      readonly table: number;
      readonly protocol: number;
      readonly ports?: BoundPorts;
    }
  | {
      readonly kind: 'set-link-settings';
      readonly linkIndex: number;
      readonly linkName: string;
      readonly settings: LinkSettings;
    }
  | {
      readonly kind: 'replace-route';
      readonly table: number;
      readonly destination: Cidr;
      readonly linkIndex: number;
      readonly linkName: string;
      readonly scope: 'global' | 'link';
      readonly gateway?: Ipv4Address;
      /** What a socket bound to nothing gets as its source; an address of the namespace. */
      readonly source?: Ipv4Address;
      readonly onlink: boolean;
      readonly mtu?: number;
    }
  | {
      readonly kind: 'remove-route';
      readonly table: number;
      readonly destination: Cidr;
      /** RTA_PRIORITY of the route that goes; 0 is the kernel's default. */
      readonly metric: number;
      readonly linkIndex: number;
      readonly linkName: string;
    }
  | {
      readonly kind: 'add-address';
      readonly linkIndex: number;
      readonly linkName: string;
      readonly address: Ipv4Address;
    }
  | {
      readonly kind: 'remove-address';
      readonly linkIndex: number;
      readonly linkName: string;
      readonly address: Ipv4Address;
    }
  | Ipv6Step
  | { readonly kind: 'replace-delivery-table'; readonly table: DeliveryTable }
  | { readonly kind: 'remove-delivery-table'; readonly publicIp: Ipv4Address };
