import type { Ipv4Address } from '@truetuple/core';
import { fakePod, MemoryPublisher } from '@truetuple/core/testing';
import type { Invariants } from './invariants.ts';
import { runPodProgram } from './pod-program.ts';
import { addHost } from './region.ts';
import { takeIp, type SimulatedHost } from './simulated-host.ts';
import { SimulatedProcess } from './simulated-process.ts';
import type { Pod, World } from './world.ts';

const graceMs = 30_000;

/** What a process is told with its SIGTERM. One for all: the default is made with a stack for each. */
const deleted: DOMException = new DOMException('the pod is deleted', 'AbortError');

/** The cluster: makes pods, starts their containers again, ends them in all the ways there are. */
export class Cluster {
  readonly #world: World;
  readonly #invariants: Invariants;
  readonly #intervalMs: number;
  readonly #stops: WeakMap<SimulatedProcess, AbortController> = new WeakMap();
  #uids = 0;

  constructor(world: World, invariants: Invariants, intervalMs: number) {
    this.#world = world;
    this.#invariants = invariants;
    this.#intervalMs = intervalMs;
    world.catastrophes = {
      loseNode: (host) => this.loseNode(host),
      recycle: (pod) => this.recycle(pod),
      reuse: () => this.reuse(),
    };
  }

  /** A pod on a host; with a private IP that was asked for, of those of a host, or one of those that are free. */
  create(name: string, host: SimulatedHost, wanted?: Ipv4Address, of: SimulatedHost = host): void {
    const { world, random } = this.#parts;
    if (this.#isClosing) return;
    if (host.isLost) {
      this.create(name, this.#someHost());
      return;
    }
    // an ENI without the pool's tag keeps what nobody can tell to be truetuple's
    const other = random.chance(0.1) ? this.#someHost() : host;
    const range = wanted === undefined && other.isTagged ? other : of;
    const privateIp = takeIp(range, wanted, random.chance(0.7));
    if (privateIp === undefined) {
      world.scheduler.after(5000, () => this.create(name, this.#someHost()));
      return;
    }
    const uid = `uid-${++this.#uids}`;
    const called = this.#nameFor(name, uid);
    const links = [
      { name: 'net1', macAddress: host.macAddress, parent: 'eth1', addresses: [`${privateIp}/24`] },
    ];
    const pod: Pod = {
      name: called,
      uid,
      host,
      range,
      privateIp,
      kernel: fakePod({ node: host.links, links }),
      store: new MemoryPublisher(),
      createdMs: world.nowMs,
      ipKnownMs: world.nowMs + random.between(0, 1500),
      objectGoneMs: Infinity,
      hasNamespace: true,
      process: undefined,
      published: undefined,
      publications: 0,
      starts: 0,
      failedStarts: 0,
      isStopping: false,
      hasReleased: false,
      isOpened: false,
    };
    world.pods.push(pod);
    world.note(called, 'created', `${uid} ${privateIp} on ${host.name}`);
    world.scheduler.after(random.between(100, 2000), () => this.#start(pod));
  }

  /** No two pods of a cluster have one name; where IPv6 addresses are made of names, and for a standby, that matters. */
  #nameFor(name: string, uid: string): string {
    const { standing, region, standbys } = this.#world;
    const isTaken = standing.some((pod) => pod.name === name && pod.objectGoneMs === Infinity);
    return (region.hasIpv6 || standbys.has(name)) && isTaken ? `${name}-${uid}` : name;
  }

  get #parts(): { readonly world: World; readonly random: World['random'] } {
    return { world: this.#world, random: this.#world.random };
  }

  #someHost(): SimulatedHost {
    return this.#world.random.pick(this.#world.hosts.filter(({ isLost }) => !isLost));
  }

  #start(pod: Pod): void {
    if (!pod.hasNamespace || pod.process?.isAlive === true) return;
    if (pod.isStopping) {
      this.#end(pod);
      return;
    }
    pod.starts += 1;
    pod.hasReleased = false;
    const process = new SimulatedProcess(
      `${pod.name}.${pod.uid.slice(4)}#${pod.starts}`,
      pod.host,
      'ensure',
    );
    pod.process = process;
    this.#world.note(process.name, 'starts');
    process.onDeath(() => {
      this.#world.note(process.name, 'is dead');
      this.#invariants.disturbed(pod);
      if (!pod.hasReleased) this.#world.unreleased.add(pod.privateIp);
      this.#world.scheduler.after(this.#backOffMs(pod), () => this.#start(pod));
    });
    const stop = new AbortController();
    this.#stops.set(process, stop);
    this.#world.endings.push(() => stop.abort('the simulation is over'));
    const place = {
      world: this.#world,
      invariants: this.#invariants,
      intervalMs: this.#intervalMs,
    };
    runPodProgram(place, pod, process, stop.signal).catch((error: unknown) => {
      this.#world.note(process.name, 'exits', error);
      process.kill();
    });
  }

  /** As the kubelet: longer each time, until a process has done what it is for. */
  #backOffMs(pod: Pod): number {
    pod.failedStarts += 1;
    const factor = Math.min(8, 2 ** (pod.failedStarts - 1));
    return this.#world.random.between(500, 6000) * factor;
  }

  /** As `kubectl delete pod`: told to stop, killed when the grace period ends. */
  remove(pod: Pod): void {
    if (pod.isStopping || !pod.hasNamespace) return;
    pod.isStopping = true;
    this.#world.note(pod.name, 'is deleted', pod.uid);
    const process = pod.process?.isAlive === true ? pod.process : undefined;
    if (process === undefined) {
      this.#end(pod);
      return;
    }
    this.#stops.get(process)?.abort(deleted);
    this.#world.scheduler.after(graceMs, () => this.#end(pod));
  }

  /** As `kubectl delete pod --force`: the object goes at once, the container a little later. */
  removeByForce(pod: Pod, afterMs: number): void {
    if (!pod.hasNamespace) return;
    pod.isStopping = true;
    this.#forget(pod);
    this.#world.note(pod.name, 'is deleted by force', pod.uid);
    this.#world.scheduler.after(afterMs, () => this.#end(pod));
  }

  /** The host is cut off, and its pods are evicted: their objects go, they run on until it is back. */
  evict(host: SimulatedHost, forMs: number): void {
    const { world, random } = this.#parts;
    host.partitionedUntilMs = world.nowMs + forMs;
    world.note(host.name, 'is cut off, its pods are evicted', forMs);
    for (const pod of world.standing.filter((one) => one.host === host)) {
      pod.process?.disturb(host.partitionedUntilMs);
      world.scheduler.after(random.between(0, forMs), () => {
        if (!pod.hasNamespace) return;
        this.#forget(pod);
        world.note(pod.name, 'is evicted', pod.uid);
        this.#succeed(pod);
      });
      // the kubelet learns of it when the network is back
      world.scheduler.after(forMs + random.between(500, 5000), () => this.remove(pod));
    }
  }

  loseNode(host: SimulatedHost): void {
    const { world, random } = this.#parts;
    if (host.isLost || world.hosts.filter(({ isLost }) => isLost).length >= 2) return;
    host.isLost = true;
    world.note(host.name, 'is lost');
    const goneMs = random.chance(0.5) ? 0 : random.between(5000, 60_000);
    world.scheduler.after(goneMs, () => {
      world.region.ec2.setInstanceState({ instanceId: host.instanceId, state: 'terminated' });
      world.note(host.name, 'is terminated');
      this.#invariants.reread();
    });
    for (const pod of world.standing.filter((one) => one.host === host)) {
      pod.hasNamespace = false;
      pod.published = undefined;
      pod.process?.kill();
      this.#invariants.ended(pod);
      world.scheduler.after(random.between(1000, 40_000), () => {
        this.#forget(pod);
        world.note(pod.name, 'is forgotten', pod.uid);
        this.#succeed(pod);
      });
    }
    void this.addHost();
  }

  async addHost(isTagged = true): Promise<void> {
    const { world } = this.#parts;
    world.actor = undefined;
    const host = await addHost(world.region, isTagged);
    world.hosts.push(host);
    this.#invariants.reread();
  }

  /** The pod ends at once, and a new one on its host has its private IP. */
  recycle(pod: Pod): void {
    const { random } = this.#parts;
    if (!pod.hasNamespace) return;
    this.#endAtOnce(pod);
    const name = random.chance(0.5) ? pod.name : `${pod.name}-next`;
    this.create(name, pod.host, pod.privateIp);
  }

  /** The pod ends at once, and a new one of its name comes on another host, if there is one; with its private IP, if it is to keep that. */
  replaceElsewhere(pod: Pod, keeps?: 'private IP'): void {
    const { world, random } = this.#parts;
    if (!pod.hasNamespace) return;
    this.#endAtOnce(pod);
    const others = world.hosts.filter((host) => host !== pod.host && !host.isLost);
    const host = others.length === 0 ? pod.host : random.pick(others);
    if (keeps === undefined) this.create(pod.name, host);
    else this.create(pod.name, host, pod.privateIp, pod.range);
  }

  /** As the kubelet does with a container whose probe fails: told to stop, and started again in the same pod. */
  restart({ process }: Pod): void {
    if (process?.isAlive !== true) return;
    this.#world.note(process.name, 'is told to stop');
    this.#stops.get(process)?.abort(deleted);
  }

  /** New pods on private IPs of dead ones, of which the reaper may be taking away what they left. */
  reuse(): void {
    const { world } = this.#parts;
    const dead = world.pods.filter(
      ({ hasNamespace, hasReleased, host }) => !hasNamespace && !hasReleased && !host.isLost,
    );
    for (const { name, host, privateIp } of dead.slice(-3)) {
      if (host.free.includes(privateIp)) this.create(`${name}-next`, host, privateIp);
    }
  }

  /** With its object, and no successor of the cluster's choice. */
  #endAtOnce(pod: Pod): void {
    pod.isStopping = true;
    this.#forget(pod);
    this.#end(pod, false);
  }

  /** The cluster's API has it no longer. */
  #forget(pod: Pod): void {
    pod.objectGoneMs = Math.min(pod.objectGoneMs, this.#world.nowMs);
  }

  #end(pod: Pod, hasSuccessor = true): void {
    const { world, random } = this.#parts;
    if (!pod.hasNamespace) return;
    pod.hasNamespace = false;
    pod.published = undefined;
    pod.process?.kill();
    pod.kernel.endNamespace();
    pod.range.free.push(pod.privateIp);
    world.note(pod.name, 'is gone', pod.uid);
    this.#invariants.ended(pod);
    const hadObject = pod.objectGoneMs === Infinity;
    world.scheduler.after(random.between(0, 1000), () => {
      this.#forget(pod);
    });
    if (hasSuccessor && hadObject) this.#succeed(pod);
  }

  #isClosing = false;

  /** From now on no pod has a successor. */
  close(): void {
    this.#isClosing = true;
  }

  #succeed(pod: Pod): void {
    const { world, random } = this.#parts;
    if (this.#isClosing || random.chance(0.2)) return;
    const stays = !pod.host.isLost && random.chance(0.6);
    world.scheduler.after(random.between(200, 15_000), () => {
      if (this.#isClosing) return;
      this.create(pod.name, stays && !pod.host.isLost ? pod.host : this.#someHost());
    });
  }
}
