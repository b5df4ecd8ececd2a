import type { Ipv4Address } from '../../identity/address.ts';
import type { HeldDeliveryTable } from '../../kernel/delivery-table.ts';
import { FakeRefusal } from './fake-refusal.ts';
import type { FakeWorld } from './fake-world.ts';

/** Takes the place of the table for the same address. What it does to packets is not modelled. */
export function putDeliveryTable(world: FakeWorld, table: HeldDeliveryTable): void {
  const others = world.deliveryTables.filter(({ publicIp }) => publicIp !== table.publicIp);
  world.deliveryTables = [...others, table].toSorted((a, b) => (a.publicIp < b.publicIp ? -1 : 1));
}

export function removeDeliveryTable(world: FakeWorld, publicIp: Ipv4Address): void {
  const others = world.deliveryTables.filter((table) => table.publicIp !== publicIp);
  if (others.length === world.deliveryTables.length) throw new FakeRefusal('ENOENT');
  world.deliveryTables = others;
}
