import { ipv4FromNumber } from '../../identity/address.ts';
import { moveAssociation } from './addresses.ts';
import {
  addressOn,
  requireNetworkInterface,
  type CloudState,
  type NetworkInterfaceRecord,
  type Subnet,
} from './cloud-state.ts';
import { requireExactlyOne } from './exactly-one.ts';
import { requireAddressUnits } from './network-address-units.ts';
import {
  addressesIn,
  carries,
  isDelegated,
  freePrefixes,
  requireNitro,
  requirePrefix,
  slotsTaken,
} from './prefixes.ts';
import { refuse } from './refuse.ts';
import { isReserved, requireUsable, subnetRange } from './subnet-range.ts';

/** AssignPrivateIpAddresses, as wide as EC2 takes it. */
export interface AssignInput {
  readonly networkInterfaceId: string;
  readonly privateIpAddresses?: readonly string[] | undefined;
  readonly secondaryPrivateIpAddressCount?: number | undefined;
  /** /28 blocks of the subnet; each takes one slot of the interface. */
  readonly ipv4Prefixes?: readonly string[] | undefined;
  readonly ipv4PrefixCount?: number | undefined;
  /** EC2's default is false. */
  readonly allowReassignment?: boolean | undefined;
}

/** What AssignPrivateIpAddresses assigned. */
export interface AssignAnswer {
  /** Only those that the call put there. */
  readonly assignedPrivateIpAddresses: readonly string[];
  /** Absent when none was delegated. */
  readonly assignedIpv4Prefixes?: readonly string[];
}

/** AssignPrivateIpAddresses: all or nothing; what the interface already has is left as it is. */
export function assignPrivateIps(state: CloudState, input: AssignInput): AssignAnswer {
  const eni = requireNetworkInterface(state, input.networkInterfaceId);
  const asked = {
    privateIpAddresses: (input.privateIpAddresses ?? []).length > 0,
    secondaryPrivateIpAddressCount: input.secondaryPrivateIpAddressCount !== undefined,
    ipv4Prefixes: (input.ipv4Prefixes ?? []).length > 0,
    ipv4PrefixCount: input.ipv4PrefixCount !== undefined,
  };
  requireExactlyOne(asked, state.rules.assignNothingCode);
  const subnet = subnetOf(state, eni);
  const added = wantedPrivateIps(state, subnet, input).filter(
    (privateIp) => !eni.privateIps.includes(privateIp),
  );
  const prefixes = wantedPrefixes(state, subnet, input).filter(
    (prefix) => !eni.ipv4Prefixes.includes(prefix),
  );
  requireNitro(state, eni.attachment?.instanceId, prefixes);
  const limit = privateIpLimit(state, eni);
  if (slotsTaken(eni) + added.length + prefixes.length > limit) {
    refuse(
      'PrivateIpAddressLimitExceeded',
      `Number of private addresses will exceed limit: ${limit} for ${eni.networkInterfaceId}.`,
    );
  }
  for (const privateIp of added)
    requireFree(state, privateIp, eni, input.allowReassignment ?? false);
  for (const privateIp of prefixes.flatMap(addressesIn)) requireFree(state, privateIp, eni, false);
  if (eni.attachment !== undefined) {
    const newcomers = added.filter((privateIp) => !isCounted(state, eni.vpcId, privateIp));
    requireAddressUnits(state, eni.vpcId, newcomers.length + prefixes.length);
  }
  for (const privateIp of added) reassign(state, privateIp, eni);
  for (const prefix of prefixes) delegate(state, prefix, eni);
  const delegated = prefixes.length === 0 ? {} : { assignedIpv4Prefixes: prefixes };
  return { assignedPrivateIpAddresses: added, ...delegated };
}

/** True for an address that moves from one instance to another: the VPC has its unit already. */
function isCounted(state: CloudState, vpcId: string, privateIp: string): boolean {
  return holderOf(state, vpcId, privateIp)?.attachment !== undefined;
}

function wantedPrivateIps(state: CloudState, subnet: Subnet, input: AssignInput): string[] {
  const count = input.secondaryPrivateIpAddressCount;
  if (count !== undefined) return freePrivateIps(state, subnet, count);
  const explicit = input.privateIpAddresses ?? [];
  for (const privateIp of explicit) requireUsable(subnet, privateIp);
  return [...new Set(explicit)];
}

function wantedPrefixes(state: CloudState, subnet: Subnet, input: AssignInput): string[] {
  const count = input.ipv4PrefixCount;
  const isFree = (privateIp: string): boolean =>
    holderOf(state, subnet.vpcId, privateIp) === undefined &&
    !isReserved(subnet, privateIp, 'prefix');
  if (count !== undefined) return freePrefixes(subnet, count, isFree);
  const explicit = input.ipv4Prefixes ?? [];
  for (const prefix of explicit) requirePrefix(subnet, prefix);
  return [...new Set(explicit)];
}

/** The lowest free addresses of a subnet that nobody has reserved. */
export function freePrivateIps(state: CloudState, subnet: Subnet, count: number): string[] {
  const { first, last } = subnetRange(subnet);
  const free: string[] = [];
  for (let value = first + 4; value < last && free.length < count; value++) {
    const privateIp = ipv4FromNumber(value);
    const isTaken = holderOf(state, subnet.vpcId, privateIp) !== undefined;
    if (!isTaken && !isReserved(subnet, privateIp, 'address')) free.push(privateIp);
  }
  if (free.length < count) {
    refuse(
      'InsufficientFreeAddressesInSubnet',
      `There are not enough free addresses in subnet '${subnet.subnetId}'.`,
    );
  }
  return free;
}

/** Which network interface of a VPC has a private IP. */
export function holderOf(
  state: CloudState,
  vpcId: string,
  privateIp: string,
): NetworkInterfaceRecord | undefined {
  return [...state.networkInterfaces.values()].find(
    (eni) => eni.vpcId === vpcId && carries(eni, privateIp),
  );
}

function requireFree(
  state: CloudState,
  privateIp: string,
  eni: NetworkInterfaceRecord,
  allowReassignment: boolean,
): void {
  const holder = holderOf(state, eni.vpcId, privateIp);
  if (holder === undefined) return;
  if (holder.privateIps[0] === privateIp) {
    refuse(
      'InvalidParameterValue',
      `${privateIp} is a primary address of ${holder.networkInterfaceId}: only secondary-addresses move.`,
    );
  }
  if (!allowReassignment || isDelegated(holder, privateIp)) {
    refuse(state.rules.privateIpTakenCode, `[${privateIp}] assigned, but move is not allowed.`);
  }
}

/** From another interface it comes later, after the answer (API reference, AssignPrivateIpAddresses: reassignment is asynchronous). */
function reassign(state: CloudState, privateIp: string, eni: NetworkInterfaceRecord): void {
  const { reassignmentMs } = state.rules;
  const holder = holderOf(state, eni.vpcId, privateIp);
  if (holder === undefined || reassignmentMs === 0) return takeOver(state, privateIp, eni);
  const { networkInterfaceId } = eni;
  const dueMs = state.elapsed() + reassignmentMs;
  state.reassignments.push({ privateIp, networkInterfaceId, dueMs });
}

/** Moves the private IPs whose time has come, with their Elastic IPs; what is gone meanwhile moves nothing. */
export function finishReassignments(state: CloudState): void {
  const nowMs = state.elapsed();
  const due = state.reassignments.filter(({ dueMs }) => dueMs <= nowMs);
  if (due.length === 0) return;
  const later = state.reassignments.filter(({ dueMs }) => dueMs > nowMs);
  state.reassignments.splice(0, state.reassignments.length, ...later);
  for (const { privateIp, networkInterfaceId } of due) {
    const eni = state.networkInterfaces.get(networkInterfaceId);
    const isAway = eni !== undefined && holderOf(state, eni.vpcId, privateIp) !== undefined;
    if (isAway && !eni.privateIps.includes(privateIp)) takeOver(state, privateIp, eni);
  }
}

/** Puts a private IP on an interface; from another one it comes with its Elastic IP. */
function takeOver(state: CloudState, privateIp: string, eni: NetworkInterfaceRecord): void {
  const holder = holderOf(state, eni.vpcId, privateIp);
  if (holder !== undefined) {
    holder.privateIps = holder.privateIps.filter((held) => held !== privateIp);
    note(state, 'private-ip-unassigned', holder, privateIp);
  }
  eni.privateIps.push(privateIp);
  note(state, 'private-ip-assigned', eni, privateIp);
  if (holder === undefined) return;
  const address = addressOn(state, holder.networkInterfaceId, privateIp);
  if (address !== undefined) moveAssociation(state, address, eni.networkInterfaceId);
}

/** Delegates a prefix: from now on each of its addresses is on the interface. */
function delegate(state: CloudState, prefix: string, eni: NetworkInterfaceRecord): void {
  eni.ipv4Prefixes.push(prefix);
  for (const privateIp of addressesIn(prefix)) note(state, 'private-ip-assigned', eni, privateIp);
}

export function note(
  state: CloudState,
  kind: 'private-ip-assigned' | 'private-ip-unassigned',
  eni: NetworkInterfaceRecord,
  privateIp: string,
): void {
  state.changes.push({ kind, networkInterfaceId: eni.networkInterfaceId, privateIp });
}

export function privateIpLimit(state: CloudState, eni: NetworkInterfaceRecord): number {
  const instance = state.instances.get(eni.attachment?.instanceId ?? '');
  return instance?.privateIpsPerNetworkInterface ?? state.rules.privateIpsPerNetworkInterface;
}

export function subnetOf(state: CloudState, eni: NetworkInterfaceRecord): Subnet {
  const subnet = state.subnets.get(eni.subnetId);
  if (subnet === undefined) throw new Error(`${eni.networkInterfaceId} lies in no subnet`);
  return subnet;
}

/** ModifyNetworkInterfaceAttribute with SourceDestCheck. */
export function setSourceDestCheck(
  state: CloudState,
  input: { readonly networkInterfaceId: string; readonly sourceDestCheck: boolean },
): void {
  const eni = requireNetworkInterface(state, input.networkInterfaceId);
  if (eni.sourceDestCheck === input.sourceDestCheck) return;
  eni.sourceDestCheck = input.sourceDestCheck;
  state.changes.push({
    kind: 'source-dest-check-changed',
    networkInterfaceId: eni.networkInterfaceId,
    sourceDestCheck: input.sourceDestCheck,
  });
}
