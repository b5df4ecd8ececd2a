import type { AllocatedAddress, Tag } from '../../cloud/ec2/ec2-api.ts';
import {
  addressOn,
  nextId,
  nextNumber,
  requireAddress,
  requireNetworkInterface,
  type AddressRecord,
  type Association,
  type CloudState,
  type NetworkInterfaceRecord,
} from './cloud-state.ts';
import { carries } from './prefixes.ts';
import { requireNotNamed } from './public-hostname.ts';
import { refuse } from './refuse.ts';
import { noReverseDns, requireUnlocked } from './reverse-dns.ts';
import { borderGroupOfZone, requireBorderGroup } from './zones.ts';

/** AssociateAddress, as wide as EC2 takes it. */
export interface AssociateInput {
  readonly allocationId: string;
  readonly networkInterfaceId: string;
  /** EC2's default is the primary one. */
  readonly privateIpAddress?: string | undefined;
  /** EC2's default is true: without it an Elastic IP is taken from whoever has it. */
  readonly allowReassociation?: boolean | undefined;
}

/**
 * AssociateAddress: the same Elastic IP on the same private IP again succeeds, with the same association unless a test wants it otherwise;
 * with `allowReassociation: false` an Elastic IP of somebody else is refused, as far as the claim scope goes.
 */
export function associateAddress(
  state: CloudState,
  input: AssociateInput,
): { readonly associationId: string } {
  const address = requireOwn(state, input.allocationId);
  requireKnown(state, address, 'InvalidAllocationID.NotFound');
  const eni = requireNetworkInterface(state, input.networkInterfaceId);
  const privateIp = input.privateIpAddress ?? eni.privateIps[0] ?? '';
  requireReachable(state, eni);
  requireSameBorderGroup(state, address, eni);
  if (!carries(eni, privateIp)) {
    refuse(
      'InvalidParameterValue',
      `The private IP address ${privateIp} is not assigned to ${eni.networkInterfaceId}`,
    );
  }
  const held = address.association;
  const isSame =
    held?.networkInterfaceId === eni.networkInterfaceId && held.privateIp === privateIp;
  const { repeatedAssociation } = state.rules;
  const takesNothing = !(input.allowReassociation ?? true);
  if (held !== undefined && isSame) {
    if (takesNothing && repeatedAssociation === 'refuse') alreadyHeld(address, held);
    if (repeatedAssociation !== 'new-id') return { associationId: held.associationId };
  } else if (takesNothing) {
    refuseIfHeld(state, address, eni);
    refuseIfOccupied(state, eni, privateIp);
  }
  if (held !== undefined) dropAssociation(state, address);
  const occupant = addressOn(state, eni.networkInterfaceId, privateIp);
  if (occupant !== undefined) dropAssociation(state, occupant);
  return setAssociation(state, address, eni.networkInterfaceId, privateIp);
}

/** API reference, AssociateAddress. */
function requireSameBorderGroup(
  state: CloudState,
  { networkBorderGroup: group }: AddressRecord,
  { subnetId }: NetworkInterfaceRecord,
): void {
  const zone = state.subnets.get(subnetId)?.availabilityZone;
  if (zone === undefined || borderGroupOfZone(state, zone) === group) return;
  refuse(
    state.rules.borderGroupCode,
    `Elastic IP and network interface belong in different network border groups.`,
  );
}

function requireReachable(state: CloudState, eni: NetworkInterfaceRecord): void {
  if (state.vpcs.get(eni.vpcId)?.internetGatewayId === undefined) {
    refuse('Gateway.NotAttached', `Network ${eni.vpcId} is not attached to any internet gateway`);
  }
  const instance = state.instances.get(eni.attachment?.instanceId ?? '');
  if (instance?.state === 'pending') {
    refuse(
      state.rules.pendingInstanceCode,
      `The pending instance '${instance.instanceId}' is not in a valid state for this operation`,
    );
  }
}

function refuseIfHeld(
  state: CloudState,
  address: AddressRecord,
  eni: NetworkInterfaceRecord,
): void {
  const held = address.association;
  if (held === undefined) return;
  const isHere = held.networkInterfaceId === eni.networkInterfaceId;
  if (isHere && state.rules.claimScope === 'eni') return;
  alreadyHeld(address, held);
}

function alreadyHeld({ allocationId }: AddressRecord, { associationId }: Association): never {
  return refuse(
    'Resource.AlreadyAssociated',
    `resource ${allocationId} is already associated with associate-id ${associationId}`,
  );
}

function refuseIfOccupied(state: CloudState, eni: NetworkInterfaceRecord, privateIp: string): void {
  const occupant = addressOn(state, eni.networkInterfaceId, privateIp);
  if (occupant === undefined || state.rules.occupiedPrivateIp === 'displace') return;
  refuse(
    'Resource.AlreadyAssociated',
    `resource ${eni.networkInterfaceId} is already associated with associate-id ${occupant.association?.associationId ?? ''}`,
  );
}

function setAssociation(
  state: CloudState,
  address: AddressRecord,
  networkInterfaceId: string,
  privateIp: string,
): { readonly associationId: string } {
  const associationId = nextId(state, 'eipassoc');
  address.association = { associationId, networkInterfaceId, privateIp };
  noteAssociation(state, 'address-associated', address);
  return { associationId };
}

/** Lets an address go; nothing when it is free. */
export function dropAssociation(state: CloudState, address: AddressRecord): void {
  noteAssociation(state, 'address-disassociated', address);
  if (address.association !== undefined) {
    state.endedAssociations.add(address.association.associationId);
  }
  address.association = undefined;
}

/** The Elastic IP follows its private IP to another interface. */
export function moveAssociation(
  state: CloudState,
  address: AddressRecord,
  networkInterfaceId: string,
): void {
  const privateIp = address.association?.privateIp;
  if (privateIp === undefined) return;
  dropAssociation(state, address);
  setAssociation(state, address, networkInterfaceId, privateIp);
}

function noteAssociation(
  state: CloudState,
  kind: 'address-associated' | 'address-disassociated',
  address: AddressRecord,
): void {
  if (address.association === undefined) return;
  const { associationId, networkInterfaceId, privateIp } = address.association;
  const { allocationId, publicIp } = address;
  state.changes.push({
    kind,
    allocationId,
    publicIp,
    associationId,
    networkInterfaceId,
    privateIp,
  });
}

/** DisassociateAddress by the id of the association: a newer one is out of its reach; the last one of an interface that has a dual-stack name stays. */
export function disassociateAddress(
  state: CloudState,
  input: { readonly associationId: string },
): void {
  const address = [...state.addresses.values()].find(
    ({ association }) => association?.associationId === input.associationId,
  );
  if (address === undefined) {
    const hasEnded = state.endedAssociations.has(input.associationId);
    if (hasEnded && state.rules.endedAssociation === 'accept') return;
    refuse(
      'InvalidAssociationID.NotFound',
      `The association ID '${input.associationId}' does not exist`,
    );
  }
  requireNotNamed(state, address);
  dropAssociation(state, address);
}

/** AllocateAddress, as wide as it is simulated. */
export interface AllocateInput {
  /** Asks for that very address. */
  readonly publicIp?: string | undefined;
  /** EC2's default is the region's own. */
  readonly networkBorderGroup?: string | undefined;
  readonly tags: readonly Tag[];
}

/** AllocateAddress with TagSpecifications: the tags are there as soon as the address is. */
export function allocateTaggedAddress(state: CloudState, input: AllocateInput): AllocatedAddress {
  if (input.tags.length > state.rules.tagsPerResource) {
    refuse('TagLimitExceeded', `More than ${state.rules.tagsPerResource} tags.`);
  }
  const tags = new Map(input.tags.map(({ key, value }) => [key, value]));
  const knownFromMs = state.elapsed() + state.rules.freshAddressMs;
  return allocateAddress(state, { ...input, tags, knownFromMs });
}

/** An address that EC2 has just made is unknown to some of its calls for a while. */
export function requireKnown(
  state: CloudState,
  { allocationId, knownFromMs }: AddressRecord,
  ec2Code: string,
): void {
  if (state.elapsed() >= knownFromMs) return;
  refuse(ec2Code, `The allocation ID '${allocationId}' does not exist`);
}

function nextPublicIp(state: CloudState): string {
  const number = nextNumber(state, 'public-ip');
  return number < 255 ? `203.0.113.${number}` : `198.51.100.${number - 254}`;
}

/** An Elastic IP. */
export function allocateAddress(
  state: CloudState,
  input: Omit<AllocateInput, 'tags'> & {
    readonly tags: Map<string, string>;
    readonly knownFromMs?: number;
  },
): AllocatedAddress {
  const networkBorderGroup = requireBorderGroup(state, input.networkBorderGroup);
  if (state.addresses.size >= state.rules.addressesPerRegion) {
    refuse('AddressLimitExceeded', 'The maximum number of addresses has been reached.');
  }
  const publicIp = input.publicIp ?? nextPublicIp(state);
  if ([...state.addresses.values()].some((one) => one.publicIp === publicIp)) {
    refuse('InvalidParameterValue', `Address ${publicIp} is allocated already.`);
  }
  const allocationId = nextId(state, 'eipalloc');
  const { tags, knownFromMs = -Infinity } = input;
  state.addresses.set(allocationId, {
    allocationId,
    publicIp,
    networkBorderGroup,
    knownFromMs,
    association: undefined,
    reverseDns: noReverseDns,
    tags,
  });
  return { allocationId, publicIp, networkBorderGroup };
}

/** ReleaseAddress, as wide as it is simulated. */
export interface ReleaseInput {
  readonly allocationId: string;
  /** The region's own by default: an address of a Local Zone is released by who names its group only (aws-nuke, issue 371). */
  readonly networkBorderGroup?: string | undefined;
}

/**
 * ReleaseAddress: an address of another network border group than the one that is named is not found; refused while its reverse DNS locks it, and while it is associated; in a default VPC it is let go instead (API
 * reference, ReleaseAddress).
 */
export function releaseAddress(state: CloudState, input: ReleaseInput): void {
  const { allocationId, networkBorderGroup = state.region } = input;
  const address = requireOwn(state, allocationId, state.rules.releaseOfNothingCode);
  if (address.networkBorderGroup !== networkBorderGroup) {
    refuse('InvalidAddress.NotFound', `Address '${address.publicIp}' not found.`);
  }
  const isAssociated = address.association !== undefined;
  if (isAssociated && !isInDefaultVpc(state, address)) {
    refuse('InvalidIPAddress.InUse', `Address ${address.publicIp} is in use.`);
  }
  requireUnlocked(state, address);
  dropAssociation(state, address);
  state.addresses.delete(allocationId);
  state.releasedAllocations.add(allocationId);
}

function isInDefaultVpc(state: CloudState, { association }: AddressRecord): boolean {
  const eni = state.networkInterfaces.get(association?.networkInterfaceId ?? '');
  return state.vpcs.get(eni?.vpcId ?? '')?.isDefault ?? false;
}

/** One of the account's own. */
function requireOwn(state: CloudState, allocationId: string, ec2Code?: string): AddressRecord {
  const isElsewhere =
    state.rules.releasedAddress === 'reallocated' && state.releasedAllocations.has(allocationId);
  if (isElsewhere) refuse('AuthFailure', `The address '${allocationId}' does not belong to you.`);
  return requireAddress(state, allocationId, ec2Code);
}
