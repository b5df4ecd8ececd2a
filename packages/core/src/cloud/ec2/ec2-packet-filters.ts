import type { CallOptions, Filter, Tag } from './ec2-api.ts';

/** What EC2 lets in and out of a network interface: only verification asks. */
export interface Ec2PacketFilters {
  /** DescribeSecurityGroups, all pages. */
  describeSecurityGroups(
    input: DescribeSecurityGroups,
    call?: CallOptions,
  ): Promise<SecurityGroup[]>;
  /** DescribeNetworkAcls, all pages. */
  describeNetworkAcls(input: DescribeNetworkAcls, call?: CallOptions): Promise<NetworkAcl[]>;
  /** GetManagedPrefixListEntries, all pages: the CIDR blocks of the list's present version. */
  getManagedPrefixListEntries(
    input: GetManagedPrefixListEntries,
    call?: CallOptions,
  ): Promise<string[]>;
}

/** Arguments of the EC2 action of that name: by ids, by filters, or all. */
export interface DescribeSecurityGroups {
  readonly groupIds?: readonly string[];
  readonly filters?: readonly Filter[];
}

/** Arguments of the EC2 action of that name: by ids, by filters such as `association.subnet-id`, or all. */
export interface DescribeNetworkAcls {
  readonly networkAclIds?: readonly string[];
  readonly filters?: readonly Filter[];
}

/** Arguments of the EC2 action of that name. */
export interface GetManagedPrefixListEntries {
  readonly prefixListId: string;
}

/** Shape SecurityGroup of DescribeSecurityGroups. */
export interface SecurityGroup {
  readonly groupId: string;
  readonly groupName: string;
  readonly vpcId: string;
  /** What it lets in. */
  readonly ipPermissions: readonly IpPermission[];
  /** What it lets out. */
  readonly ipPermissionsEgress: readonly IpPermission[];
  readonly tags: readonly Tag[];
}

/** Shape IpPermission: one rule for any of its peers. */
export interface IpPermission {
  /** `udp`, `tcp`, a protocol number, or `-1` for all protocols and ports. */
  readonly ipProtocol: string;
  /** Absent, or -1, for all ports. */
  readonly fromPort?: number;
  readonly toPort?: number;
  /** IPv4 CIDR blocks. */
  readonly ipRanges: readonly string[];
  /** Managed prefix lists, whose entries are blocks too. */
  readonly prefixListIds?: readonly string[];
  /** True when it also names IPv6 blocks or security groups. */
  readonly hasOtherPeers: boolean;
}

/** Shape NetworkAcl of DescribeNetworkAcls. A subnet has exactly one. */
export interface NetworkAcl {
  readonly networkAclId: string;
  readonly vpcId: string;
  /** The VPC's own, for subnets that nobody gave another. */
  readonly isDefault: boolean;
  readonly entries: readonly NetworkAclEntry[];
  readonly associations: readonly {
    readonly networkAclAssociationId: string;
    readonly subnetId: string;
  }[];
  readonly tags: readonly Tag[];
}

/**
 * Shape NetworkAclEntry: the first that is about a packet, by rule number, decides on it. No state is kept: an answer
 * needs a rule of its own direction.
 */
export interface NetworkAclEntry {
  /** 1 to 32766; 32767 is EC2's own last rule, shown as `*`. */
  readonly ruleNumber: number;
  /** True for what leaves the subnet. */
  readonly egress: boolean;
  readonly ruleAction: 'allow' | 'deny';
  /** A protocol number, such as 17 for UDP, or `-1` for all. */
  readonly protocol: string;
  /** Whom it is about; absent where that is an IPv6 block. */
  readonly cidrBlock?: string;
  /** Of the packet's destination; absent for all ports. */
  readonly portRange?: { readonly from: number; readonly to: number };
}
