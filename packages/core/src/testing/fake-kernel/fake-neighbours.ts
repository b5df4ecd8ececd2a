import type { Ipv4Address } from '../../identity/address.ts';
import type { NeighbourEntry, NeighbourLookup } from '../../kernel/kernel-port.ts';
import type { FakeLink, FakeWorld } from './fake-world.ts';

/** As `ip neighbour replace`, or with undefined `ip neighbour del`. */
export function setNeighbour(
  world: FakeWorld,
  { index: linkIndex }: FakeLink,
  address: Ipv4Address,
  entry: NeighbourEntry | undefined,
): void {
  const others = world.neighbours.filter(
    (one) => one.linkIndex !== linkIndex || one.address !== address,
  );
  world.neighbours = entry === undefined ? others : [...others, { linkIndex, address, ...entry }];
}

export function findNeighbour(
  world: FakeWorld,
  { linkName, address }: NeighbourLookup,
): NeighbourEntry | undefined {
  const linkIndex = world.links.find(({ name }) => name === linkName)?.index;
  const found = world.neighbours.find(
    (one) => one.linkIndex === linkIndex && one.address === address,
  );
  return found && { state: found.state, macAddress: found.macAddress };
}

/** neigh_ifdown: a link that goes down, or away, takes all its entries along. */
export function forgetNeighbours(world: FakeWorld, { index }: FakeLink): void {
  world.neighbours = world.neighbours.filter(({ linkIndex }) => linkIndex !== index);
}
