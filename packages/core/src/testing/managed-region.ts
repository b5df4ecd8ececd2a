import type { Ec2Api } from '../cloud/ec2/ec2-api.ts';
import { RequestLanes } from '../cloud/ec2/request-lanes.ts';
import type { LivePod, LivePods, Liveness } from '../cloud/liveness.ts';
import type { ClaimStore } from '../cloud/managed/claim-store.ts';
import { managedGrant } from '../cloud/managed/managed-grant.ts';
import { controlClaims, type ClaimControl, type ControlOptions } from '../control-claims.ts';
import { parseIpv4Address } from '../identity/address.ts';
import type { IdentitySpecInput } from '../identity/identity-spec.ts';
import { poolTagKey } from '../identity/owner.ts';
import type { NodePorts } from '../node-ports.ts';
import type { FakeKernel } from './fake-kernel/fake-kernel.ts';
import { FakeNode } from './fake-kernel/fake-node.ts';
import { fakePod } from './fake-kernel/fake-pod.ts';
import { ManualClock } from './manual-clock.ts';
import { MemoryClaimStore } from './memory-claim-store.ts';
import { MemoryLease } from './memory-lease.ts';
import { MemoryPublisher } from './memory-publisher.ts';
import { seededRandom } from './simulated-ec2/seeded-random.ts';
import { SimulatedEc2, type SimulatedEc2Options } from './simulated-ec2/simulated-ec2.ts';
import { simulatedNode } from './simulated-node.ts';

export interface ManagedRegionSetup {
  readonly ec2?: Partial<SimulatedEc2Options>;
  /** How many Elastic IPs the pool has; default as many as pods can be on two nodes. */
  readonly addresses?: number;
}

/** How one controller differs. */
export interface ManagedControl {
  readonly ec2?: Ec2Api;
  readonly claims?: ClaimStore;
  readonly live?: Liveness;
  readonly withLease?: boolean;
  readonly options?: Omit<ControlOptions, 'pool'>;
}

/** A pod of the region: what ensure takes. */
export interface ManagedPod {
  readonly name: string;
  readonly uid: string;
  readonly privateIp: string;
  readonly spec: IdentitySpecInput;
  readonly node: NodePorts;
  readonly kernel: FakeKernel;
  readonly publisher: MemoryPublisher;
  /** Another process of the pod; `node` is the first one's. */
  readonly start: () => ManagedProcess;
}

/** A process of a pod. */
export interface ManagedProcess {
  readonly node: NodePorts;
  /** As SIGKILL: nothing that it asks the claim store or the kernel is carried out or answered any more. */
  readonly kill: () => void;
}

const region = 'eu-central-1';
const pool = 'media';

/** Two nodes with a media ENI each in one subnet (10.0.2.0/24, 2001:db8:0:202::/64), a pool, a claim store, a lease and a list of pods; pods and controllers as they are asked for. */
export class ManagedRegion {
  readonly clock: ManualClock = new ManualClock();
  readonly ec2: SimulatedEc2;
  readonly claims: MemoryClaimStore = new MemoryClaimStore(() => this.clock.now());
  readonly lease: MemoryLease = new MemoryLease();
  /** Every pod that was made and not removed. */
  readonly listed: LivePod[] = [];
  isListComplete = true;
  #listVersion = 0;
  readonly networkInterfaceIds: readonly string[];
  readonly routeTableIds: readonly string[];
  readonly #macAddresses: readonly string[];
  readonly #nodes: readonly FakeNode[] = [new FakeNode(), new FakeNode()];
  readonly #controls: ClaimControl[] = [];
  readonly #random: () => number = seededRandom(1);

  constructor({ ec2: options, addresses = 20 }: ManagedRegionSetup = {}) {
    const { clock } = this;
    this.ec2 = new SimulatedEc2({ region, claimScope: 'eni', clock, ...options });
    const { ec2 } = this;
    const { vpcId } = ec2.createVpc({ cidr: '10.0.0.0/16', ipv6Cidr: '2001:db8:0:200::/56' });
    ec2.createInternetGateway({ vpcId });
    this.routeTableIds = [1, 2].map(() => ec2.createRouteTable({ vpcId }).routeTableId);
    const ipv6Cidr = '2001:db8:0:202::/64';
    const { subnetId } = ec2.createSubnet({ vpcId, cidr: '10.0.2.0/24', ipv6Cidr });
    const made = [0, 1].map(() => {
      const { instanceId } = ec2.createInstance();
      ec2.createNetworkInterface({ subnetId, instanceId, deviceIndex: 0 });
      return ec2.createNetworkInterface({ subnetId, instanceId, deviceIndex: 1 });
    });
    this.networkInterfaceIds = made.map(({ networkInterfaceId }) => networkInterfaceId);
    this.#macAddresses = made.map(({ macAddress }) => macAddress);
    for (let number = 1; number <= addresses; number++) {
      ec2.allocateAddress({ publicIp: `203.0.113.${number}`, tags: { [poolTagKey]: pool } });
    }
  }

  /** A pod that is listed, with net1 on that node. */
  pod(
    name: string,
    more: { readonly node?: 0 | 1; readonly uid?: string; readonly host?: number } = {},
  ): ManagedPod {
    const { node = 0, uid = `uid-${name}`, host = 100 + this.listed.length } = more;
    const privateIp = `10.0.2.${host}`;
    const macAddress = this.#macAddresses[node] ?? '';
    const kernel = fakePod({
      node: this.#nodes[node] ?? new FakeNode(),
      links: [{ name: 'net1', macAddress, parent: 'eth1', addresses: [`${privateIp}/24`] }],
    });
    const publisher = new MemoryPublisher();
    const createdAtMs = this.clock.now();
    this.#listVersion += 1;
    this.listed.push({ uid, privateIps: [parseIpv4Address(privateIp)], createdAtMs });
    const spec: IdentitySpecInput = {
      owner: { cluster: 'test', namespace: 'sip', pod: name, uid },
      pool,
      region,
      vpcCidrs: ['10.0.0.0/16'],
      routeTables: { by: 'ids', routeTableIds: this.routeTableIds },
    };
    const { ec2, clock, claims } = this;
    const start = (): ManagedProcess => {
      const life = { isAlive: true };
      const own = whileAlive(claims, life);
      const ports: NodePorts = {
        ...simulatedNode({ ec2, kernel: whileAlive(kernel, life), clock, publisher }),
        openGrant: async () => managedGrant({ claims: own, clock }),
      };
      const kill = (): void => {
        life.isAlive = false;
      };
      return { node: ports, kill };
    };
    return { name, uid, privateIp, spec, node: start().node, kernel, publisher, start };
  }

  /** The pod is gone, its network namespace with it. */
  remove(pod: ManagedPod): void {
    this.unlist(pod);
    pod.kernel.removeLink('net1');
  }

  /** The pod object is gone. */
  unlist({ uid }: ManagedPod): void {
    const at = this.listed.findIndex((one) => one.uid === uid);
    if (at >= 0) this.listed.splice(at, 1);
    this.#listVersion += 1;
  }

  /** A controller of that name; it gets the lease unless told otherwise. */
  control(name = 'one', more: ManagedControl = {}): ClaimControl {
    const { ec2 = this.ec2, claims = this.claims, live, withLease = true, options = {} } = more;
    if (withLease) this.lease.grantTo(name);
    const { clock } = this;
    const lanes = new RequestLanes({ clock, random: this.#random });
    const known = { livePods: async (): Promise<LivePods> => this.livePods() };
    const parts = { ec2, lanes, claims, lease: this.lease.of(name), live: live ?? known, clock };
    const control = controlClaims(parts, { pool, ...options });
    this.#controls.push(control);
    return control;
  }

  /** Moves time on until a promise is settled; throws when that takes longer than a quarter of an hour. */
  async run<Value>(promise: Promise<Value>): Promise<Value> {
    const outcome = { isSettled: false };
    const settled = (): void => {
      outcome.isSettled = true;
    };
    promise.then(settled, settled);
    const untilMs = this.clock.elapsed() + 15 * 60_000;
    await this.clock.settle();
    while (!outcome.isSettled) {
      if (this.clock.elapsed() > untilMs) throw new Error('not settled within 15 minutes');
      await this.clock.advance(50);
    }
    return promise;
  }

  livePods(): LivePods {
    const version = this.#listVersion;
    return { complete: this.isListComplete, pods: [...this.listed], version };
  }

  /** What EC2 holds besides what was there at first: associations, secondary private IPs, IPv6 addresses, owner records. */
  leftInEc2(): readonly string[] {
    const { addresses, networkInterfaces } = this.ec2.snapshot();
    return [
      ...addresses.flatMap(({ publicIp, associationId, tags }) => [
        ...(associationId === undefined ? [] : [`${publicIp} is associated`]),
        ...tags.flatMap(({ key, value }) => (key === poolTagKey ? [] : [`${publicIp} ${value}`])),
      ]),
      ...networkInterfaces.flatMap(({ networkInterfaceId, privateIpAddresses }) =>
        privateIpAddresses.flatMap(({ primary, privateIpAddress }) =>
          primary ? [] : [`${privateIpAddress} on ${networkInterfaceId}`],
        ),
      ),
      ...networkInterfaces.flatMap(({ networkInterfaceId, ipv6Addresses = [], tags }) => [
        ...ipv6Addresses.map((address) => `${address} on ${networkInterfaceId}`),
        ...tags.map(({ key, value }) => `${key} ${value} on ${networkInterfaceId}`),
      ]),
    ];
  }

  /** How many /32 routes lead to network interfaces. */
  routesLeft(): number {
    const { routeTables } = this.ec2.snapshot();
    const routes = routeTables.flatMap((table) => table.routes);
    return routes.filter(({ networkInterfaceId }) => networkInterfaceId !== undefined).length;
  }

  /** The public IP that a pod's private IP carries in EC2. */
  carriedBy({ privateIp }: ManagedPod): string | undefined {
    const { addresses } = this.ec2.snapshot();
    return addresses.find(({ privateIpAddress }) => privateIpAddress === privateIp)?.publicIp;
  }

  /** Ends every controller that was made. */
  async close(): Promise<void> {
    await this.run(Promise.all(this.#controls.map((control) => control.close())));
  }
}

/** A claim store, some of whose calls do something else. */
export function claimsAround(claims: ClaimStore, other: Partial<ClaimStore>): ClaimStore {
  return {
    create: (claim) => claims.create(claim),
    get: (key) => claims.get(key),
    list: () => claims.list(),
    update: (claim) => claims.update(claim),
    updateStatus: (claim) => claims.updateStatus(claim),
    delete: (claim) => claims.delete(claim),
    watch: (onChange, only) => claims.watch(onChange, only),
    ...other,
  };
}

/** A port whose methods neither do nor answer anything once the life is over. */
function whileAlive<Port extends object>(port: Port, life: { readonly isAlive: boolean }): Port {
  return new Proxy(port, {
    get: (target, name) => {
      const method: unknown = Reflect.get(target, name, target);
      if (typeof method !== 'function') return method;
      return (...given: unknown[]): unknown => {
        if (!life.isAlive) return new Promise(() => {});
        const answer: unknown = Reflect.apply(method, target, given);
        if (!(answer instanceof Promise)) return answer;
        return new Promise((resolve, reject) => {
          answer.then(
            (value: unknown) => (life.isAlive ? resolve(value) : undefined),
            (error: unknown) => (life.isAlive ? reject(error) : undefined),
          );
        });
      };
    },
  });
}
