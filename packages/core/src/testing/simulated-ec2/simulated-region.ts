import type { AllocatedAddress } from '../../cloud/ec2/ec2-api.ts';
import type { NetworkAclEntry } from '../../cloud/ec2/ec2-packet-filters.ts';
import type { Clock } from '../../identity/clock.ts';
import * as addresses from './addresses.ts';
import * as attachments from './attachments.ts';
import type { AttachmentSetup, InterfaceChange } from './attachments.ts';
import type { CallLog, Ec2Action } from './call-log.ts';
import { CallRunner } from './call-runner.ts';
import type { Ec2ChangeListener } from './change.ts';
import { defaultRules } from './cloud-rules.ts';
import { emptyCloud, tagsFrom, type CidrReservation, type InstanceState } from './cloud-state.ts';
import * as connect from './connect-topology.ts';
import type {
  CidrReservationSetup,
  GatewayRoute,
  InternetGatewaySetup,
} from './connect-topology.ts';
import type { Ec2Fault } from './faults.ts';
import { hardshipsOf } from './hardships.ts';
import { parsePolicy, type IamPolicy } from './iam/iam-policy.ts';
import type { TagCondition } from './iam/tag-conditions.ts';
import * as acls from './network-acls.ts';
import type { NetworkAclSetup } from './network-acls.ts';
import * as prefixLists from './prefix-lists.ts';
import type { PrefixListChange, PrefixListSetup } from './prefix-lists.ts';
import * as reverseDns from './reverse-dns.ts';
import type { AddressAttribute, ReverseDnsSetup } from './reverse-dns.ts';
import * as routeTables from './route-tables.ts';
import type { PrefixListRoute } from './route-tables.ts';
import * as groups from './security-groups.ts';
import type { SecurityGroupRules, SecurityGroupSetup } from './security-groups.ts';
import type { SimulatedEc2Options } from './simulated-ec2.ts';
import { snapshotOf, type Ec2Snapshot } from './snapshot.ts';
import * as tearDown from './tear-down.ts';
import * as topology from './topology.ts';
import type {
  CreatedNetworkInterface,
  InstanceSetup,
  NetworkInterfaceSetup,
  RouteTableSetup,
  SubnetSetup,
  VpcSetup,
} from './topology.ts';

const processClock: Pick<Clock, 'elapsed'> = { elapsed: () => performance.now() };

/** Of each region what carries its calls out; no caller of it has a use for that. */
const runners = new WeakMap<SimulatedRegion, CallRunner>();

export function runnerOf(region: SimulatedRegion): CallRunner {
  const runner = runners.get(region);
  if (runner === undefined) throw new Error('the region was not constructed');
  return runner;
}

/**
 * A simulated region and a test's own hands on it: what they do to its topology is immediate, needs no permission, is
 * not logged and cannot fail by a planted fault.
 */
export abstract class SimulatedRegion {
  constructor(options: SimulatedEc2Options) {
    const { region, clock = processClock, ...more } = options;
    const state = emptyCloud(region, { ...defaultRules, ...more }, () => clock.elapsed());
    runners.set(this, new CallRunner(state, hardshipsOf(more, clock)));
  }

  get region(): string {
    return runnerOf(this).state.region;
  }

  /** Every call, in order. */
  get calls(): CallLog {
    return runnerOf(this).calls;
  }

  /** The whole region as plain JSON. */
  snapshot(): Ec2Snapshot {
    return snapshotOf(runnerOf(this).present());
  }

  /** The region as a describe shows it now that is answered from a snapshot; it is no call: `authorize` asks whether it may be made. */
  described(
    action: 'DescribeInstances' | 'DescribeSubnets' | 'DescribeManagedPrefixLists',
  ): Ec2Snapshot {
    return snapshotOf(runnerOf(this).described(action));
  }

  /** Plants a fault into the next calls of an action. */
  inject(fault: Ec2Fault): void {
    runnerOf(this).faults.plant(fault);
  }

  /** From now on these actions, and no others, are refused with UnauthorizedOperation. */
  denyActions(actions: readonly Ec2Action[]): void {
    runnerOf(this).faults.deny(actions);
  }

  /** From now on these conditions, and no others, are asked of calls: as an IAM policy with `ec2:ResourceTag` would. */
  requireTags(conditions: readonly TagCondition[]): void {
    runnerOf(this).faults.tagConditions = conditions;
  }

  /** From now on calls are judged by this IAM policy; undefined: they are not. @throws RangeError naming what of it is not known. */
  setPolicy(policy: IamPolicy | undefined): void {
    runnerOf(this).faults.policy = policy && parsePolicy(policy);
  }

  /** What a dry run asks, and all that a describe of something static needs: takes a request token. @throws RequestLimitExceeded when there is none, UnauthorizedOperation. */
  authorize(action: Ec2Action, input?: unknown): void {
    runnerOf(this).authorize(action, input);
  }

  /** Follows every change that a call makes; returns how to stop. */
  onChange(listener: Ec2ChangeListener): () => void {
    runnerOf(this).listeners.add(listener);
    return () => runnerOf(this).listeners.delete(listener);
  }

  /** A VPC with its main route table, which holds the local route. */
  createVpc(setup: VpcSetup): { readonly vpcId: string; readonly mainRouteTableId: string } {
    return runnerOf(this).build((state) => topology.createVpc(state, setup));
  }

  /** An Internet gateway, attached to the VPC if one is named: without one no Elastic IP can be associated in it. */
  createInternetGateway(setup: InternetGatewaySetup): { readonly internetGatewayId: string } {
    return runnerOf(this).build((state) => connect.createInternetGateway(state, setup));
  }

  attachInternetGateway(setup: {
    readonly internetGatewayId: string;
    readonly vpcId: string;
  }): void {
    runnerOf(this).build((state) => connect.attachInternetGateway(state, setup));
  }

  /** Not while an Elastic IP is on an interface of the VPC; routes to the gateway become black holes. */
  detachInternetGateway(setup: {
    readonly internetGatewayId: string;
    readonly vpcId: string;
  }): void {
    runnerOf(this).build((state) => tearDown.detachInternetGateway(state, setup));
  }

  /** Puts a subnet under its VPC's main route table again. */
  disassociateRouteTable(setup: { readonly subnetId: string }): void {
    runnerOf(this).build((state) => tearDown.disassociateRouteTable(state, setup));
  }

  /** A subnet, route table, Internet gateway, security group, network ACL or VPC, unless something needs it (DependencyViolation). */
  deleteResource(id: string): void {
    runnerOf(this).build((state) => tearDown.deleteResource(state, id));
  }

  /** Puts a subnet that has the main route table under another one. */
  associateRouteTable(setup: { readonly routeTableId: string; readonly subnetId: string }): void {
    runnerOf(this).build((state) => connect.associateRouteTable(state, setup));
  }

  attachNetworkInterface(setup: AttachmentSetup): void {
    runnerOf(this).build((state) => attachments.attachNetworkInterface(state, setup));
  }

  /** Keeps a range of a subnet out of what EC2 chooses by itself. */
  createSubnetCidrReservation(setup: CidrReservationSetup): CidrReservation {
    return runnerOf(this).build((state) => connect.createSubnetCidrReservation(state, setup));
  }

  createSecurityGroup(setup: SecurityGroupSetup): { readonly groupId: string } {
    return runnerOf(this).build((state) => groups.createSecurityGroup(state, setup));
  }

  /** CreateNetworkAcl, its entries, and the subnets that have it from now on. */
  createNetworkAcl(setup: NetworkAclSetup): { readonly networkAclId: string } {
    return runnerOf(this).build((state) => acls.createNetworkAcl(state, setup));
  }

  createNetworkAclEntry(setup: {
    readonly networkAclId: string;
    readonly entry: NetworkAclEntry;
  }): void {
    runnerOf(this).build((state) => acls.createNetworkAclEntry(state, setup));
  }

  deleteNetworkAclEntry(setup: {
    readonly networkAclId: string;
    readonly ruleNumber: number;
    readonly egress: boolean;
  }): void {
    runnerOf(this).build((state) => acls.deleteNetworkAclEntry(state, setup));
  }

  /** Puts the subnet of an association under another network ACL. */
  replaceNetworkAclAssociation(setup: {
    readonly associationId: string;
    readonly networkAclId: string;
  }): { readonly newAssociationId: string } {
    return runnerOf(this).build((state) => acls.replaceNetworkAclAssociation(state, setup));
  }

  createManagedPrefixList(setup: PrefixListSetup): { readonly prefixListId: string } {
    return runnerOf(this).build((state) => prefixLists.createManagedPrefixList(state, setup));
  }

  /** Adds and removes entries; the version is compared where one is given. */
  modifyManagedPrefixList(change: PrefixListChange): { readonly version: number } {
    return runnerOf(this).build((state) => prefixLists.modifyManagedPrefixList(state, change));
  }

  /** A route to every entry of a prefix list. */
  createPrefixListRoute(route: PrefixListRoute): void {
    runnerOf(this).build((state) => routeTables.createPrefixListRoute(state, route));
  }

  authorizeSecurityGroup(rules: SecurityGroupRules): void {
    runnerOf(this).build((state) => groups.authorizeSecurityGroup(state, rules));
  }

  revokeSecurityGroup(rules: SecurityGroupRules): void {
    runnerOf(this).build((state) => groups.revokeSecurityGroup(state, rules));
  }

  /** Takes an interface out of the security groups that it is in, and puts it into these. */
  setSecurityGroups(setup: {
    readonly networkInterfaceId: string;
    readonly groupIds: readonly string[];
  }): void {
    runnerOf(this).build((state) => groups.setSecurityGroups(state, setup));
  }

  createRouteTable(setup: RouteTableSetup): { readonly routeTableId: string } {
    return runnerOf(this).build((state) => topology.createRouteTable(state, setup));
  }

  /** A route to something that is no network interface, such as 0.0.0.0/0 to an Internet gateway. */
  createGatewayRoute(route: GatewayRoute): void {
    runnerOf(this).build((state) => connect.createGatewayRoute(state, route));
  }

  createSubnet(setup: SubnetSetup): { readonly subnetId: string } {
    return runnerOf(this).build((state) => topology.createSubnet(state, setup));
  }

  createInstance(setup: InstanceSetup = {}): { readonly instanceId: string } {
    return runnerOf(this).build((state) => topology.createInstance(state, setup));
  }

  /** `terminated` deletes the instance's network interfaces, too, but those that are to outlive it: they are detached. */
  setInstanceState(setup: { readonly instanceId: string; readonly state: InstanceState }): void {
    runnerOf(this).build((state) =>
      topology.setInstanceState(state, setup.instanceId, setup.state),
    );
  }

  createNetworkInterface(setup: NetworkInterfaceSetup): CreatedNetworkInterface {
    return runnerOf(this).build((state) => topology.createNetworkInterface(state, setup));
  }

  modifyNetworkInterface(change: InterfaceChange): void {
    runnerOf(this).build((state) => attachments.modifyNetworkInterface(state, change));
  }

  /** Takes an interface off its instance, but not the one at device index 0; routes to it become black holes. */
  detachNetworkInterface(setup: { readonly networkInterfaceId: string }): void {
    runnerOf(this).build((state) =>
      attachments.detachNetworkInterface(state, setup.networkInterfaceId),
    );
  }

  /** Detaches and deletes: its Elastic IPs are let go, routes to it become black holes. */
  deleteNetworkInterface(setup: { readonly networkInterfaceId: string }): void {
    runnerOf(this).build((state) =>
      topology.deleteNetworkInterface(state, setup.networkInterfaceId),
    );
  }

  /** ModifyAddressAttribute with a domain name, ResetAddressAttribute without one: a record locks the address against its release. */
  setReverseDns(setup: ReverseDnsSetup): AddressAttribute {
    return runnerOf(this).build((state) => reverseDns.setReverseDns(state, setup));
  }

  /** DescribeAddressesAttribute: of these addresses, or of all. */
  describeReverseDns(
    asked: { readonly allocationIds?: readonly string[] } = {},
  ): readonly AddressAttribute[] {
    return runnerOf(this).build((state) => reverseDns.describeReverseDns(state, asked));
  }

  /** An Elastic IP; default the next one of 203.0.113.0/24, then of 198.51.100.0/24 (RFC 5737). */
  allocateAddress(
    setup: {
      readonly publicIp?: string;
      /** Default the region's own. */
      readonly networkBorderGroup?: string;
      readonly tags?: Readonly<Record<string, string>>;
    } = {},
  ): AllocatedAddress {
    const input = { ...setup, tags: tagsFrom(setup.tags) };
    return runnerOf(this).build((state) => addresses.allocateAddress(state, input));
  }
}
