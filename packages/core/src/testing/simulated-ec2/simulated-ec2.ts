import type {
  CallOptions,
  DescribeAddresses,
  DescribeNetworkInterfaces,
  DescribeRouteTables,
  Ec2Api,
  ElasticIp,
  NetworkInterface,
  RouteKey,
  RouteTable,
  SetSourceDestCheck,
  Tag,
  UnassignPrivateIpAddresses,
} from '../../cloud/ec2-api.ts';
import { Ec2CallError } from '../../cloud/ec2-call-error.ts';
import * as addresses from './addresses.ts';
import { CallLog, type Ec2Action } from './call-log.ts';
import type { Ec2ChangeListener } from './change.ts';
import {
  emptyCloud,
  nextNumber,
  tagsFrom,
  type CloudRules,
  type CloudState,
  type InstanceState,
} from './cloud-state.ts';
import * as describe from './describe.ts';
import { Faults, type Ec2Fault } from './faults.ts';
import * as networkInterfaces from './network-interfaces.ts';
import { httpStatusOf, Refusal, refuse } from './refuse.ts';
import * as routeTables from './route-tables.ts';
import { snapshotOf, type Ec2Snapshot } from './snapshot.ts';
import * as tags from './tags.ts';
import * as topology from './topology.ts';

export interface SimulatedEc2Options extends Partial<CloudRules> {
  readonly region: string;
  readonly claimScope: CloudRules['claimScope'];
}

const defaultRules = {
  occupiedPrivateIp: 'refuse',
  privateIpTakenCode: 'InvalidParameterValue',
  privateIpsPerNetworkInterface: 15,
  routesPerTable: 50,
  tagsPerResource: 50,
  addressesPerRegion: 1000,
} as const;

/**
 * One region of EC2, in memory. It keeps state and models what EC2 does with it, not a list of expected
 * calls; its inputs are as wide as EC2's, so that a caller who forgets a flag meets EC2's default. Every
 * write changes the state in one go, then tells the listeners and waits for them, then answers. Every
 * refusal is an Ec2CallError with EC2's own code. The topology methods are a test's hands: they are
 * immediate, need no permission, are not logged and cannot fail by a planted fault.
 */
export class SimulatedEc2 implements Ec2Api {
  /** Every call, in order. */
  readonly calls: CallLog = new CallLog();
  readonly #state: CloudState;
  readonly #faults = new Faults();
  readonly #listeners = new Set<Ec2ChangeListener>();

  constructor(options: SimulatedEc2Options) {
    const { region, ...rules } = options;
    this.#state = emptyCloud(region, { ...defaultRules, ...rules });
  }

  get region(): string {
    return this.#state.region;
  }

  /** The whole region as plain JSON. */
  snapshot(): Ec2Snapshot {
    return structuredClone(snapshotOf(this.#state));
  }

  /** Plants a fault into the next calls of an action. */
  inject(fault: Ec2Fault): void {
    this.#faults.plant(fault);
  }

  /** From now on these actions, and no others, are refused with UnauthorizedOperation. */
  denyActions(actions: readonly Ec2Action[]): void {
    this.#faults.deny(actions);
  }

  /** What a dry run asks: throws UnauthorizedOperation for a denied action. */
  authorize(action: Ec2Action): void {
    try {
      this.#faults.authorize(action);
    } catch (error) {
      throw callError(action, error);
    }
  }

  /** Follows every change that a call makes; returns how to stop. */
  onChange(listener: Ec2ChangeListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  describeNetworkInterfaces(
    input: DescribeNetworkInterfaces,
    call?: CallOptions,
  ): Promise<NetworkInterface[]> {
    return this.#run('DescribeNetworkInterfaces', input, call, describe.describeNetworkInterfaces);
  }

  describeAddresses(input: DescribeAddresses, call?: CallOptions): Promise<ElasticIp[]> {
    return this.#run('DescribeAddresses', input, call, describe.describeAddresses);
  }

  describeRouteTables(input: DescribeRouteTables, call?: CallOptions): Promise<RouteTable[]> {
    return this.#run('DescribeRouteTables', input, call, describe.describeRouteTables);
  }

  assignPrivateIpAddresses(
    input: networkInterfaces.AssignInput,
    call?: CallOptions,
  ): Promise<networkInterfaces.AssignAnswer> {
    return this.#run('AssignPrivateIpAddresses', input, call, networkInterfaces.assignPrivateIps);
  }

  unassignPrivateIpAddresses(input: UnassignPrivateIpAddresses, call?: CallOptions): Promise<void> {
    const operation = networkInterfaces.unassignPrivateIps;
    return this.#run('UnassignPrivateIpAddresses', input, call, operation);
  }

  associateAddress(
    input: addresses.AssociateInput,
    call?: CallOptions,
  ): Promise<{ readonly associationId: string }> {
    return this.#run('AssociateAddress', input, call, addresses.associateAddress);
  }

  disassociateAddress(
    input: { readonly associationId: string },
    call?: CallOptions,
  ): Promise<void> {
    return this.#run('DisassociateAddress', input, call, addresses.disassociateAddress);
  }

  createTags(
    input: { readonly resources: readonly string[]; readonly tags: readonly Tag[] },
    call?: CallOptions,
  ): Promise<void> {
    return this.#run('CreateTags', input, call, tags.createTags);
  }

  deleteTags(input: tags.DeleteTagsInput, call?: CallOptions): Promise<void> {
    return this.#run('DeleteTags', input, call, tags.deleteTags);
  }

  createRoute(input: routeTables.RouteInput, call?: CallOptions): Promise<void> {
    return this.#run('CreateRoute', input, call, routeTables.createRoute);
  }

  replaceRoute(input: routeTables.RouteInput, call?: CallOptions): Promise<void> {
    return this.#run('ReplaceRoute', input, call, routeTables.replaceRoute);
  }

  deleteRoute(input: RouteKey, call?: CallOptions): Promise<void> {
    return this.#run('DeleteRoute', input, call, routeTables.deleteRoute);
  }

  setSourceDestCheck(input: SetSourceDestCheck, call?: CallOptions): Promise<void> {
    const operation = networkInterfaces.setSourceDestCheck;
    return this.#run('ModifyNetworkInterfaceAttribute', input, call, operation);
  }

  /** ReleaseAddress. */
  releaseAddress(input: { readonly allocationId: string }, call?: CallOptions): Promise<void> {
    return this.#run('ReleaseAddress', input, call, addresses.releaseAddress);
  }

  /** A VPC with its main route table, which holds the local route. */
  createVpc(setup: topology.VpcSetup): {
    readonly vpcId: string;
    readonly mainRouteTableId: string;
  } {
    return this.#build((state) => topology.createVpc(state, setup));
  }

  /** An Internet gateway, attached to the VPC: without one no Elastic IP can be associated. */
  createInternetGateway(setup: { readonly vpcId: string }): { readonly internetGatewayId: string } {
    return this.#build((state) => topology.createInternetGateway(state, setup.vpcId));
  }

  createRouteTable(setup: topology.RouteTableSetup): { readonly routeTableId: string } {
    return this.#build((state) => topology.createRouteTable(state, setup));
  }

  /** A route to something that is no network interface, such as 0.0.0.0/0 to an Internet gateway. */
  createGatewayRoute(route: Parameters<typeof topology.createGatewayRoute>[1]): void {
    this.#build((state) => topology.createGatewayRoute(state, route));
  }

  createSubnet(setup: topology.SubnetSetup): { readonly subnetId: string } {
    return this.#build((state) => topology.createSubnet(state, setup));
  }

  createInstance(setup: topology.InstanceSetup = {}): { readonly instanceId: string } {
    return this.#build((state) => topology.createInstance(state, setup));
  }

  /** `terminated` deletes the instance's network interfaces too. */
  setInstanceState(setup: { readonly instanceId: string; readonly state: InstanceState }): void {
    this.#build((state) => topology.setInstanceState(state, setup.instanceId, setup.state));
  }

  createNetworkInterface(setup: topology.NetworkInterfaceSetup): topology.CreatedNetworkInterface {
    return this.#build((state) => topology.createNetworkInterface(state, setup));
  }

  /** Detaches and deletes: its Elastic IPs are let go, routes to it become black holes. */
  deleteNetworkInterface(setup: { readonly networkInterfaceId: string }): void {
    this.#build((state) => topology.deleteNetworkInterface(state, setup.networkInterfaceId));
  }

  /** An Elastic IP; default the next one of 203.0.113.0/24, then of 198.51.100.0/24 (RFC 5737). */
  allocateAddress(
    setup: { readonly publicIp?: string; readonly tags?: Readonly<Record<string, string>> } = {},
  ): { readonly allocationId: string; readonly publicIp: string } {
    return this.#build((state) => {
      const publicIp = setup.publicIp ?? nextPublicIp(state);
      const { allocationId } = addresses.allocateAddress(state, {
        publicIp,
        tags: tagsFrom(setup.tags),
      });
      return { allocationId, publicIp };
    });
  }

  #build<Answer>(operation: (state: CloudState) => Answer): Answer {
    try {
      return operation(this.#state);
    } catch (error) {
      throw callError('topology', error);
    } finally {
      this.#state.changes.length = 0;
    }
  }

  async #run<Input, Answer>(
    action: Ec2Action,
    input: Input,
    call: CallOptions | undefined,
    operation: (state: CloudState, input: Input) => Answer,
  ): Promise<Answer> {
    call?.signal?.throwIfAborted();
    // a network lies between: other callers' requests may overtake this one
    await Promise.resolve();
    const fault = this.#faults.take(action);
    let outcome = 'done';
    try {
      this.#faults.authorize(action);
      if (fault?.error !== undefined) refuse(fault.error, `planted: ${fault.error}`);
      const answer = structuredClone(operation(this.#state, input));
      if (fault?.loseAnswer === true) outcome = 'answer-lost';
      await this.#tellChanges();
      if (fault?.loseAnswer === true) throw lostAnswer(action);
      return answer;
    } catch (error) {
      if (error instanceof Refusal) outcome = error.ec2Code;
      throw callError(action, error);
    } finally {
      this.calls.add({ action, input: structuredClone(input), outcome });
    }
  }

  async #tellChanges(): Promise<void> {
    const changes = this.#state.changes.splice(0);
    for (const change of changes) {
      for (const listener of this.#listeners) await listener(change);
    }
  }
}

function nextPublicIp(state: CloudState): string {
  const number = nextNumber(state, 'public-ip');
  return number < 255 ? `203.0.113.${number}` : `198.51.100.${number - 254}`;
}

/** What the SDK makes of a connection that closes before the answer. */
function lostAnswer(action: Ec2Action): Ec2CallError {
  return new Ec2CallError({
    action,
    ec2Code: 'TimeoutError',
    message: `${action}: the connection closed before the answer came`,
  });
}

function callError(action: string, error: unknown): unknown {
  if (!(error instanceof Refusal)) return error;
  const ec2Code = error.ec2Code;
  const httpStatus = httpStatusOf(ec2Code);
  return new Ec2CallError({ action, ec2Code, message: error.message, httpStatus, cause: error });
}
