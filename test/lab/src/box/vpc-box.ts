import type { Netlink, NetworkNamespace } from '@truetuple/netlink';
import { LabError } from '../errors.ts';
import { checkBoxOptions, type BoxOptions } from './box-options.ts';
import { buildTopology, closeHosts, hostOf, type Host, type Hosts } from './build-topology.ts';
import { DataPlane } from './data-plane.ts';
import type { BoxInEc2 } from './describe-box-to-ec2.ts';
import { describeTopology } from './describe-topology.ts';
import { followEc2, type ChangingEc2 } from './follow-ec2.ts';
import { podKey } from './link-names.ts';
import { requireBoxPrerequisites } from './prerequisites.ts';
import {
  fixedHostNames,
  type EniName,
  type EniPlan,
  type FixedHostName,
  type Net1Kind,
  type Topology,
} from './topology.ts';

export type BoxHostName = FixedHostName | 'pod';

/** A pod of the box, with what the cluster gave it before any identity was taken. */
export interface BoxPod {
  readonly name: string;
  readonly namespace: NetworkNamespace;
  readonly netlink: Netlink;
  readonly eth0: string;
  readonly net1: readonly string[];
}

/** An ENI of the box as EC2 would list it. */
export interface BoxEni extends EniPlan {
  /** The private addresses it holds now, the primary one first. */
  readonly addresses: readonly string[];
  readonly sourceDestCheck: boolean;
  /** Once the box was described to a simulated EC2. */
  readonly networkInterfaceId?: string;
}

/**
 * A VPC in a box: hosts in namespaces of this process, wires between them and a data plane to change.
 * Nothing of it has a name in the system, so any number of boxes run side by side, and nothing is left
 * however the process ends. Close it before the process goes on without it.
 */
export interface VpcBox extends AsyncDisposable {
  readonly net1: Net1Kind;
  /** `pod` is the first pod. */
  readonly namespaces: Readonly<Record<BoxHostName, NetworkNamespace>>;
  /** A netlink connection into each host. */
  readonly netlinks: Readonly<Record<BoxHostName, Netlink>>;
  readonly pods: readonly BoxPod[];
  /** By name; default the first. */
  pod(name?: string): BoxPod;
  enis(): readonly BoxEni[];
  eni(name: EniName): BoxEni;
  readonly dataPlane: DataPlane;
  /** Remembers under which ids an EC2 knows this box; {@link describeBoxToEc2} calls it. */
  knowAs(known: BoxInEc2): void;
  /** The changes of an EC2 that the box was described to drive the data plane; returns how to stop. */
  connect(ec2: ChangingEc2): () => void;
  close(): Promise<void>;
}

/**
 * Builds a box.
 * @throws LabError RightsMissing, ProgramMissing, OptionsInvalid, SettingRefused; NetlinkError
 */
export async function openBox(options: BoxOptions = {}): Promise<VpcBox> {
  requireBoxPrerequisites();
  const checked = checkBoxOptions(options);
  const topology = describeTopology(checked);
  const hosts = await buildTopology(topology);
  try {
    const pods = checked.pods.map((pod) => {
      const { namespace, netlink } = hostOf(hosts, podKey(pod.name));
      return { ...pod, namespace, netlink };
    });
    return new OpenBox(checked.net1, topology, hosts, pods);
  } catch (error) {
    closeHosts(hosts);
    throw error;
  }
}

class OpenBox implements VpcBox {
  readonly net1: Net1Kind;
  readonly namespaces: Readonly<Record<BoxHostName, NetworkNamespace>>;
  readonly netlinks: Readonly<Record<BoxHostName, Netlink>>;
  readonly pods: readonly BoxPod[];
  readonly dataPlane: DataPlane;
  readonly #hosts: Hosts;
  readonly #enis: readonly EniPlan[];
  #known: BoxInEc2 | undefined;
  #disconnect: () => void = () => {};

  constructor(net1: Net1Kind, topology: Topology, hosts: Hosts, pods: readonly BoxPod[]) {
    this.net1 = net1;
    this.pods = pods;
    this.#hosts = hosts;
    this.#enis = topology.enis;
    this.namespaces = byHost(hosts, this.pod().name, (host) => host.namespace);
    this.netlinks = byHost(hosts, this.pod().name, (host) => host.netlink);
    this.dataPlane = new DataPlane(hosts, topology.enis, topology.initial);
  }

  pod(name?: string): BoxPod {
    const found = this.pods.find((pod) => name === undefined || pod.name === name);
    if (found === undefined) throw new RangeError(`the box has no pod ${name}`);
    return found;
  }

  enis(): readonly BoxEni[] {
    return this.#enis.map((plan) => this.#describe(plan));
  }

  eni(name: EniName): BoxEni {
    const plan = this.#enis.find((eni) => eni.name === name);
    if (plan === undefined) throw new RangeError(`the box has no ENI ${name}`);
    return this.#describe(plan);
  }

  knowAs(known: BoxInEc2): void {
    this.#known = known;
  }

  connect(ec2: ChangingEc2): () => void {
    if (this.#known === undefined) {
      throw new LabError({
        code: 'UnknownToBox',
        message: 'connecting a box to an EC2 that does not know it',
        remedy: 'Call describeBoxToEc2(box, ec2) first.',
      });
    }
    this.#disconnect();
    this.#disconnect = followEc2(this.dataPlane, ec2, this.#known);
    return this.#disconnect;
  }

  async close(): Promise<void> {
    this.#disconnect();
    await this.dataPlane.close();
    closeHosts(this.#hosts);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #describe(plan: EniPlan): BoxEni {
    const held = this.dataPlane.addressesOf(plan.name);
    const secondary = held.filter((address) => address !== plan.address);
    const networkInterfaceId = this.#known?.networkInterfaceIds[plan.name];
    return {
      ...plan,
      addresses: [plan.address, ...secondary],
      sourceDestCheck: this.dataPlane.isChecked(plan.name),
      ...(networkInterfaceId === undefined ? {} : { networkInterfaceId }),
    };
  }
}

function byHost<T>(
  hosts: Hosts,
  pod: string,
  pick: (host: Host) => T,
): Readonly<Record<BoxHostName, T>> {
  const fixed = fixedHostNames.map((name) => [name, pick(hostOf(hosts, name))] as const);
  const all = [...fixed, ['pod', pick(hostOf(hosts, podKey(pod)))] as const];
  return Object.fromEntries(all) as Record<BoxHostName, T>;
}
