import type { Ec2Change, Ec2Snapshot } from '@truetuple/core/testing';
import type { Standing } from '../truth.ts';
import { recordPrefix } from './ipv6-setting.ts';

/** Whose an IPv6 address is by the tag of a network interface, and since when the tag says so. */
export interface StandingRecord extends Standing {
  readonly address: string;
  /** cluster/namespace/pod/uid/pool. */
  readonly value: string;
}

/** Which IPv6 addresses EC2 has where, and what is recorded of them. */
export class Ipv6Truth {
  readonly #addresses: Map<string, Standing> = new Map();
  /** By network interface and address. */
  readonly #records: Map<string, StandingRecord> = new Map();

  /** Where an address is. */
  at(address: string): Standing | undefined {
    return this.#addresses.get(address);
  }

  recordOn(networkInterfaceId: string, address: string): StandingRecord | undefined {
    return this.#records.get(`${networkInterfaceId} ${address}`);
  }

  /** The records of a network interface that a change of its tags removes or replaces. */
  lostRecords({
    resourceId,
    tags,
  }: Extract<Ec2Change, { readonly kind: 'tags-changed' }>): StandingRecord[] {
    return [...this.#records.values()].filter(
      ({ networkInterfaceId, address, value }) =>
        networkInterfaceId === resourceId &&
        !tags.some((tag) => tag.key === `${recordPrefix}${address}` && tag.value === value),
    );
  }

  follow(change: Ec2Change, nowMs: number): void {
    if (change.kind === 'ipv6-address-assigned') {
      const { networkInterfaceId, ipv6Address } = change;
      this.#addresses.set(ipv6Address, { networkInterfaceId, sinceMs: nowMs });
    }
    if (change.kind === 'ipv6-address-unassigned') this.#addresses.delete(change.ipv6Address);
    if (change.kind === 'tags-changed') this.#followTags(change, nowMs);
  }

  #followTags(change: Extract<Ec2Change, { readonly kind: 'tags-changed' }>, nowMs: number): void {
    const { resourceId: networkInterfaceId, tags } = change;
    for (const { address } of this.lostRecords(change)) {
      this.#records.delete(`${networkInterfaceId} ${address}`);
    }
    for (const { key, value } of tags) {
      if (!key.startsWith(recordPrefix)) continue;
      const address = key.slice(recordPrefix.length);
      const place = `${networkInterfaceId} ${address}`;
      if (this.#records.has(place)) continue;
      this.#records.set(place, { networkInterfaceId, address, value, sinceMs: nowMs });
    }
  }

  /** After what nobody was told of: network interfaces that are gone. */
  reread({ networkInterfaces }: Pick<Ec2Snapshot, 'networkInterfaces'>): void {
    for (const [address, { networkInterfaceId }] of this.#addresses) {
      const eni = networkInterfaces.find((one) => one.networkInterfaceId === networkInterfaceId);
      if (eni?.ipv6Addresses?.some((one) => one === address) === true) continue;
      this.#addresses.delete(address);
    }
  }
}
