import { networkOf } from '../../identity/address.ts';
import type { LinkAddress } from '../../kernel/kernel-port.ts';
import { FakeRefusal } from './fake-refusal.ts';
import { putRoute } from './fake-routes.ts';
import { kernelProtocol, mainTable, type FakeLink, type FakeWorld } from './fake-world.ts';

/** Link down: every unicast route by it vanishes, in all tables, with no event for them. Addresses stay. */
export function setLinkUp(world: FakeWorld, link: FakeLink, up: boolean): void {
  link.up = up;
  if (!up) dropRoutesBy(world, link);
  else for (const address of link.addresses) connect(world, link, address);
}

/** Link deletion takes its addresses and routes along; rules stay. */
export function removeLink(world: FakeWorld, link: FakeLink): void {
  dropRoutesBy(world, link);
  world.links = world.links.filter((other) => other !== link);
}

export function addAddress(world: FakeWorld, link: FakeLink, added: LinkAddress): void {
  const network = networkOf(added.address, added.prefixLength);
  for (const held of link.addresses) {
    if (held.prefixLength !== added.prefixLength) continue;
    if (networkOf(held.address, held.prefixLength) !== network) continue;
    if (held.address === added.address) {
      throw new FakeRefusal('EEXIST', 'ipv4: Address already assigned');
    }
    if (held.scope !== added.scope) throw new FakeRefusal('EINVAL', 'ipv4: Invalid scope value');
  }
  link.addresses.push(added);
  if (link.up) connect(world, link, added);
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
  link.addresses = link.addresses.filter((address) => address !== held);
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

function connect(
  world: FakeWorld,
  link: FakeLink,
  { address, prefixLength }: Pick<LinkAddress, 'address' | 'prefixLength'>,
): void {
  if (prefixLength === 32) return;
  putRoute(world, {
    table: mainTable,
    type: 'unicast',
    destination: networkOf(address, prefixLength),
    linkIndex: link.index,
    scope: 'link',
    metric: 0,
    onlink: false,
    protocol: kernelProtocol,
  });
}

function dropRoutesBy(world: FakeWorld, link: FakeLink): void {
  world.routes = world.routes.filter((route) => route.linkIndex !== link.index);
}
