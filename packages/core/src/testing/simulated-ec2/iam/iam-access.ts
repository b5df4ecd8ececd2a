import { isRead } from '../../../cloud/ec2/around-ec2.ts';
import type { Ec2Action } from '../../../cloud/ec2/ec2-action.ts';
import type {
  AddressRecord,
  CloudState,
  NetworkInterfaceRecord,
  RouteTableRecord,
  Tags,
} from '../cloud-state.ts';
import type { IamKeys } from './iam-conditions.ts';

/** The simulated account: AWS's own example. */
export const accountId = '123456789012';

/** One thing that a call needs a right to: an action on a resource. */
export interface IamAccess {
  /** CreateTags, too, of a call that tags what it makes. */
  readonly action: Ec2Action;
  /** Undefined: what the call names is not there. */
  readonly resource: IamResource | undefined;
}

export interface IamResource {
  readonly arn: string;
  readonly keys: IamKeys;
}

/** Where calls name resources, tags and attributes. */
interface NamedByCall {
  readonly allocationId?: string;
  readonly associationId?: string;
  readonly networkInterfaceId?: string;
  readonly routeTableId?: string;
  readonly resources?: readonly string[];
  readonly tags?: readonly { readonly key: string; readonly value?: string | undefined }[];
  readonly sourceDestCheck?: boolean;
}

const knownKeys = new Set(
  [
    'aws:RequestedRegion',
    'aws:TagKeys',
    'ec2:AllocationId',
    'ec2:Attribute',
    'ec2:AvailabilityZone',
    'ec2:CreateAction',
    'ec2:Domain',
    'ec2:NetworkInterfaceID',
    'ec2:PublicIpAddress',
    'ec2:Region',
    'ec2:RouteTableID',
    'ec2:Subnet',
    'ec2:Vpc',
  ].map((key) => key.toLowerCase()),
);
const knownFamilies = ['aws:requesttag/', 'aws:resourcetag/', 'ec2:resourcetag/', 'ec2:attribute/'];

/** Names of condition keys are the same in any case. */
export function isKnownKey(key: string): boolean {
  const name = key.toLowerCase();
  return knownKeys.has(name) || knownFamilies.some((family) => name.startsWith(family));
}

/** What a call needs rights to (Service Authorization Reference, "Actions, resources, and condition keys for Amazon EC2"). */
export function accessesOf(state: CloudState, action: Ec2Action, input: unknown): IamAccess[] {
  const named = (input ?? {}) as NamedByCall;
  const asked = [...ofRegion(state), ...ofTags(named), ...ofAttribute(named)];
  if (action === 'AllocateAddress') return accessesOfAllocation(state, named, asked);
  if (isRead(action)) return [{ action, resource: { arn: '*', keys: keysFrom(asked) } }];
  const touched = touchedBy(state, named);
  if (touched.length === 0) return [{ action, resource: undefined }];
  return touched.map(({ arn, keys }) => ({
    action,
    resource: { arn, keys: keysFrom([...keys, ...asked]) },
  }));
}

/** An address that is tagged as it is made needs CreateTags as well (EC2 user guide, "Grant permission to tag resources during creation"). */
function accessesOfAllocation(
  state: CloudState,
  { tags = [] }: NamedByCall,
  asked: readonly Entry[],
): IamAccess[] {
  const arn = arnOf(state, 'elastic-ip', '*');
  const keys = keysFrom([...asked, ['ec2:Domain', ['vpc']]]);
  const allocation: IamAccess = { action: 'AllocateAddress', resource: { arn, keys } };
  if (tags.length === 0) return [allocation];
  const tagging = keysFrom([...asked, ['ec2:CreateAction', ['AllocateAddress']]]);
  return [allocation, { action: 'CreateTags', resource: { arn, keys: tagging } }];
}

type Entry = readonly [key: string, values: readonly string[]];

function keysFrom(entries: readonly Entry[]): IamKeys {
  return new Map(entries.map(([key, values]) => [key.toLowerCase(), values]));
}

function ofRegion({ region }: CloudState): Entry[] {
  return [
    ['ec2:Region', [region]],
    ['aws:RequestedRegion', [region]],
  ];
}

/** A call without tags has neither key. */
function ofTags({ tags = [] }: NamedByCall): Entry[] {
  if (tags.length === 0) return [];
  return [
    ['aws:TagKeys', tags.map(({ key }) => key)],
    ...tags.flatMap(({ key, value }): Entry[] =>
      value === undefined ? [] : [[`aws:RequestTag/${key}`, [value]]],
    ),
  ];
}

function ofAttribute({ sourceDestCheck }: NamedByCall): Entry[] {
  if (sourceDestCheck === undefined) return [];
  return [
    ['ec2:Attribute', ['SourceDestCheck']],
    ['ec2:Attribute/SourceDestCheck', [String(sourceDestCheck)]],
  ];
}

function ofResource(tags: Tags): Entry[] {
  return [...tags].flatMap(([key, value]): Entry[] => [
    [`ec2:ResourceTag/${key}`, [value]],
    [`aws:ResourceTag/${key}`, [value]],
  ]);
}

interface Touched {
  readonly arn: string;
  readonly keys: readonly Entry[];
}

/**
 * DisassociateAddress names the address, and with it the interface that it is on: the reference lists both and says not when which is judged; here both are. Of a route it is the table alone, whatever it leads to.
 */
function touchedBy(state: CloudState, named: NamedByCall): Touched[] {
  if (named.routeTableId !== undefined) return touchedById(state, named.routeTableId);
  const held = [...state.addresses.values()].find(
    ({ association }) =>
      association !== undefined && association.associationId === named.associationId,
  );
  const ids = new Set([
    ...(named.resources ?? []),
    named.allocationId ?? held?.allocationId,
    named.networkInterfaceId ?? held?.association?.networkInterfaceId,
  ]);
  return [...ids].flatMap((id) => (id === undefined ? [] : touchedById(state, id)));
}

function touchedById(state: CloudState, id: string): Touched[] {
  const address = state.addresses.get(id);
  if (address !== undefined) return [touchedAddress(state, address)];
  const eni = state.networkInterfaces.get(id);
  if (eni !== undefined) return [touchedInterface(state, eni)];
  const table = state.routeTables.get(id);
  if (table !== undefined) return [touchedTable(state, table)];
  const others: readonly (readonly [string, ReadonlyMap<string, { readonly tags: Tags }>])[] = [
    ['vpc', state.vpcs],
    ['subnet', state.subnets],
    ['instance', state.instances],
    ['security-group', state.securityGroups],
    ['network-acl', state.networkAcls],
    ['prefix-list', state.prefixLists],
  ];
  return others.flatMap(([kind, all]) => {
    const tags = all.get(id)?.tags;
    return tags === undefined ? [] : [{ arn: arnOf(state, kind, id), keys: ofResource(tags) }];
  });
}

function touchedAddress(state: CloudState, address: AddressRecord): Touched {
  const { allocationId, publicIp, tags } = address;
  const keys: Entry[] = [
    ['ec2:AllocationId', [allocationId]],
    ['ec2:PublicIpAddress', [publicIp]],
    ['ec2:Domain', ['vpc']],
  ];
  return { arn: arnOf(state, 'elastic-ip', allocationId), keys: [...keys, ...ofResource(tags)] };
}

function touchedInterface(state: CloudState, eni: NetworkInterfaceRecord): Touched {
  const { networkInterfaceId, subnetId, vpcId, tags } = eni;
  const zone = state.subnets.get(subnetId)?.availabilityZone;
  const keys: Entry[] = [
    ['ec2:NetworkInterfaceID', [networkInterfaceId]],
    ['ec2:Subnet', [arnOf(state, 'subnet', subnetId)]],
    ['ec2:Vpc', [arnOf(state, 'vpc', vpcId)]],
    ...(zone === undefined ? [] : [['ec2:AvailabilityZone', [zone]] as const]),
  ];
  const arn = arnOf(state, 'network-interface', networkInterfaceId);
  return { arn, keys: [...keys, ...ofResource(tags)] };
}

function touchedTable(state: CloudState, table: RouteTableRecord): Touched {
  const { routeTableId, vpcId, tags } = table;
  const keys: Entry[] = [
    ['ec2:RouteTableID', [routeTableId]],
    ['ec2:Vpc', [arnOf(state, 'vpc', vpcId)]],
  ];
  return { arn: arnOf(state, 'route-table', routeTableId), keys: [...keys, ...ofResource(tags)] };
}

/** In the partition of the region (AWS General Reference, "Amazon Resource Names"). */
function arnOf({ region }: CloudState, kind: string, id: string): string {
  return `arn:${partitionOf(region)}:ec2:${region}:${accountId}:${kind}/${id}`;
}

function partitionOf(region: string): string {
  if (region.startsWith('cn-')) return 'aws-cn';
  if (region.startsWith('us-gov-')) return 'aws-us-gov';
  return region.startsWith('eusc-') ? 'aws-eusc' : 'aws';
}
