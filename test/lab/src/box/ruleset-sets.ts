import type { NewSet, Operation } from '@truetuple/netlink/nftables';
import type { EniName } from './topology.ts';

/** Where the Internet gateway's and the VPC router's rules and sets lie. */
export const gatewayTable = { family: 'ip', table: 'igw' } as const;
export const routerTable = { family: 'ip', table: 'vpc' } as const;

/** Private to public address, for what leaves the VPC. */
export const outboundMap: NewSet = { ...gatewayTable, set: 'out', key: 'ipv4', data: 'ipv4' };
/** Public to private address. */
export const inboundMap: NewSet = { ...gatewayTable, set: 'in', key: 'ipv4', data: 'ipv4' };
/** Which ENI may use which private address. */
export const eniAddresses: NewSet = {
  ...routerTable,
  set: 'eni_address',
  key: ['link-name', 'ipv4'],
};
/** Private addresses that some ENI holds. */
export const privateAddresses: NewSet = { ...routerTable, set: 'private_address', key: 'ipv4' };
/** The router's own. */
export const routerOwnAddresses: NewSet = { ...routerTable, set: 'router_address', key: 'ipv4' };
/** ENIs without source/destination check. */
export const uncheckedEnis: NewSet = { ...routerTable, set: 'unchecked', key: 'link-name' };

type Kind = 'add-elements' | 'delete-elements';

/** A private address belongs to an ENI: in the ENI's source check, and to somebody at all. */
export function privateIpElements(kind: Kind, eni: EniName, address: string): Operation[] {
  return [
    { kind, set: eniAddresses, elements: [{ key: [eni, address] }] },
    { kind, set: privateAddresses, elements: [{ key: address }] },
  ];
}

/** The Internet gateway translates between the two, both ways. */
export function associationElements(kind: Kind, publicIp: string, privateIp: string): Operation[] {
  return [
    { kind, set: outboundMap, elements: [{ key: privateIp, value: publicIp }] },
    { kind, set: inboundMap, elements: [{ key: publicIp, value: privateIp }] },
  ];
}

/** An ENI without source/destination check. */
export function uncheckedElements(kind: Kind, eni: EniName): Operation[] {
  return [{ kind, set: uncheckedEnis, elements: [{ key: eni }] }];
}
