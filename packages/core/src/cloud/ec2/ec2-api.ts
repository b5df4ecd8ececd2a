import type { Ec2PacketFilters } from './ec2-packet-filters.ts';

/**
 * Port: the EC2 calls truetuple uses and nothing else, in EC2's own words. Real side: adapters/aws over
 * @aws-sdk/client-ec2. Fake side: testing/simulated-ec2. Every refusal is an Ec2CallError.
 */
export interface Ec2Api extends Ec2PacketFilters {
  /** DescribeNetworkInterfaces, all pages. */
  describeNetworkInterfaces(
    input: DescribeNetworkInterfaces,
    call?: CallOptions,
  ): Promise<NetworkInterface[]>;
  /** DescribeAddresses (EC2 never pages it). */
  describeAddresses(input: DescribeAddresses, call?: CallOptions): Promise<ElasticIp[]>;
  /** DescribeRouteTables, all pages. */
  describeRouteTables(input: DescribeRouteTables, call?: CallOptions): Promise<RouteTable[]>;
  /** Answers which of the addresses this very call put there. */
  assignPrivateIpAddresses(
    input: AssignPrivateIpAddresses,
    call?: CallOptions,
  ): Promise<{ readonly assignedPrivateIpAddresses: readonly string[] }>;
  unassignPrivateIpAddresses(input: UnassignPrivateIpAddresses, call?: CallOptions): Promise<void>;
  /** Answers which of the addresses this very call put there. */
  assignIpv6Addresses(
    input: ChangeIpv6Addresses,
    call?: CallOptions,
  ): Promise<{ readonly assignedIpv6Addresses: readonly string[] }>;
  unassignIpv6Addresses(input: ChangeIpv6Addresses, call?: CallOptions): Promise<void>;
  associateAddress(
    input: AssociateAddress,
    call?: CallOptions,
  ): Promise<{ readonly associationId: string }>;
  disassociateAddress(input: { readonly associationId: string }, call?: CallOptions): Promise<void>;
  /**
   * AllocateAddress of the VPC domain, tagged by the same call: EC2 has no client token for it, so an address
   * whose answer is lost is found again by its tags only.
   */
  allocateTaggedAddress(
    input: AllocateTaggedAddress,
    call?: CallOptions,
  ): Promise<AllocatedAddress>;
  createTags(input: ChangeTags, call?: CallOptions): Promise<void>;
  /** DeleteTags with values only: EC2 then deletes a tag only where the value is equal. */
  deleteTags(input: ChangeTags, call?: CallOptions): Promise<void>;
  createRoute(input: RouteToNetworkInterface, call?: CallOptions): Promise<void>;
  replaceRoute(input: RouteToNetworkInterface, call?: CallOptions): Promise<void>;
  deleteRoute(input: RouteKey, call?: CallOptions): Promise<void>;
  /** ModifyNetworkInterfaceAttribute, the SourceDestCheck attribute. */
  setSourceDestCheck(input: SetSourceDestCheck, call?: CallOptions): Promise<void>;
}

/**
 * An Ec2Api that makes a throttled call again by itself until it gives up: who calls it must not, since two
 * retriers over one another multiply.
 */
export interface GovernedEc2Api extends Ec2Api {
  readonly bearsThrottling: true;
}

/** How one call of EC2 may be ended or slowed. */
export interface CallOptions {
  readonly signal?: AbortSignal;
  /** Ends the wait of a call that was not sent yet, and nothing afterwards: for writes. */
  readonly untilSent?: AbortSignal;
  /** Awaited before each further request of a describe that comes in pages. */
  readonly beforePage?: () => Promise<void>;
}

/** One filter of a describe: any of the values will do (EC2's `Filter.N`). */
export interface Filter {
  /** EC2's filter name, such as `mac-address` or `tag:truetuple/pool`. */
  readonly name: string;
  /** Any of these. */
  readonly values: readonly string[];
}

/** Arguments of the EC2 action of that name: ids or filters. All pages are read. */
export interface DescribeNetworkInterfaces {
  readonly networkInterfaceIds?: readonly string[];
  readonly filters?: readonly Filter[];
}

/** Arguments of the EC2 action of that name, which has no pages. */
export interface DescribeAddresses {
  readonly allocationIds?: readonly string[];
  readonly filters?: readonly Filter[];
}

/** Arguments of the EC2 action of that name: ids or filters. All pages are read. */
export interface DescribeRouteTables {
  readonly routeTableIds?: readonly string[];
  readonly filters?: readonly Filter[];
}

/** Arguments of the EC2 action of that name, with the addresses named and AllowReassignment=false always. */
export interface AssignPrivateIpAddresses {
  readonly networkInterfaceId: string;
  readonly privateIpAddresses: readonly string[];
  readonly allowReassignment: false;
}

/** Arguments of the EC2 action of that name. EC2 takes an Elastic IP off with its private IP. */
export interface UnassignPrivateIpAddresses {
  readonly networkInterfaceId: string;
  readonly privateIpAddresses: readonly string[];
}

/**
 * Arguments of AssignIpv6Addresses and UnassignIpv6Addresses, the addresses named. EC2 moves no IPv6 address: one that
 * another network interface has must be taken off there first. An IPv6 address carries no tags.
 */
export interface ChangeIpv6Addresses {
  readonly networkInterfaceId: string;
  readonly ipv6Addresses: readonly string[];
}

/**
 * Arguments of the EC2 action of that name, with the private IP named and AllowReassociation=false always: that
 * refusal is the lock.
 */
export interface AssociateAddress {
  readonly allocationId: string;
  readonly networkInterfaceId: string;
  readonly privateIpAddress: string;
  readonly allowReassociation: false;
}

/** Arguments of AllocateAddress: the tags go with the call, so that no address is ever without its pool. */
export interface AllocateTaggedAddress {
  /** At least one. */
  readonly tags: readonly Tag[];
  /** EC2's default is the region's own, which is named like the region. */
  readonly networkBorderGroup?: string | undefined;
}

/** What AllocateAddress made. */
export interface AllocatedAddress {
  readonly allocationId: string;
  readonly publicIp: string;
  readonly networkBorderGroup?: string;
}

/** Arguments of CreateTags and DeleteTags. A tag is deleted by key and value: another value is left alone. */
export interface ChangeTags {
  readonly resources: readonly string[];
  readonly tags: readonly Tag[];
}

/** What names a route: its table and its destination. DeleteRoute knows no more of it than this. */
export interface RouteKey {
  readonly routeTableId: string;
  readonly destinationCidrBlock: string;
}

/** Arguments of CreateRoute and ReplaceRoute. */
export interface RouteToNetworkInterface {
  readonly routeTableId: string;
  readonly destinationCidrBlock: string;
  readonly networkInterfaceId: string;
}

/** Arguments of ModifyNetworkInterfaceAttribute, for the one attribute that truetuple changes. */
export interface SetSourceDestCheck {
  readonly networkInterfaceId: string;
  readonly sourceDestCheck: boolean;
}

/** A tag of an EC2 resource. */
export interface Tag {
  readonly key: string;
  readonly value: string;
}

/** Shape NetworkInterface of DescribeNetworkInterfaces, what we read of it. */
export interface NetworkInterface {
  readonly networkInterfaceId: string;
  readonly vpcId: string;
  readonly subnetId: string;
  /** Such as us-west-2a, or us-west-2-lax-1a for a Local Zone. */
  readonly availabilityZone?: string;
  readonly macAddress: string;
  readonly sourceDestCheck: boolean;
  readonly status: string;
  readonly attachment?: {
    readonly instanceId?: string;
    readonly deviceIndex?: number;
    readonly status: string;
  };
  readonly privateIpAddresses: readonly {
    readonly privateIpAddress: string;
    readonly primary: boolean;
    readonly association?: {
      readonly publicIp: string;
      readonly allocationId?: string;
      readonly associationId?: string;
    };
  }[];
  /** Delegated /28 blocks: each of their addresses is on the interface, though none is listed. */
  readonly ipv4Prefixes?: readonly string[];
  /** Its IPv6 addresses; absent when it has none. */
  readonly ipv6Addresses?: readonly string[];
  /** Ids of its security groups; EC2 shows at least one. */
  readonly groupIds?: readonly string[];
  readonly tags: readonly Tag[];
}

/** Shape Address of DescribeAddresses. */
export interface ElasticIp {
  readonly allocationId: string;
  readonly publicIp: string;
  /** The zones from which AWS advertises it, such as us-west-2 or us-west-2-lax-1: it can be associated in them only. */
  readonly networkBorderGroup?: string;
  readonly associationId?: string;
  readonly networkInterfaceId?: string;
  readonly privateIpAddress?: string;
  readonly tags: readonly Tag[];
}

/** Shape RouteTable of DescribeRouteTables. */
export interface RouteTable {
  readonly routeTableId: string;
  readonly vpcId: string;
  readonly routes: readonly {
    readonly destinationCidrBlock: string;
    readonly networkInterfaceId?: string;
    readonly gatewayId?: string;
    readonly state: 'active' | 'blackhole';
  }[];
  /** Routes to managed prefix lists: one of them takes as many of the table's places as the list has at most. */
  readonly prefixListRoutes?: readonly {
    readonly destinationPrefixListId: string;
    readonly networkInterfaceId?: string;
    readonly gatewayId?: string;
    readonly state: 'active' | 'blackhole';
  }[];
  readonly associatedSubnetIds: readonly string[];
  readonly tags: readonly Tag[];
}
