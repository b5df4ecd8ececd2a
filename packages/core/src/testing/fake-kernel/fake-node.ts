import type { Ipv4Address } from '../../identity/address.ts';
import type { Ipv6Address } from '../../identity/ipv6-address.ts';
import { FakeRefusal } from './fake-refusal.ts';
import type { FakeLink, FakeWorld } from './fake-world.ts';

/**
 * What several fake namespaces of one node share: a parent link lets an address be on one of its slaves
 * at most, whichever namespace holds it and whether that slave is up or down (ipvlan; drivers/net/ipvlan/ipvlan_main.c,
 * ipvlan_addr4_validator_event and ipvlan_addr6_validator_event).
 */
export class FakeNode {
  readonly #worlds = new Set<FakeWorld>();

  join(world: FakeWorld): void {
    this.#worlds.add(world);
  }

  /** The namespace is gone: its addresses are free again. */
  leave(world: FakeWorld): void {
    this.#worlds.delete(world);
  }

  /** Refuses an address that another slave of the same parent holds. */
  check(link: FakeLink, address: Ipv4Address | Ipv6Address): void {
    if (link.parent === undefined) return;
    for (const world of this.#worlds) {
      for (const other of world.links) {
        if (other === link || other.parent !== link.parent) continue;
        const held = [...other.addresses, ...(other.ipv6?.addresses ?? [])];
        if (!held.some((one) => one.address === address)) continue;
        throw new FakeRefusal('EADDRINUSE', 'Address already assigned to an ipvlan device');
      }
    }
  }
}
