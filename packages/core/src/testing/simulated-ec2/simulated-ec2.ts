import type {
  AllocatedAddress,
  CallOptions,
  DescribeAddresses,
  DescribeRouteTables,
  Ec2Api,
  ElasticIp,
  RouteKey,
  RouteTable,
  SetSourceDestCheck,
  Tag,
} from '../../cloud/ec2/ec2-api.ts';
import type {
  DescribeNetworkAcls,
  DescribeSecurityGroups,
  GetManagedPrefixListEntries,
  NetworkAcl,
  SecurityGroup,
} from '../../cloud/ec2/ec2-packet-filters.ts';
import type { Clock } from '../../identity/clock.ts';
import * as addresses from './addresses.ts';
import type { AllocateInput, AssociateInput, ReleaseInput } from './addresses.ts';
import type { CloudRules } from './cloud-rules.ts';
import * as describe from './describe.ts';
import type { DescribeInterfacesInput, ShownNetworkInterface } from './describe.ts';
import type { FreshTimes } from './fresh-resources.ts';
import * as ipv6 from './ipv6-addresses.ts';
import type { AssignIpv6Answer, AssignIpv6Input, UnassignIpv6Input } from './ipv6-addresses.ts';
import type { ReadConsistency } from './lagging-reads.ts';
import * as acls from './network-acls.ts';
import * as networkInterfaces from './network-interfaces.ts';
import type { AssignAnswer, AssignInput } from './network-interfaces.ts';
import * as prefixLists from './prefix-lists.ts';
import type { SimulatedRates } from './request-buckets.ts';
import * as routeTables from './route-tables.ts';
import type { RouteInput } from './route-tables.ts';
import * as groups from './security-groups.ts';
import { runnerOf, SimulatedRegion } from './simulated-region.ts';
import * as tags from './tags.ts';
import type { DeleteTagsInput } from './tags.ts';
import type { TransientFailures } from './transients.ts';
import { unassignPrivateIps, type UnassignInput } from './unassign-private-ips.ts';

/** How a simulated EC2 behaves: where it is stricter, slower or less sure than it has to be. */
export interface SimulatedEc2Options extends Partial<CloudRules>, FreshTimes {
  readonly region: string;
  readonly claimScope: CloudRules['claimScope'];
  /** Token buckets; default none: no call is throttled. `documentedRates` are EC2's. */
  readonly requestRates?: SimulatedRates;
  /** How far describes are behind; default not at all. */
  readonly reads?: ReadConsistency;
  /** Server-side failures by chance; default none. */
  readonly transients?: TransientFailures;
  /** For all that takes time; default this process's own time. */
  readonly clock?: Pick<Clock, 'elapsed'>;
}

/**
 * One region of EC2, in memory. It keeps state and models what EC2 does with it, not a list of expected
 * calls; its inputs are as wide as EC2's, so that a caller who forgets a flag meets EC2's default. Every
 * write changes the state in one go, then tells the listeners and waits for them, then answers. Every
 * refusal is an Ec2CallError with EC2's own code. The topology methods are a test's hands: they are
 * immediate, need no permission, are not logged and cannot fail by a planted fault.
 */
export class SimulatedEc2 extends SimulatedRegion implements Ec2Api {
  describeNetworkInterfaces(
    input: DescribeInterfacesInput,
    call?: CallOptions,
  ): Promise<ShownNetworkInterface[]> {
    const operation = describe.describeNetworkInterfaces;
    return runnerOf(this).run('DescribeNetworkInterfaces', input, call, operation);
  }

  describeAddresses(input: DescribeAddresses, call?: CallOptions): Promise<ElasticIp[]> {
    return runnerOf(this).run('DescribeAddresses', input, call, describe.describeAddresses);
  }

  describeRouteTables(input: DescribeRouteTables, call?: CallOptions): Promise<RouteTable[]> {
    return runnerOf(this).run('DescribeRouteTables', input, call, describe.describeRouteTables);
  }

  describeSecurityGroups(
    input: DescribeSecurityGroups,
    call?: CallOptions,
  ): Promise<SecurityGroup[]> {
    return runnerOf(this).run('DescribeSecurityGroups', input, call, groups.describeSecurityGroups);
  }

  describeNetworkAcls(input: DescribeNetworkAcls, call?: CallOptions): Promise<NetworkAcl[]> {
    return runnerOf(this).run('DescribeNetworkAcls', input, call, acls.describeNetworkAcls);
  }

  getManagedPrefixListEntries(
    input: GetManagedPrefixListEntries,
    call?: CallOptions,
  ): Promise<string[]> {
    const operation = prefixLists.getManagedPrefixListEntries;
    return runnerOf(this).run('GetManagedPrefixListEntries', input, call, operation);
  }

  assignPrivateIpAddresses(input: AssignInput, call?: CallOptions): Promise<AssignAnswer> {
    const operation = networkInterfaces.assignPrivateIps;
    return runnerOf(this).run('AssignPrivateIpAddresses', input, call, operation);
  }

  unassignPrivateIpAddresses(input: UnassignInput, call?: CallOptions): Promise<void> {
    return runnerOf(this).run('UnassignPrivateIpAddresses', input, call, unassignPrivateIps);
  }

  assignIpv6Addresses(input: AssignIpv6Input, call?: CallOptions): Promise<AssignIpv6Answer> {
    return runnerOf(this).run('AssignIpv6Addresses', input, call, ipv6.assignIpv6Addresses);
  }

  unassignIpv6Addresses(input: UnassignIpv6Input, call?: CallOptions): Promise<void> {
    return runnerOf(this).run('UnassignIpv6Addresses', input, call, ipv6.unassignIpv6Addresses);
  }

  associateAddress(
    input: AssociateInput,
    call?: CallOptions,
  ): Promise<{ readonly associationId: string }> {
    return runnerOf(this).run('AssociateAddress', input, call, addresses.associateAddress);
  }

  disassociateAddress(
    input: { readonly associationId: string },
    call?: CallOptions,
  ): Promise<void> {
    return runnerOf(this).run('DisassociateAddress', input, call, addresses.disassociateAddress);
  }

  createTags(
    input: { readonly resources: readonly string[]; readonly tags: readonly Tag[] },
    call?: CallOptions,
  ): Promise<void> {
    return runnerOf(this).run('CreateTags', input, call, tags.createTags);
  }

  deleteTags(input: DeleteTagsInput, call?: CallOptions): Promise<void> {
    return runnerOf(this).run('DeleteTags', input, call, tags.deleteTags);
  }

  createRoute(input: RouteInput, call?: CallOptions): Promise<void> {
    return runnerOf(this).run('CreateRoute', input, call, routeTables.createRoute);
  }

  replaceRoute(input: RouteInput, call?: CallOptions): Promise<void> {
    return runnerOf(this).run('ReplaceRoute', input, call, routeTables.replaceRoute);
  }

  deleteRoute(input: RouteKey, call?: CallOptions): Promise<void> {
    return runnerOf(this).run('DeleteRoute', input, call, routeTables.deleteRoute);
  }

  setSourceDestCheck(input: SetSourceDestCheck, call?: CallOptions): Promise<void> {
    const operation = networkInterfaces.setSourceDestCheck;
    return runnerOf(this).run('ModifyNetworkInterfaceAttribute', input, call, operation);
  }

  /** AllocateAddress. */
  allocateTaggedAddress(input: AllocateInput, call?: CallOptions): Promise<AllocatedAddress> {
    return runnerOf(this).run('AllocateAddress', input, call, addresses.allocateTaggedAddress);
  }

  /** ReleaseAddress. */
  releaseAddress(input: ReleaseInput, call?: CallOptions): Promise<void> {
    return runnerOf(this).run('ReleaseAddress', input, call, addresses.releaseAddress);
  }
}
