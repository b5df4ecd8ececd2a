import type {
  AllocatedAddress,
  CallOptions,
  DescribeAddresses,
  DescribeNetworkInterfaces,
  DescribeRouteTables,
  DescribeSecurityGroups,
  Ec2Api,
  ElasticIp,
  NetworkInterface,
  RouteKey,
  RouteTable,
  SecurityGroup,
  SetSourceDestCheck,
  Tag,
} from '../../cloud/ec2-api.ts';
import * as addresses from './addresses.ts';
import type { AssociateInput } from './addresses.ts';
import type { CallLog, Ec2Action } from './call-log.ts';
import type { Clock } from '../../identity/clock.ts';
import { CallRunner } from './call-runner.ts';
import type { Ec2ChangeListener } from './change.ts';
import {
  defaultRules,
  emptyCloud,
  tagsFrom,
  type CidrReservation,
  type CloudRules,
  type CloudState,
  type InstanceState,
} from './cloud-state.ts';
import * as describe from './describe.ts';
import type { Ec2Fault } from './faults.ts';
import { LaggingReads, type ReadConsistency } from './lagging-reads.ts';
import * as networkInterfaces from './network-interfaces.ts';
import type { AssignAnswer, AssignInput } from './network-interfaces.ts';
import { RequestBuckets, type SimulatedRates } from './request-buckets.ts';
import * as routeTables from './route-tables.ts';
import type { RouteInput } from './route-tables.ts';
import * as groups from './security-groups.ts';
import type { SecurityGroupSetup } from './security-groups.ts';
import { snapshotOf, type Ec2Snapshot } from './snapshot.ts';
import * as tags from './tags.ts';
import type { DeleteTagsInput } from './tags.ts';
import * as connect from './connect-topology.ts';
import type {
  AttachmentSetup,
  CidrReservationSetup,
  GatewayRoute,
  InternetGatewaySetup,
} from './connect-topology.ts';
import * as topology from './topology.ts';
import type {
  CreatedNetworkInterface,
  InstanceSetup,
  NetworkInterfaceSetup,
  RouteTableSetup,
  SubnetSetup,
  VpcSetup,
} from './topology.ts';
import { unassignPrivateIps, type UnassignInput } from './unassign-private-ips.ts';

/** How a simulated EC2 behaves: where it is stricter, slower or less sure than it has to be. */
export interface SimulatedEc2Options extends Partial<CloudRules> {
  readonly region: string;
  readonly claimScope: CloudRules['claimScope'];
  /** Token buckets; default none: no call is throttled. `documentedRates` are EC2's. */
  readonly requestRates?: SimulatedRates;
  /** How far describes are behind; default not at all. */
  readonly reads?: ReadConsistency;
  /** For the two above; default this process's own time. */
  readonly clock?: Pick<Clock, 'elapsed'>;
}

const processClock: Pick<Clock, 'elapsed'> = { elapsed: () => performance.now() };

/**
 * One region of EC2, in memory. It keeps state and models what EC2 does with it, not a list of expected
 * calls; its inputs are as wide as EC2's, so that a caller who forgets a flag meets EC2's default. Every
 * write changes the state in one go, then tells the listeners and waits for them, then answers. Every
 * refusal is an Ec2CallError with EC2's own code. The topology methods are a test's hands: they are
 * immediate, need no permission, are not logged and cannot fail by a planted fault.
 */
export class SimulatedEc2 implements Ec2Api {
  readonly #state: CloudState;
  readonly #runner: CallRunner;

  constructor(options: SimulatedEc2Options) {
    const { region, requestRates, reads, clock = processClock, ...rules } = options;
    this.#state = emptyCloud(region, { ...defaultRules, ...rules });
    this.#runner = new CallRunner(this.#state, {
      buckets: requestRates && new RequestBuckets(requestRates, clock),
      reads: reads && new LaggingReads(reads, clock),
    });
  }

  get region(): string {
    return this.#state.region;
  }

  /** Every call, in order. */
  get calls(): CallLog {
    return this.#runner.calls;
  }

  /** The whole region as plain JSON. */
  snapshot(): Ec2Snapshot {
    return structuredClone(snapshotOf(this.#state));
  }

  /** Plants a fault into the next calls of an action. */
  inject(fault: Ec2Fault): void {
    this.#runner.faults.plant(fault);
  }

  /** From now on these actions, and no others, are refused with UnauthorizedOperation. */
  denyActions(actions: readonly Ec2Action[]): void {
    this.#runner.faults.deny(actions);
  }

  /**
   * What a dry run asks, and all that a describe of something static needs: takes a request token, throws
   * RequestLimitExceeded when there is none, UnauthorizedOperation for a denied action.
   */
  authorize(action: Ec2Action, input?: unknown): void {
    this.#runner.authorize(action, input);
  }

  /** Follows every change that a call makes; returns how to stop. */
  onChange(listener: Ec2ChangeListener): () => void {
    this.#runner.listeners.add(listener);
    return () => this.#runner.listeners.delete(listener);
  }

  describeNetworkInterfaces(
    input: DescribeNetworkInterfaces & { readonly maxResults?: number | undefined },
    call?: CallOptions,
  ): Promise<NetworkInterface[]> {
    const operation = describe.describeNetworkInterfaces;
    return this.#runner.run('DescribeNetworkInterfaces', input, call, operation);
  }

  describeAddresses(input: DescribeAddresses, call?: CallOptions): Promise<ElasticIp[]> {
    return this.#runner.run('DescribeAddresses', input, call, describe.describeAddresses);
  }

  describeRouteTables(input: DescribeRouteTables, call?: CallOptions): Promise<RouteTable[]> {
    return this.#runner.run('DescribeRouteTables', input, call, describe.describeRouteTables);
  }

  describeSecurityGroups(
    input: DescribeSecurityGroups,
    call?: CallOptions,
  ): Promise<SecurityGroup[]> {
    return this.#runner.run('DescribeSecurityGroups', input, call, groups.describeSecurityGroups);
  }

  assignPrivateIpAddresses(input: AssignInput, call?: CallOptions): Promise<AssignAnswer> {
    const operation = networkInterfaces.assignPrivateIps;
    return this.#runner.run('AssignPrivateIpAddresses', input, call, operation);
  }

  unassignPrivateIpAddresses(input: UnassignInput, call?: CallOptions): Promise<void> {
    return this.#runner.run('UnassignPrivateIpAddresses', input, call, unassignPrivateIps);
  }

  associateAddress(
    input: AssociateInput,
    call?: CallOptions,
  ): Promise<{ readonly associationId: string }> {
    return this.#runner.run('AssociateAddress', input, call, addresses.associateAddress);
  }

  disassociateAddress(
    input: { readonly associationId: string },
    call?: CallOptions,
  ): Promise<void> {
    return this.#runner.run('DisassociateAddress', input, call, addresses.disassociateAddress);
  }

  createTags(
    input: { readonly resources: readonly string[]; readonly tags: readonly Tag[] },
    call?: CallOptions,
  ): Promise<void> {
    return this.#runner.run('CreateTags', input, call, tags.createTags);
  }

  deleteTags(input: DeleteTagsInput, call?: CallOptions): Promise<void> {
    return this.#runner.run('DeleteTags', input, call, tags.deleteTags);
  }

  createRoute(input: RouteInput, call?: CallOptions): Promise<void> {
    return this.#runner.run('CreateRoute', input, call, routeTables.createRoute);
  }

  replaceRoute(input: RouteInput, call?: CallOptions): Promise<void> {
    return this.#runner.run('ReplaceRoute', input, call, routeTables.replaceRoute);
  }

  deleteRoute(input: RouteKey, call?: CallOptions): Promise<void> {
    return this.#runner.run('DeleteRoute', input, call, routeTables.deleteRoute);
  }

  setSourceDestCheck(input: SetSourceDestCheck, call?: CallOptions): Promise<void> {
    const operation = networkInterfaces.setSourceDestCheck;
    return this.#runner.run('ModifyNetworkInterfaceAttribute', input, call, operation);
  }

  /** AllocateAddress; `publicIp` asks for that very address. */
  allocateTaggedAddress(
    input: { readonly tags: readonly Tag[]; readonly publicIp?: string | undefined },
    call?: CallOptions,
  ): Promise<AllocatedAddress> {
    return this.#runner.run('AllocateAddress', input, call, addresses.allocateTaggedAddress);
  }

  /** ReleaseAddress. */
  releaseAddress(input: { readonly allocationId: string }, call?: CallOptions): Promise<void> {
    return this.#runner.run('ReleaseAddress', input, call, addresses.releaseAddress);
  }

  /** A VPC with its main route table, which holds the local route. */
  createVpc(setup: VpcSetup): { readonly vpcId: string; readonly mainRouteTableId: string } {
    return this.#runner.build((state) => topology.createVpc(state, setup));
  }

  /** An Internet gateway, attached to the VPC if one is named: without one no Elastic IP can be associated in it. */
  createInternetGateway(setup: InternetGatewaySetup): { readonly internetGatewayId: string } {
    return this.#runner.build((state) => connect.createInternetGateway(state, setup));
  }

  attachInternetGateway(setup: {
    readonly internetGatewayId: string;
    readonly vpcId: string;
  }): void {
    this.#runner.build((state) => connect.attachInternetGateway(state, setup));
  }

  /** Puts a subnet that has the main route table under another one. */
  associateRouteTable(setup: { readonly routeTableId: string; readonly subnetId: string }): void {
    this.#runner.build((state) => connect.associateRouteTable(state, setup));
  }

  attachNetworkInterface(setup: AttachmentSetup): void {
    this.#runner.build((state) => connect.attachNetworkInterface(state, setup));
  }

  /** Keeps a range of a subnet out of what EC2 chooses by itself. */
  createSubnetCidrReservation(setup: CidrReservationSetup): CidrReservation {
    return this.#runner.build((state) => connect.createSubnetCidrReservation(state, setup));
  }

  createSecurityGroup(setup: SecurityGroupSetup): { readonly groupId: string } {
    return this.#runner.build((state) => groups.createSecurityGroup(state, setup));
  }

  createRouteTable(setup: RouteTableSetup): { readonly routeTableId: string } {
    return this.#runner.build((state) => topology.createRouteTable(state, setup));
  }

  /** A route to something that is no network interface, such as 0.0.0.0/0 to an Internet gateway. */
  createGatewayRoute(route: GatewayRoute): void {
    this.#runner.build((state) => connect.createGatewayRoute(state, route));
  }

  createSubnet(setup: SubnetSetup): { readonly subnetId: string } {
    return this.#runner.build((state) => topology.createSubnet(state, setup));
  }

  createInstance(setup: InstanceSetup = {}): { readonly instanceId: string } {
    return this.#runner.build((state) => topology.createInstance(state, setup));
  }

  /** `terminated` deletes the instance's network interfaces too. */
  setInstanceState(setup: { readonly instanceId: string; readonly state: InstanceState }): void {
    this.#runner.build((state) => topology.setInstanceState(state, setup.instanceId, setup.state));
  }

  createNetworkInterface(setup: NetworkInterfaceSetup): CreatedNetworkInterface {
    return this.#runner.build((state) => topology.createNetworkInterface(state, setup));
  }

  /** Takes an interface off its instance; routes to it become black holes. */
  detachNetworkInterface(setup: { readonly networkInterfaceId: string }): void {
    this.#runner.build((state) => topology.detachNetworkInterface(state, setup.networkInterfaceId));
  }

  /** Detaches and deletes: its Elastic IPs are let go, routes to it become black holes. */
  deleteNetworkInterface(setup: { readonly networkInterfaceId: string }): void {
    this.#runner.build((state) => topology.deleteNetworkInterface(state, setup.networkInterfaceId));
  }

  /** An Elastic IP; default the next one of 203.0.113.0/24, then of 198.51.100.0/24 (RFC 5737). */
  allocateAddress(
    setup: { readonly publicIp?: string; readonly tags?: Readonly<Record<string, string>> } = {},
  ): { readonly allocationId: string; readonly publicIp: string } {
    const input = { ...setup, tags: tagsFrom(setup.tags) };
    return this.#runner.build((state) => addresses.allocateAddress(state, input));
  }
}
