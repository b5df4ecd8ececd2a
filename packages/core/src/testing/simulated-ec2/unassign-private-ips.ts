import { dropAssociation } from './addresses.ts';
import {
  addressOn,
  requireNetworkInterface,
  type CloudState,
  type NetworkInterfaceRecord,
} from './cloud-state.ts';
import { note } from './network-interfaces.ts';
import { addressesIn } from './prefixes.ts';
import { refuse } from './refuse.ts';

/** UnassignPrivateIpAddresses: addresses, delegated prefixes, or both. */
export interface UnassignInput {
  readonly networkInterfaceId: string;
  readonly privateIpAddresses?: readonly string[] | undefined;
  readonly ipv4Prefixes?: readonly string[] | undefined;
}

/** UnassignPrivateIpAddresses: all or nothing; the primary stays; an Elastic IP on one of them is let go. */
export function unassignPrivateIps(state: CloudState, input: UnassignInput): void {
  const eni = requireNetworkInterface(state, input.networkInterfaceId);
  const { privateIpAddresses = [], ipv4Prefixes = [] } = input;
  if (privateIpAddresses.length + ipv4Prefixes.length === 0) {
    refuse('MissingParameter', 'The request must contain the parameter privateIpAddress');
  }
  for (const privateIp of privateIpAddresses) requireSecondary(eni, privateIp);
  for (const prefix of ipv4Prefixes) {
    if (!eni.ipv4Prefixes.includes(prefix)) notAssigned(eni, prefix);
  }
  const gone = new Set([...privateIpAddresses, ...ipv4Prefixes.flatMap(addressesIn)]);
  for (const privateIp of gone) {
    const address = addressOn(state, eni.networkInterfaceId, privateIp);
    if (address !== undefined) dropAssociation(state, address);
    eni.privateIps = eni.privateIps.filter((held) => held !== privateIp);
    note(state, 'private-ip-unassigned', eni, privateIp);
  }
  eni.ipv4Prefixes = eni.ipv4Prefixes.filter((prefix) => !ipv4Prefixes.includes(prefix));
}

function requireSecondary(eni: NetworkInterfaceRecord, privateIp: string): void {
  if (!eni.privateIps.includes(privateIp)) notAssigned(eni, privateIp);
  if (eni.privateIps[0] === privateIp) {
    refuse(
      'InvalidParameterValue',
      `The primary IP address ${privateIp} of ${eni.networkInterfaceId} cannot be unassigned.`,
    );
  }
}

function notAssigned(eni: NetworkInterfaceRecord, what: string): never {
  return refuse(
    'InvalidParameterValue',
    `Some of [${what}] addresses are not assigned to interface ${eni.networkInterfaceId}`,
  );
}
