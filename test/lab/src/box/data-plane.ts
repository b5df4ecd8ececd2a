import type { Operation } from '@truetuple/netlink/nftables';
import type { EniPlan, EniName, InitialDataPlane, RouteTableName } from './topology.ts';
import { hostOf, nftablesOf, toRoute, type Hosts } from './build-topology.ts';
import { eniOf, eniRoute, privateIpRoutes } from './describe-hosts.ts';
import { gatewayDrops, routerDrops, type DropName } from './rulesets.ts';
import { associationElements, privateIpElements, uncheckedElements } from './ruleset-sets.ts';
import { routerTables, type RoutePlan } from './topology.ts';
import { LabError } from '../errors.ts';

/** Packets dropped so far at each place where the VPC drops them. */
export type DropCounters = Readonly<Record<DropName, number>>;

/**
 * What a control plane may change while the box runs. Each change is in the data plane when its promise
 * resolves; changes run one after the other; asking for what holds already is done at once.
 */
export class DataPlane {
  readonly #hosts: Hosts;
  readonly #enis: readonly EniPlan[];
  readonly #privateIps = new Map<string, EniName>();
  readonly #associations = new Map<string, string>();
  readonly #routes = new Map<string, EniName>();
  readonly #unchecked = new Set<EniName>();
  #last: Promise<void> = Promise.resolve();

  constructor(hosts: Hosts, enis: readonly EniPlan[], initial: InitialDataPlane) {
    this.#hosts = hosts;
    this.#enis = enis;
    for (const ip of initial.privateIps) this.#privateIps.set(ip.address, ip.eni);
    for (const held of initial.associations) this.#associations.set(held.publicIp, held.privateIp);
    for (const eni of initial.unchecked) this.#unchecked.add(eni);
  }

  /** The VPC delivers this private address to this ENI. Takes it from another ENI, as EC2 may. */
  assignPrivateIp(eni: EniName, address: string): Promise<void> {
    return this.#inTurn(async () => {
      const holder = this.#privateIps.get(address);
      if (holder === eni) return;
      await this.#replaceRoutes(privateIpRoutes(this.#eni(eni), address));
      await this.#change('vpc', [
        ...(holder === undefined ? [] : privateIpElements('delete-elements', holder, address)),
        ...privateIpElements('add-elements', eni, address),
      ]);
      this.#privateIps.set(address, eni);
    });
  }

  /** Nobody holds the address any more: packets for it end in a black hole. */
  unassignPrivateIp(eni: EniName, address: string): Promise<void> {
    return this.#inTurn(async () => {
      if (this.#privateIps.get(address) !== eni) return;
      await this.#change('vpc', privateIpElements('delete-elements', eni, address));
      await this.#removeRoutes(privateIpRoutes(this.#eni(eni), address));
      this.#privateIps.delete(address);
    });
  }

  /** The Internet gateway translates 1:1 between the two. Each address has one partner at most. */
  associateAddress(publicIp: string, privateIp: string): Promise<void> {
    return this.#inTurn(async () => {
      if (this.#associations.get(publicIp) === privateIp) return;
      const stale = [...this.#associations].filter(
        ([held, target]) => held === publicIp || target === privateIp,
      );
      const undo = stale.flatMap(([held, target]) =>
        associationElements('delete-elements', held, target),
      );
      await this.#change('igw', [
        ...undo,
        ...associationElements('add-elements', publicIp, privateIp),
      ]);
      for (const [held] of stale) this.#associations.delete(held);
      this.#associations.set(publicIp, privateIp);
    });
  }

  disassociateAddress(publicIp: string): Promise<void> {
    return this.#inTurn(async () => {
      const privateIp = this.#associations.get(publicIp);
      if (privateIp === undefined) return;
      await this.#change('igw', associationElements('delete-elements', publicIp, privateIp));
      this.#associations.delete(publicIp);
    });
  }

  /** A route of a VPC route table whose target is an ENI. */
  setRoute(table: RouteTableName, destination: string, eni: EniName): Promise<void> {
    return this.#inTurn(async () => {
      const key = routeKey(table, destination);
      if (this.#routes.get(key) === eni) return;
      await this.#replaceRoutes([eniRoute(this.#eni(eni), destination, routerTables[table])]);
      this.#routes.set(key, eni);
    });
  }

  deleteRoute(table: RouteTableName, destination: string): Promise<void> {
    return this.#inTurn(async () => {
      const key = routeKey(table, destination);
      const eni = this.#routes.get(key);
      if (eni === undefined) return;
      await this.#removeRoutes([eniRoute(this.#eni(eni), destination, routerTables[table])]);
      this.#routes.delete(key);
    });
  }

  /** False: the ENI may send and receive packets of addresses that are not its own. */
  setSourceDestCheck(eni: EniName, check: boolean): Promise<void> {
    return this.#inTurn(async () => {
      this.#eni(eni);
      if (this.#unchecked.has(eni) !== check) return;
      await this.#change('vpc', uncheckedElements(check ? 'delete-elements' : 'add-elements', eni));
      if (check) this.#unchecked.delete(eni);
      else this.#unchecked.add(eni);
    });
  }

  /** Private addresses that an ENI holds now. */
  addressesOf(eni: EniName): readonly string[] {
    return [...this.#privateIps].flatMap(([address, holder]) => (holder === eni ? [address] : []));
  }

  /** Which public address is translated to which private one now. */
  associations(): readonly { readonly publicIp: string; readonly privateIp: string }[] {
    return [...this.#associations].map(([publicIp, privateIp]) => ({ publicIp, privateIp }));
  }

  /** Whether the ENI's source/destination check is on. */
  isChecked(eni: EniName): boolean {
    return !this.#unchecked.has(eni);
  }

  /** Resolves when every change asked for so far has ended. */
  settled(): Promise<void> {
    return this.#last;
  }

  /** Read after every change asked for so far. */
  async counters(): Promise<DropCounters> {
    await this.#last;
    const found = await Promise.all(
      (['igw', 'vpc'] as const).map((host) => nftablesOf(this.#hosts, host).counters.list()),
    );
    const packets = new Map(found.flat().map((counter) => [counter.counter, counter.packets]));
    const all = [...gatewayDrops, ...routerDrops].map((name) => [name, packets.get(name) ?? 0]);
    return Object.fromEntries(all) as DropCounters;
  }

  /** The last thing: after it nothing changes any more. */
  async close(): Promise<void> {
    await this.#last;
  }

  #inTurn(change: () => Promise<void>): Promise<void> {
    const turn = this.#last.then(change);
    // The one who asked hears of a failure; the next change must not inherit it.
    this.#last = turn.catch(() => {});
    return turn;
  }

  /** All of them, or none. */
  #change(host: 'igw' | 'vpc', operations: readonly Operation[]): Promise<void> {
    return nftablesOf(this.#hosts, host).apply(operations);
  }

  async #replaceRoutes(routes: readonly RoutePlan[]): Promise<void> {
    const { netlink } = hostOf(this.#hosts, 'vpc');
    for (const route of routes) await netlink.routes.replace(await toRoute(netlink, 'vpc', route));
  }

  async #removeRoutes(routes: readonly RoutePlan[]): Promise<void> {
    const { netlink } = hostOf(this.#hosts, 'vpc');
    for (const route of routes) await netlink.routes.remove(await toRoute(netlink, 'vpc', route));
  }

  #eni(name: EniName): EniPlan {
    if (this.#enis.some((eni) => eni.name === name)) return eniOf(this.#enis, name);
    throw new LabError({
      code: 'UnknownToBox',
      message: `the box has no ENI ${name}`,
      remedy: `Name one of ${this.#enis.map((eni) => eni.name).join(', ')}.`,
    });
  }
}

function routeKey(table: RouteTableName, destination: string): string {
  return `${table} ${destination}`;
}
