import type { Ec2Action } from '../../cloud/ec2/ec2-action.ts';
import type { Ec2Change } from './change.ts';
import type { CloudState } from './cloud-state.ts';
import { refuse } from './refuse.ts';

/**
 * For how long, in milliseconds, calls that write do not know what has just been made, whatever describes show (EC2 developer guide, "Eventual
 * consistency in the Amazon EC2 API": a call may precede the propagation of the one before it). Default 0, each. Of addresses that were
 * just allocated `freshAddressMs` says it.
 */
export interface FreshTimes {
  /** AssignPrivateIpAddresses, AssignIpv6Addresses, AssociateAddress, ModifyNetworkInterfaceAttribute and CreateTags, also of one that a test made by hand. */
  readonly freshInterfaceMs?: number;
  /** CreateRoute, ReplaceRoute and CreateTags, also of one that a test made by hand. */
  readonly freshRouteTableMs?: number;
  /** AssociateAddress: InvalidParameterValue, as of a private IP that is not there. */
  readonly freshPrivateIpMs?: number;
  /** DisassociateAddress: InvalidAssociationID.NotFound, and the association stands. */
  readonly freshAssociationMs?: number;
}

const writesOfInterfaces: readonly Ec2Action[] = [
  'AssignPrivateIpAddresses',
  'AssignIpv6Addresses',
  'AssociateAddress',
  'ModifyNetworkInterfaceAttribute',
];

/** What a call names. */
interface Named {
  readonly networkInterfaceId?: string;
  readonly privateIpAddress?: string | undefined;
  readonly routeTableId?: string;
  readonly associationId?: string;
  readonly resources?: readonly string[];
}

/** What was made a moment ago. */
export class FreshResources {
  readonly #times: FreshTimes;
  /** Until when each is unknown, by what names it. */
  readonly #untilMs: Map<string, number> = new Map();
  #interfaces: ReadonlySet<string> = new Set();
  #routeTables: ReadonlySet<string> = new Set();

  constructor(times: FreshTimes) {
    this.#times = times;
  }

  /** Undefined when every resource is known at once. */
  static of(times: FreshTimes): FreshResources | undefined {
    const { freshInterfaceMs, freshRouteTableMs, freshPrivateIpMs, freshAssociationMs } = times;
    const all = [freshInterfaceMs, freshRouteTableMs, freshPrivateIpMs, freshAssociationMs];
    return all.some((ms = 0) => ms > 0) ? new FreshResources(times) : undefined;
  }

  /** Notes what came since the last time. */
  follow(state: CloudState): void {
    const { freshInterfaceMs, freshRouteTableMs } = this.#times;
    const { networkInterfaces, routeTables } = state;
    const nowMs = state.elapsed();
    for (const id of networkInterfaces.keys()) {
      if (!this.#interfaces.has(id)) this.#add(id, nowMs, freshInterfaceMs);
    }
    for (const id of routeTables.keys()) {
      if (!this.#routeTables.has(id)) this.#add(id, nowMs, freshRouteTableMs);
    }
    this.#interfaces = new Set(networkInterfaces.keys());
    this.#routeTables = new Set(routeTables.keys());
    for (const change of state.changes) this.#followChange(change, nowMs);
  }

  #followChange(change: Ec2Change, nowMs: number): void {
    const { freshPrivateIpMs, freshAssociationMs } = this.#times;
    if (change.kind === 'private-ip-assigned') this.#add(keyOf(change), nowMs, freshPrivateIpMs);
    if (change.kind === 'address-associated') {
      this.#add(change.associationId, nowMs, freshAssociationMs);
    }
  }

  #add(key: string, nowMs: number, forMs = 0): void {
    if (forMs > 0) this.#untilMs.set(key, nowMs + forMs);
  }

  /** Refuses a call that names what EC2 does not know yet. */
  requireKnown(action: Ec2Action, input: unknown, nowMs: number): void {
    const { networkInterfaceId, routeTableId, associationId, ...more } = input as Named;
    const resources = action === 'CreateTags' ? (more.resources ?? []) : [];
    if (writesOfInterfaces.includes(action)) this.#requireInterface(networkInterfaceId, nowMs);
    for (const id of resources) {
      if (id.startsWith('eni-')) this.#requireInterface(id, nowMs);
      if (id.startsWith('rtb-')) this.#requireRouteTable(id, nowMs);
    }
    if (action === 'CreateRoute' || action === 'ReplaceRoute') {
      this.#requireRouteTable(routeTableId, nowMs);
    }
    if (action === 'AssociateAddress') {
      this.#requirePrivateIp(networkInterfaceId, more.privateIpAddress, nowMs);
    }
    if (action === 'DisassociateAddress') this.#requireAssociation(associationId, nowMs);
  }

  #requireAssociation(id: string | undefined, nowMs: number): void {
    if (!this.#isFresh(id, nowMs)) return;
    refuse('InvalidAssociationID.NotFound', `The association ID '${id}' does not exist`);
  }

  #requireInterface(id: string | undefined, nowMs: number): void {
    if (!this.#isFresh(id, nowMs)) return;
    refuse('InvalidNetworkInterfaceID.NotFound', `The networkInterface ID '${id}' does not exist`);
  }

  #requireRouteTable(id: string | undefined, nowMs: number): void {
    if (!this.#isFresh(id, nowMs)) return;
    refuse('InvalidRouteTableID.NotFound', `The routeTable ID '${id}' does not exist`);
  }

  #requirePrivateIp(networkInterfaceId = '', privateIp: string | undefined, nowMs: number): void {
    if (privateIp === undefined) return;
    if (!this.#isFresh(keyOf({ networkInterfaceId, privateIp }), nowMs)) return;
    refuse(
      'InvalidParameterValue',
      `The private IP address ${privateIp} is not assigned to ${networkInterfaceId}`,
    );
  }

  #isFresh(key = '', nowMs: number): boolean {
    const untilMs = this.#untilMs.get(key);
    if (untilMs === undefined) return false;
    if (untilMs > nowMs) return true;
    this.#untilMs.delete(key);
    return false;
  }
}

function keyOf(place: { readonly networkInterfaceId: string; readonly privateIp: string }): string {
  return `${place.networkInterfaceId} ${place.privateIp}`;
}
