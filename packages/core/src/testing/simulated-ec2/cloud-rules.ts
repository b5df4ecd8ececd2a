import type { SimulatedInstanceType } from './instance-types.ts';

/** How EC2 behaves where its documentation is silent, and the limits of the account. */
export interface CloudRules {
  /**
   * What `AllowReassociation=false` protects an Elastic IP from: `eni`, being taken by another network
   * interface; `privateIp`, also by another private IP of the same one. AWS promises only "another resource".
   */
  readonly claimScope: 'eni' | 'privateIp';
  /** A private IP that already has another Elastic IP, `AllowReassociation=false`: documented nowhere. */
  readonly occupiedPrivateIp: 'refuse' | 'displace';
  /**
   * DisassociateAddress of an association that ended before: AWS documents an idempotent operation, others
   * met InvalidAssociationID.NotFound.
   */
  readonly endedAssociation: 'refuse' | 'accept';
  /**
   * AssociateAddress once more, of the address that the private IP has: AWS documents success, and says nothing of the id, nor of
   * `AllowReassociation=false`.
   */
  readonly repeatedAssociation: 'same-id' | 'new-id' | 'refuse';
  /**
   * The code with which AssociateAddress refuses an address of another network border group. The API reference says that it does, and no code; no answer of
   * EC2 to it is quoted in public. CreateNatGateway's, to the same mistake, is OperationNotPermitted (quoted often, crossplane-on-eks issue 210);
   * ReleaseAddress's is InvalidAddress.NotFound (API reference). So the first is likely, and none is sure.
   */
  readonly borderGroupCode:
    | 'OperationNotPermitted'
    | 'InvalidParameterCombination'
    | 'InvalidParameterValue'
    | 'InvalidAddress.NotFound';
  /** CreateRoute once more, to the same interface: AWS says only that a route that exists is refused. */
  readonly repeatedRoute: 'refuse' | 'accept';
  /** The code for a private IP that another network interface holds: AWS documents both. */
  readonly privateIpTakenCode: 'InvalidParameterValue' | 'Resource.AlreadyAssociated';
  /**
   * What AssociateAddress and ReleaseAddress say of an address that was released: that there is none, or, once another account has it,
   * AuthFailure.
   */
  readonly releasedAddress: 'unknown' | 'reallocated';
  /** The code with which ReleaseAddress refuses what is gone: AWS documents the first, its list of error codes also the second. */
  readonly releaseOfNothingCode: 'InvalidAllocationID.NotFound' | 'InvalidAddressID.NotFound';
  /** The code for a route of a table that is not there: AWS's list of error codes has both. */
  readonly unknownRouteTableCode: 'InvalidRouteTableID.NotFound' | 'InvalidRoute.NotFound';
  /**
   * The code with which AssociateAddress refuses an interface of a pending instance: AWS documents the first, others met the second
   * (Terraform's AWS provider retries both).
   */
  readonly pendingInstanceCode: 'IncorrectInstanceState' | 'InvalidInstanceID';
  /** The code for AssignPrivateIpAddresses that asks for nothing: neither is documented for it. */
  readonly assignNothingCode: 'MissingParameter' | 'InvalidParameter';
  /**
   * The code with which DisassociateAddress refuses to take the last public IPv4 address from an interface with a dual-stack public hostname:
   * AWS documents that it does, and no code.
   */
  readonly dualStackNameCode: 'OperationNotPermitted' | 'InvalidParameterValue' | 'IncorrectState';
  /** The code for one route more than a table may have: AWS documents both. */
  readonly routeLimitCode: 'RouteLimitExceeded' | 'ResourceCountLimitExceeded';
  /** IPv4 addresses of a network interface whose instance does not say, with the primary one. */
  readonly privateIpsPerNetworkInterface: number;
  /** Routes of a route table, the local one not counted. */
  readonly routesPerTable: number;
  readonly tagsPerResource: number;
  readonly addressesPerRegion: number;
  readonly networkInterfacesPerRegion: number;
  /** The main one counts. */
  readonly routeTablesPerVpc: number;
  /** What all interfaces of a VPC may come to, by `addressUnitsOf`. */
  readonly networkAddressUnitsPerVpc: number;
  /** For how long calls that write do not know an address that AllocateAddress has just made. */
  readonly freshAddressMs: number;
  /** After how long a change of an Elastic IP's reverse DNS is done; it is locked until then. */
  readonly reverseDnsMs: number;
  /** The code for releasing an address that its reverse DNS locks: AWS documents the first, others met the second. */
  readonly reverseDnsLockCode: 'InvalidAddress.Locked' | 'InvalidAddress.PtrSet';
  /** After how long a private IP that AssignPrivateIpAddresses takes from another network interface has moved; it answers before. */
  readonly reassignmentMs: number;
  /**
   * With more network interfaces than this a DescribeNetworkInterfaces without pages is refused, unless it asks by instance, group, MAC
   * address, private DNS name or IP, subnet or VPC. AWS says "a large number"; default none is.
   */
  readonly networkInterfacesUnpaged?: number | undefined;
  /** Of instances that are made without one; default none. */
  readonly instanceType?: SimulatedInstanceType | undefined;
}

/** What holds unless a test says otherwise: the readings that refuse, and generous limits. */
export const defaultRules: Omit<
  CloudRules,
  'claimScope' | 'instanceType' | 'networkInterfacesUnpaged'
> = {
  occupiedPrivateIp: 'refuse',
  endedAssociation: 'refuse',
  repeatedAssociation: 'same-id',
  borderGroupCode: 'OperationNotPermitted',
  repeatedRoute: 'refuse',
  privateIpTakenCode: 'InvalidParameterValue',
  releasedAddress: 'unknown',
  releaseOfNothingCode: 'InvalidAllocationID.NotFound',
  unknownRouteTableCode: 'InvalidRouteTableID.NotFound',
  pendingInstanceCode: 'IncorrectInstanceState',
  assignNothingCode: 'MissingParameter',
  dualStackNameCode: 'OperationNotPermitted',
  routeLimitCode: 'RouteLimitExceeded',
  privateIpsPerNetworkInterface: 15,
  routesPerTable: 50,
  tagsPerResource: 50,
  addressesPerRegion: 1000,
  // VPC user guide, "Amazon VPC quotas"
  networkInterfacesPerRegion: 5000,
  routeTablesPerVpc: 200,
  networkAddressUnitsPerVpc: 64_000,
  freshAddressMs: 0,
  reverseDnsMs: 0,
  reverseDnsLockCode: 'InvalidAddress.Locked',
  reassignmentMs: 0,
};
