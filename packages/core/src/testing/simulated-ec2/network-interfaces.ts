import {
  cidrContains,
  ipv4FromNumber,
  ipv4ToNumber,
  isIpv4Address,
  type Cidr,
} from '../../identity/address.ts';
import { moveAssociation, dropAssociation } from './addresses.ts';
import {
  addressOn,
  requireNetworkInterface,
  type CloudState,
  type NetworkInterfaceRecord,
  type Subnet,
} from './cloud-state.ts';
import { refuse } from './refuse.ts';

/** AssignPrivateIpAddresses, as wide as EC2 takes it. */
export interface AssignInput {
  readonly networkInterfaceId: string;
  readonly privateIpAddresses?: readonly string[] | undefined;
  readonly secondaryPrivateIpAddressCount?: number | undefined;
  /** EC2's default is false. */
  readonly allowReassignment?: boolean | undefined;
}

export interface AssignAnswer {
  /** Only those that the call put there. */
  readonly assignedPrivateIpAddresses: readonly string[];
}

/** AssignPrivateIpAddresses: all or nothing; what the interface already has is left as it is. */
export function assignPrivateIps(state: CloudState, input: AssignInput): AssignAnswer {
  const eni = requireNetworkInterface(state, input.networkInterfaceId);
  const wanted = wantedPrivateIps(state, eni, input);
  const added = wanted.filter((privateIp) => !eni.privateIps.includes(privateIp));
  const limit = privateIpLimit(state, eni);
  if (eni.privateIps.length + added.length > limit) {
    refuse(
      'PrivateIpAddressLimitExceeded',
      `Number of private addresses will exceed limit: ${limit} for ${eni.networkInterfaceId}.`,
    );
  }
  for (const privateIp of added)
    requireFree(state, privateIp, eni, input.allowReassignment ?? false);
  for (const privateIp of added) takeOver(state, privateIp, eni);
  return { assignedPrivateIpAddresses: added };
}

function wantedPrivateIps(
  state: CloudState,
  eni: NetworkInterfaceRecord,
  input: AssignInput,
): string[] {
  const count = input.secondaryPrivateIpAddressCount;
  const explicit = input.privateIpAddresses ?? [];
  if (count !== undefined && explicit.length > 0) {
    refuse(
      'InvalidParameterCombination',
      'The parameters privateIpAddresses and secondaryPrivateIpAddressCount may not be used together.',
    );
  }
  if (count === undefined && explicit.length === 0) {
    refuse(
      'MissingParameter',
      'Either privateIpAddresses or secondaryPrivateIpAddressCount is needed.',
    );
  }
  const subnet = subnetOf(state, eni);
  for (const privateIp of explicit) requireUsable(subnet, privateIp);
  return count === undefined ? [...new Set(explicit)] : freePrivateIps(state, subnet, count);
}

/** Throws unless an address lies in the subnet and is none of the five that EC2 keeps. */
export function requireUsable(subnet: Subnet, privateIp: string): void {
  const cidr = subnet.cidr as Cidr;
  if (!isIpv4Address(privateIp) || !cidrContains(cidr, privateIp)) {
    refuse(
      'InvalidParameterValue',
      `Address ${privateIp} does not fall within the subnet's address range ${subnet.cidr}.`,
    );
  }
  const { first, last } = subnetRange(subnet);
  const value = ipv4ToNumber(privateIp);
  if (value < first + 4 || value === last) {
    refuse('InvalidParameterValue', `Address ${privateIp} is in subnet's reserved range.`);
  }
}

function subnetRange(subnet: Subnet): { readonly first: number; readonly last: number } {
  const [network, length] = subnet.cidr.split('/');
  if (network === undefined || !isIpv4Address(network)) throw new RangeError(subnet.cidr);
  const first = ipv4ToNumber(network);
  return { first, last: first + 2 ** (32 - Number(length)) - 1 };
}

/** The lowest free addresses of a subnet. */
export function freePrivateIps(state: CloudState, subnet: Subnet, count: number): string[] {
  const { first, last } = subnetRange(subnet);
  const free: string[] = [];
  for (let value = first + 4; value < last && free.length < count; value++) {
    const privateIp = ipv4FromNumber(value);
    if (holderOf(state, subnet.vpcId, privateIp) === undefined) free.push(privateIp);
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
    (eni) => eni.vpcId === vpcId && eni.privateIps.includes(privateIp),
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
  if (!allowReassignment) {
    refuse(state.rules.privateIpTakenCode, `[${privateIp}] assigned, but move is not allowed.`);
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

function note(
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

/** UnassignPrivateIpAddresses: all or nothing; the primary stays; an Elastic IP on one of them is let go. */
export function unassignPrivateIps(
  state: CloudState,
  input: { readonly networkInterfaceId: string; readonly privateIpAddresses: readonly string[] },
): void {
  const eni = requireNetworkInterface(state, input.networkInterfaceId);
  if (input.privateIpAddresses.length === 0) {
    refuse('MissingParameter', 'The request must contain the parameter privateIpAddress');
  }
  for (const privateIp of input.privateIpAddresses) {
    if (!eni.privateIps.includes(privateIp)) {
      refuse(
        'InvalidParameterValue',
        `Some of [${privateIp}] addresses are not assigned to interface ${eni.networkInterfaceId}`,
      );
    }
    if (eni.privateIps[0] === privateIp) {
      refuse(
        'InvalidParameterValue',
        `The primary IP address ${privateIp} of ${eni.networkInterfaceId} cannot be unassigned.`,
      );
    }
  }
  for (const privateIp of new Set(input.privateIpAddresses)) {
    const address = addressOn(state, eni.networkInterfaceId, privateIp);
    if (address !== undefined) dropAssociation(state, address);
    eni.privateIps = eni.privateIps.filter((held) => held !== privateIp);
    note(state, 'private-ip-unassigned', eni, privateIp);
  }
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
