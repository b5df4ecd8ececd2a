import type { NetworkNamespace } from '../network-namespace.ts';
import type { ipv4Settings } from '../schema/link.ts';
import type { UnknownAttribute } from '../wire/attribute-cursor.ts';

/** Which link: by name (up to 15 characters) or by index. */
export type LinkRef = { readonly name: string } | { readonly index: number };

/** A link as the kernel reports it (RTM_NEWLINK). */
export interface Link {
  readonly index: number;
  readonly name: string;
  /** `veth`, `macvlan`, `ipvlan`, `bridge`, ...; absent for hardware and the loopback. */
  readonly kind?: string;
  /** Lower case with colons. */
  readonly macAddress?: string;
  /** Bytes. */
  readonly mtu: number;
  /** Administratively up (IFF_UP). */
  readonly up: boolean;
  /** Its carrier is there (IFF_LOWER_UP). */
  readonly lowerUp: boolean;
  /** veth: the peer; macvlan, ipvlan: the parent. In the namespace `parentNetnsId`, if given. */
  readonly parentIndex?: number;
  readonly parentNetnsId?: number;
  /** The bridge (or bond, VRF) it belongs to. */
  readonly masterIndex?: number;
  readonly ipv4: Ipv4LinkSettings;
  /** Attributes this package has no name for, as they came. */
  readonly unknownAttributes: readonly UnknownAttribute[];
}

type SettingTable = typeof ipv4Settings;
type SettingValues = {
  readonly [K in keyof SettingTable]: SettingTable[K]['type'] extends 'boolean' ? boolean : number;
};

/**
 * What /proc/sys/net/ipv4/conf/<link>/ shows, read and written by netlink instead (IFLA_AF_SPEC,
 * AF_INET, IFLA_INET_CONF): CAP_NET_ADMIN suffices, even where /proc/sys is read-only.
 */
export interface Ipv4LinkSettings extends SettingValues {
  /** False: the kernel keeps no IPv4 settings for this link (MTU below 68); the rest says nothing. */
  readonly available: boolean;
}

interface NewLinkCommon {
  readonly name: string;
  /** The namespace it is made in; default: that of the netlink socket. A number is a descriptor. */
  readonly netns?: NetworkNamespace | number;
  readonly macAddress?: string;
  readonly mtu?: number;
  readonly up?: boolean;
}

/** What `links.add` makes. `parentIndex` counts in the namespace of the netlink socket. */
export type NewLink =
  | (NewLinkCommon & { readonly kind: 'veth'; readonly peer: NewLinkCommon })
  | (NewLinkCommon & {
      readonly kind: 'macvlan';
      readonly parentIndex: number;
      readonly mode: 'bridge' | 'private' | 'vepa' | 'passthru';
    })
  | (NewLinkCommon & {
      readonly kind: 'ipvlan';
      readonly parentIndex: number;
      readonly mode: 'l2' | 'l3' | 'l3s';
      readonly flags?: 'bridge' | 'private' | 'vepa';
    })
  | (NewLinkCommon & { readonly kind: 'bridge' })
  | (NewLinkCommon & { readonly kind: 'dummy' });

/** What `links.set` changes; what is absent stays. */
export interface LinkChange {
  readonly up?: boolean;
  readonly name?: string;
  readonly mtu?: number;
  readonly macAddress?: string;
  /** Moves the link; its addresses and routes are lost. A number is a descriptor. */
  readonly netns?: NetworkNamespace | number;
  /** 0: no master. */
  readonly masterIndex?: number;
  readonly ipv4?: Partial<Omit<Ipv4LinkSettings, 'available'>>;
}
