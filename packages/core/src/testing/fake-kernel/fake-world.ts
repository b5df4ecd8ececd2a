import { parseIpv4Address, type Ipv4Address } from '../../identity/address.ts';
import type { HeldDeliveryTable } from '../../kernel/delivery-table.ts';
import type {
  LinkAddress,
  LinkSettings,
  NeighbourEntry,
  SourceRule,
  TableRoute,
} from '../../kernel/kernel-port.ts';
import type { Ipv6Link, Ipv6Route, Ipv6Rule } from '../../kernel/ipv6-link.ts';
import { FakeRefusal } from './fake-refusal.ts';

/** All state of one fake network namespace. Mutable, and a plain JSON value. */
export interface FakeWorld {
  links: FakeLink[];
  allLinks: FakeAllLinks;
  routes: FakeRoute[];
  /** In the order in which they are tried. */
  rules: SourceRule[];
  /** In order of their addresses. */
  deliveryTables: HeldDeliveryTable[];
  neighbours: FakeNeighbour[];
  ipv6Routes: FakeIpv6Route[];
  /** In the order in which they are tried. */
  ipv6Rules: Ipv6Rule[];
}

/** Settings that count for each link beside its own (conf/all). */
export interface FakeAllLinks extends LinkSettings {
  /** Below 0: no link keeps an IPv6 address; above: each does. */
  readonly keepAddrOnDown: number;
}

/** A neighbour entry of a fake namespace. */
export interface FakeNeighbour extends NeighbourEntry {
  readonly linkIndex: number;
  readonly address: Ipv4Address;
}

/** A link of a fake namespace. */
export interface FakeLink {
  readonly index: number;
  name: string;
  readonly macAddress: string;
  /** Name of the parent link on the node: an address is on one slave of a parent at most. */
  readonly parent?: string;
  mtu: number;
  up: boolean;
  lowerUp: boolean;
  settings: LinkSettings;
  addresses: LinkAddress[];
  /** Undefined: as of a kernel without IPv6. */
  ipv6: FakeIpv6 | undefined;
}

/** A route of a fake namespace. */
export interface FakeRoute extends TableRoute {
  readonly table: number;
}

/** The IPv6 side of a fake link. */
export type FakeIpv6 = Pick<Ipv6Link, 'settings' | 'maySet' | 'addresses' | 'routers'>;

/** An IPv6 route of a fake namespace. */
export interface FakeIpv6Route extends Ipv6Route {
  readonly table: number;
}

/** include/uapi/linux/rtnetlink.h: RT_TABLE_*, RTPROT_KERNEL. */
export const localTable = 255;
export const mainTable = 254;
const defaultTable = 253;
export const kernelProtocol = 2;

/** A namespace as the kernel makes it: three rules and, but for lo, no links. */
export function emptyWorld(): FakeWorld {
  return {
    links: [],
    allLinks: { rpFilter: 0, arpAnnounce: 0, arpIgnore: 0, keepAddrOnDown: 0 },
    routes: [],
    rules: [
      kernelRule(0, localTable),
      kernelRule(32_766, mainTable),
      kernelRule(32_767, defaultTable),
    ],
    deliveryTables: [],
    neighbours: [],
    ipv6Routes: [],
    ipv6Rules: kernelIpv6Rules(),
  };
}

/** The two rules of a new namespace: IPv6 has no table "default". */
function kernelIpv6Rules(): Ipv6Rule[] {
  return [kernelRule(0, localTable), kernelRule(32_766, mainTable)];
}

function kernelRule(
  priority: number,
  table: number,
): Pick<SourceRule, 'priority' | 'table' | 'protocol' | 'hasMore'> {
  return { priority, table, protocol: kernelProtocol, hasMore: false };
}

export function linkByIndex(world: FakeWorld, index: number): FakeLink {
  const link = world.links.find((candidate) => candidate.index === index);
  if (link === undefined) throw new FakeRefusal('ENODEV', 'ipv4: Device not found');
  return link;
}

export function isLocalAddress(world: FakeWorld, address: Ipv4Address): boolean {
  return world.links.some((link) => link.addresses.some((held) => held.address === address));
}

/** With its prefix length, such as 10.0.2.128/24. */
export function splitAddress(cidr: string): Pick<LinkAddress, 'address' | 'prefixLength'> {
  const [address = '', prefixLength = '32'] = cidr.split('/');
  return { address: parseIpv4Address(address), prefixLength: Number(prefixLength) };
}

/** The link that has the address as a /32. */
export function linkWith({ links }: FakeWorld, publicIp: Ipv4Address): FakeLink | undefined {
  return links.find(({ addresses }) =>
    addresses.some(({ address, prefixLength }) => address === publicIp && prefixLength === 32),
  );
}
