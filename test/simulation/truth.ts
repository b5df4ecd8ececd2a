import { handoverTagKey, ownerTagKey, type Tag } from '@truetuple/core';
import type { Ec2Change, SimulatedEc2 } from '@truetuple/core/testing';
import { Ipv6Truth } from './dual-stack/ipv6-truth.ts';

export interface Standing {
  readonly networkInterfaceId: string;
  readonly sinceMs: number;
}

export interface StandingAssociation extends Standing {
  readonly associationId: string;
  readonly publicIp: string;
  readonly privateIp: string;
  /** The UID of the pod whose process made it. */
  readonly madeBy: string | undefined;
}

/** An address on a private IP. */
interface AddressAt {
  readonly allocationId: string;
  readonly privateIp: string;
}

/** The request for a handover that is among the tags of an address. */
export function requestAmong(tags: readonly Tag[]): string | undefined {
  return tags.find(({ key }) => key === handoverTagKey)?.value;
}

/** What is so in EC2, followed change by change: a snapshot for each would cost too much. */
export class Truth {
  readonly ipv6: Ipv6Truth = new Ipv6Truth();
  readonly #associations: Map<string, StandingAssociation> = new Map();
  readonly #privateIps: Map<string, number> = new Map();
  readonly #routes: Map<string, Standing> = new Map();
  /** When an association of an address ended last, by allocation. */
  readonly #freed: Map<string, number> = new Map();
  /** Owner tags, by allocation. */
  readonly #records: Map<string, string> = new Map();
  /** The UIDs of the pods whose processes put private IPs there. */
  readonly #assignedBy: Map<string, string | undefined> = new Map();
  /** When associations ended. */
  readonly #ended: Map<string, number> = new Map();
  /** Associations that no pod's process ended. */
  readonly #endedByHands: Set<string> = new Set();
  /** Requests for handovers, by allocation, and since when they are there. */
  readonly #requests: Map<
    string,
    { readonly value: string | undefined; readonly sinceMs: number }
  > = new Map();
  /** Associations that a standby has asked for, as they stood then. */
  readonly #askedFor: Map<string, (StandingAssociation & AddressAt) | undefined> = new Map();
  /** When associations began. */
  readonly #began: Map<string, number> = new Map();

  association(allocationId: string): StandingAssociation | undefined {
    return this.#associations.get(allocationId);
  }

  associationOf(publicIp: string): StandingAssociation | undefined {
    for (const one of this.#associations.values()) if (one.publicIp === publicIp) return one;
    return undefined;
  }

  endOf(associationId: string): number | undefined {
    return this.#ended.get(associationId);
  }

  /** True for an association that no pod's process ended. */
  isEndedByHands(associationId: string): boolean {
    return this.#endedByHands.has(associationId);
  }

  /** The request for a handover that an address carries. */
  requestOn(allocationId: string): string | undefined {
    return this.#requests.get(allocationId)?.value;
  }

  /** Since when it carries that one; -Infinity: it has never carried any. */
  requestedMs(allocationId: string): number {
    return this.#requests.get(allocationId)?.sinceMs ?? -Infinity;
  }

  /** True for an association that a standby has asked for. */
  wasAskedFor(associationId: string): boolean {
    return this.#askedFor.has(associationId);
  }

  /** True when a standby has asked for a hold of that address on that private IP which began after this one. */
  wasAskedForSince(associationId: string, { allocationId, privateIp }: AddressAt): boolean {
    const beganMs = this.#began.get(associationId) ?? Infinity;
    return [...this.#askedFor.values()].some(
      (one) =>
        one?.allocationId === allocationId && one.privateIp === privateIp && one.sinceMs > beganMs,
    );
  }

  /** When an association of an address ended last; -Infinity: none has. */
  freedMs(allocationId: string): number {
    return this.#freed.get(allocationId) ?? -Infinity;
  }

  /** The owner record that an address carries. */
  recordOn(allocationId: string): string | undefined {
    return this.#records.get(allocationId);
  }

  /** The UID of the pod whose process put a private IP there. */
  whoAssigned(networkInterfaceId: string, privateIp: string): string | undefined {
    return this.#assignedBy.get(`${networkInterfaceId} ${privateIp}`);
  }

  privateIpSince(networkInterfaceId: string, privateIp: string): number | undefined {
    return this.#privateIps.get(`${networkInterfaceId} ${privateIp}`);
  }

  route(routeTableId: string, destination: string): Standing | undefined {
    return this.#routes.get(`${routeTableId} ${destination}`);
  }

  /** `uid` is of the pod whose process made the change. */
  follow(change: Ec2Change, nowMs: number, uid?: string): void {
    switch (change.kind) {
      case 'address-associated': {
        const { allocationId, associationId, publicIp, networkInterfaceId, privateIp } = change;
        const made = { sinceMs: nowMs, madeBy: uid };
        const now = { associationId, publicIp, networkInterfaceId, privateIp, ...made };
        this.#associations.set(allocationId, now);
        this.#began.set(associationId, nowMs);
        return;
      }
      case 'address-disassociated':
        this.#associations.delete(change.allocationId);
        this.#freed.set(change.allocationId, nowMs);
        this.#ended.set(change.associationId, nowMs);
        if (uid === undefined) this.#endedByHands.add(change.associationId);
        return;
      case 'private-ip-assigned':
        this.#privateIps.set(`${change.networkInterfaceId} ${change.privateIp}`, nowMs);
        this.#assignedBy.set(`${change.networkInterfaceId} ${change.privateIp}`, uid);
        return;
      case 'private-ip-unassigned':
        this.#privateIps.delete(`${change.networkInterfaceId} ${change.privateIp}`);
        return;
      case 'route-created':
      case 'route-replaced': {
        const { networkInterfaceId, routeTableId, destinationCidrBlock } = change;
        const route = { networkInterfaceId, sinceMs: nowMs };
        this.#routes.set(`${routeTableId} ${destinationCidrBlock}`, route);
        return;
      }
      case 'route-deleted':
        this.#routes.delete(`${change.routeTableId} ${change.destinationCidrBlock}`);
        return;
      case 'tags-changed': {
        const record = change.tags.find(({ key }) => key === ownerTagKey)?.value;
        if (record === undefined) this.#records.delete(change.resourceId);
        else this.#records.set(change.resourceId, record);
        const request = requestAmong(change.tags);
        if (request !== this.requestOn(change.resourceId)) {
          this.#requests.set(change.resourceId, { value: request, sinceMs: nowMs });
        }
        const associationId = request?.split('/')[4];
        if (associationId !== undefined && !this.#askedFor.has(associationId)) {
          const standing = this.#associations.get(change.resourceId);
          const isIt = standing?.associationId === associationId;
          const asked = isIt ? { ...standing, allocationId: change.resourceId } : undefined;
          this.#askedFor.set(associationId, asked);
        }
        this.ipv6.follow(change, nowMs);
        return;
      }
      case 'ipv6-address-assigned':
      case 'ipv6-address-unassigned':
        this.ipv6.follow(change, nowMs);
        return;
      case 'source-dest-check-changed':
      case 'ipv6-prefix-assigned':
      case 'ipv6-prefix-unassigned':
        return;
      default:
        return change satisfies never;
    }
  }

  /** After what nobody was told of; answers the allocations of the addresses that it freed. */
  reread(ec2: SimulatedEc2, nowMs: number): readonly string[] {
    const { addresses, networkInterfaces, routeTables } = ec2.snapshot();
    this.ipv6.reread({ networkInterfaces });
    const freed: string[] = [];
    for (const [allocationId, { associationId }] of this.#associations) {
      if (addresses.some((one) => one.associationId === associationId)) continue;
      freed.push(allocationId);
      this.#associations.delete(allocationId);
      // an instance that is terminated ends associations as a call does, and describes may show them as long
      this.#freed.set(allocationId, nowMs);
      this.#ended.set(associationId, nowMs);
    }
    const places = networkInterfaces.flatMap(({ networkInterfaceId, privateIpAddresses }) =>
      privateIpAddresses.map((one) => `${networkInterfaceId} ${one.privateIpAddress}`),
    );
    for (const place of this.#privateIps.keys()) {
      if (!places.includes(place)) this.#privateIps.delete(place);
    }
    for (const place of places) {
      if (!this.#privateIps.has(place)) this.#privateIps.set(place, nowMs);
    }
    for (const { routeTableId, routes } of routeTables) {
      for (const { destinationCidrBlock, networkInterfaceId } of routes) {
        const key = `${routeTableId} ${destinationCidrBlock}`;
        if (networkInterfaceId === undefined || this.#routes.has(key)) continue;
        this.#routes.set(key, { networkInterfaceId, sinceMs: nowMs });
      }
    }
    return freed;
  }
}
