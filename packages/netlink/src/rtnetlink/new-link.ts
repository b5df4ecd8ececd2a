import type { NetworkNamespace } from '../network-namespace.ts';
import type { ipvlanFlag, ipvlanMode, macvlanMode, vlanProtocol } from '../schema/link-kind.ts';

/** What every new link is told, of whatever kind (RTM_NEWLINK). */
export interface NewLinkCommon {
  /** Up to 15 characters. */
  readonly name: string;
  /** The namespace it is made in; default: that of the netlink socket. A number is a descriptor. */
  readonly netns?: NetworkNamespace | number;
  readonly macAddress?: string;
  /** Bytes. */
  readonly mtu?: number;
  /** Packets. */
  readonly txQueueLength?: number;
  /** Default: what the kind has. */
  readonly txQueues?: number;
  readonly rxQueues?: number;
  /** The bridge, bond or VRF that it joins. */
  readonly masterIndex?: number;
  readonly up?: boolean;
}

/** What is set when a bridge is made; what is left out is the kernel's default. */
export interface BridgeOptions {
  readonly stp?: boolean;
  readonly vlanFiltering?: boolean;
  readonly multicastSnooping?: boolean;
  /** Hundredths of a second, as the kernel counts them. */
  readonly forwardDelayCs?: number;
  readonly helloTimeCs?: number;
  readonly ageingTimeCs?: number;
}

/** What a vxlan link is told (IFLA_VXLAN_*, linux/if_link.h; RFC 7348). */
export interface VxlanOptions {
  /** VNI, 24 bits. */
  readonly id: number;
  /** One remote host, or a multicast group; IPv4 or IPv6. */
  readonly remote?: string;
  readonly local?: string;
  /** Which link it sends by; needed for a group. */
  readonly parentIndex?: number;
  /** UDP; 4789 (RFC 7348) unless given: the kernel's own default is 8472. */
  readonly port?: number;
  readonly ttl?: number;
  readonly learning?: boolean;
  /** Seconds. */
  readonly ageing?: number;
}

/** What `links.add` makes. `parentIndex` counts in the namespace of the netlink socket. */
export type NewLink = NewLinkCommon &
  (
    | { readonly kind: 'veth'; readonly peer: NewLinkCommon }
    | {
        readonly kind: 'macvlan' | 'macvtap';
        readonly parentIndex: number;
        readonly mode: keyof typeof macvlanMode;
      }
    | {
        readonly kind: 'ipvlan' | 'ipvtap';
        readonly parentIndex: number;
        readonly mode: keyof typeof ipvlanMode;
        readonly flags?: keyof typeof ipvlanFlag;
      }
    | {
        readonly kind: 'vlan';
        readonly parentIndex: number;
        /** 0 to 4094. */
        readonly id: number;
        readonly protocol?: keyof typeof vlanProtocol;
      }
    | ({ readonly kind: 'vxlan' } & VxlanOptions)
    | ({ readonly kind: 'bridge' } & BridgeOptions)
    | { readonly kind: 'vrf'; readonly table: number }
    | { readonly kind: 'dummy' | 'ifb' }
  );

type Told<T> = { readonly [K in keyof T]?: T[K] };

/** What a link of a known kind says of itself (IFLA_INFO_DATA). */
export type LinkDetails =
  | { readonly kind: 'macvlan' | 'macvtap'; readonly mode?: keyof typeof macvlanMode }
  | {
      readonly kind: 'ipvlan' | 'ipvtap';
      readonly mode?: keyof typeof ipvlanMode;
      readonly flags?: keyof typeof ipvlanFlag;
    }
  | {
      readonly kind: 'vlan';
      readonly id?: number;
      readonly protocol?: keyof typeof vlanProtocol;
    }
  | ({ readonly kind: 'vxlan' } & Told<VxlanOptions>)
  | ({ readonly kind: 'bridge' } & BridgeOptions)
  | { readonly kind: 'vrf'; readonly table?: number };
