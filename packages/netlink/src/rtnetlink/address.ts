import type { UnknownAttribute } from '../wire/attribute-cursor.ts';
import type { Family } from '../wire/ip-address.ts';
import type { Scope } from './scope.ts';

/** An address on a link (RTM_NEWADDR). */
export interface Address {
  readonly family: Family;
  readonly linkIndex: number;
  /** With its prefix length: `10.0.2.128/24`. */
  readonly address: string;
  readonly scope: Scope;
  /** The other end of a point-to-point link, when it differs: `10.0.2.1/32`. */
  readonly peer?: string;
  readonly broadcast?: string;
  /** IPv4 only; the link's name unless set. */
  readonly label?: string;
  /** The kernel made no route for its prefix. */
  readonly noPrefixRoute?: boolean;
  /** IPv6: it was not checked for duplicates. */
  readonly noDuplicateDetection?: boolean;
  readonly permanent?: boolean;
  /** IPv4: another address of the same subnet came first. */
  readonly secondary?: boolean;
  /** IPv6: not usable yet, the duplicate check runs. */
  readonly tentative?: boolean;
  readonly duplicateFound?: boolean;
  readonly deprecated?: boolean;
  /** IPv6: usable before the duplicate check has ended (RFC 4429). */
  readonly optimistic?: boolean;
  /** IPv6: the home address of a mobile node (RFC 6275). */
  readonly homeAddress?: boolean;
  /** IPv6: temporary addresses are made of it (RFC 8981). */
  readonly manageTemporary?: boolean;
  /** A multicast address: the kernel joins its group. */
  readonly multicastAutoJoin?: boolean;
  /** How long it may still be used for new connections, and at all; seconds. Absent: for ever. */
  readonly preferredSeconds?: number;
  readonly validSeconds?: number;
  /** The metric of the route for its prefix. */
  readonly prefixRouteMetric?: number;
  /** Who made it (IFA_PROTO, kernel 5.18 and later). */
  readonly protocol?: number;
  readonly unknownAttributes?: readonly UnknownAttribute[];
}

/** What only the kernel says of an address. */
type Told =
  | 'secondary'
  | 'tentative'
  | 'duplicateFound'
  | 'deprecated'
  | 'permanent'
  | 'unknownAttributes';

/**
 * What `addresses.add` takes: family and scope follow from the address unless given. A `preferredSeconds` of 0 makes it deprecated.
 */
export type NewAddress = Omit<Address, 'family' | 'scope' | Told> & {
  readonly family?: Family;
  readonly scope?: Scope;
};

/** What names an address: no other on its link is equal in these. */
export type AddressKey = Pick<Address, 'linkIndex' | 'address' | 'peer'>;

/** Which addresses to list; the kernel filters. */
export interface AddressFilter {
  readonly linkIndex?: number;
  readonly family?: Family;
}
