import { networkOf } from '../../identity/address.ts';
import type { LinkAddress } from '../../kernel/kernel-port.ts';
import { dropIpv6RoutesBy, takeIpv6Down } from './fake-ipv6.ts';
import { forgetNeighbours } from './fake-neighbours.ts';
import { FakeRefusal } from './fake-refusal.ts';
import { putRoute } from './fake-routes.ts';
import { kernelProtocol, mainTable, type FakeLink, type FakeWorld } from './fake-world.ts';

/** Link down: every unicast route by it vanishes, in all tables, with no event for them. Addresses stay. */
export function setLinkUp(world: FakeWorld, link: FakeLink, up: boolean): void {
  link.up = up;
  if (!up) {
    dropRoutesBy(world, link);
    takeIpv6Down(world, link);
    forgetNeighbours(world, link);
  } else for (const address of link.addresses) connect(world, link, address);
}

/** Link deletion takes its addresses and routes along; rules stay. */
export function removeLink(world: FakeWorld, link: FakeLink): void {
  dropRoutesBy(world, link);
  dropIpv6RoutesBy(world, link);
  forgetNeighbours(world, link);
  world.links = world.links.filter((other) => other !== link);
}

/** __inet_insert_ifa: the first address of a subnet is primary and stands before all secondary ones. */
export function addAddress(world: FakeWorld, link: FakeLink, added: LinkAddress): void {
  if (link.addresses.some((held) => held.address === added.address && isSameSubnet(held, added))) {
    throw new FakeRefusal('EEXIST', 'ipv4: Address already assigned');
  }
  let place = 0;
  let secondary = false;
  for (const [position, held] of link.addresses.entries()) {
    if (!isSecondary(link, held) && scopeNumber[added.scope] <= scopeNumber[held.scope]) {
      place = position + 1;
    }
    if (!isSameSubnet(held, added)) continue;
    if (held.scope !== added.scope) throw new FakeRefusal('EINVAL', 'ipv4: Invalid scope value');
    secondary = true;
  }
  link.addresses.splice(secondary ? link.addresses.length : place, 0, added);
  if (link.up) connect(world, link, added);
}

/** include/uapi/linux/rtnetlink.h RT_SCOPE_*: the greater, the narrower. */
const scopeNumber: Readonly<Record<LinkAddress['scope'], number>> = {
  global: 0,
  site: 200,
  link: 253,
  host: 254,
  nowhere: 255,
};

function isSameSubnet(a: LinkAddress, b: LinkAddress): boolean {
  return (
    a.prefixLength === b.prefixLength &&
    networkOf(a.address, a.prefixLength) === networkOf(b.address, b.prefixLength)
  );
}

function isSecondary(link: FakeLink, address: LinkAddress): boolean {
  return link.addresses.find((held) => isSameSubnet(held, address)) !== address;
}

/** Also takes the subnet's route in the main table, and with the last address every route by the link. */
export function removeAddress(
  world: FakeWorld,
  link: FakeLink,
  removed: Pick<LinkAddress, 'address' | 'prefixLength'>,
): void {
  const held = link.addresses.find(
    ({ address, prefixLength }) =>
      address === removed.address && prefixLength === removed.prefixLength,
  );
  if (held === undefined) throw new FakeRefusal('EADDRNOTAVAIL', 'ipv4: Address not found');
  // a primary address takes the secondary ones of its subnet along (promote_secondaries is 0)
  const goes = isSecondary(link, held)
    ? (address: LinkAddress) => address === held
    : (address: LinkAddress) => isSameSubnet(address, held);
  link.addresses = link.addresses.filter((address) => !goes(address));
  if (link.addresses.length === 0) {
    dropRoutesBy(world, link);
    return;
  }
  const network = networkOf(held.address, held.prefixLength);
  const isConnected = link.addresses.some(
    ({ address, prefixLength }) => networkOf(address, prefixLength) === network,
  );
  if (isConnected) return;
  world.routes = world.routes.filter(
    (route) =>
      route.linkIndex !== link.index ||
      route.table !== mainTable ||
      route.protocol !== kernelProtocol ||
      route.destination !== network,
  );
}

/** fib_add_ifaddr: the subnet's route gives its primary address as source. */
function connect(world: FakeWorld, link: FakeLink, added: LinkAddress): void {
  const { address, prefixLength } = added;
  if (prefixLength === 32) return;
  const primary = link.addresses.find((held) => isSameSubnet(held, added)) ?? added;
  putRoute(world, {
    table: mainTable,
    type: 'unicast',
    destination: networkOf(address, prefixLength),
    linkIndex: link.index,
    source: primary.address,
    scope: 'link',
    metric: 0,
    onlink: false,
    protocol: kernelProtocol,
  });
}

function dropRoutesBy(world: FakeWorld, link: FakeLink): void {
  world.routes = world.routes.filter((route) => route.linkIndex !== link.index);
}
