import type { Ipv4Address } from '../../identity/address.ts';
import type {
  KernelPort,
  KernelWatch,
  LinkAddress,
  LinkState,
  NeighbourEntry,
  NeighbourLookup,
  RouteDecision,
  RouteLookup,
  SourceRule,
  WatchOptions,
} from '../../kernel/kernel-port.ts';
import type { KernelStep } from '../../kernel/kernel-step.ts';
import { putDeliveryTable, removeDeliveryTable } from './fake-delivery-tables.ts';
import { newLink, type FakeLinkSetup } from './fake-link-setup.ts';
import { addAddress, removeAddress, removeLink, setLinkUp } from './fake-links.ts';
import { decideIpv6Route, isIpv6Lookup, observeFakeIpv6 } from './fake-ipv6.ts';
import { findNeighbour, setNeighbour } from './fake-neighbours.ts';
import { FakeNode } from './fake-node.ts';
import { FakeRefusal, faultOf } from './fake-refusal.ts';
import { FakeWatches } from './fake-watches.ts';
import { decideRoute, putRoute, removeRoute, type FakeRouteKey } from './fake-routes.ts';
import { addRule, removeRule } from './fake-rules.ts';
import { applyFakeStep, stepRefusal } from './fake-step.ts';
import {
  emptyWorld,
  linkWith,
  splitAddress,
  type FakeAllLinks,
  type FakeLink,
  type FakeRoute,
  type FakeWorld,
} from './fake-world.ts';

/** A fault for the next steps that match. */
export interface KernelFault {
  /** Only steps of this kind; default any. */
  readonly step?: KernelStep['kind'];
  /** errno(3) name; default ENOBUFS. */
  readonly errno?: string;
  readonly kernelText?: string;
  /** True: the step is carried out, only its answer is lost. */
  readonly loseAnswer?: boolean;
  /** How often; default 1. */
  readonly times?: number;
}

/** Called around each step; throwing from it ends the caller at that point, as a crash would. */
export type StepHook = (phase: 'before' | 'after', step: KernelStep) => void;

/**
 * One network namespace that keeps its state in memory and refuses what the real kernel refuses: silent
 * loss of routes with their link, rules compared whole, an address held on another slave (EADDRINUSE),
 * a missing CAP_NET_ADMIN (EPERM).
 */
export class FakeKernel implements KernelPort {
  /** False: every change is refused with EPERM; reading is allowed to anyone. */
  netAdmin = true;
  /** Every step carried out so far. */
  readonly applied: KernelStep[] = [];
  onStep: StepHook = () => {};
  readonly #world: FakeWorld = emptyWorld();
  readonly #node: FakeNode;
  readonly #faults: { fault: KernelFault; left: number }[] = [];
  readonly #watches = new FakeWatches();
  #nextIndex = 2;

  constructor(setup: { readonly node?: FakeNode; readonly links?: readonly FakeLinkSetup[] } = {}) {
    this.#node = setup.node ?? new FakeNode();
    this.#node.join(this.#world);
    for (const link of setup.links ?? []) this.addLink(link);
  }

  async observe(linkName: string, table: number): Promise<LinkState | undefined> {
    const link = this.#world.links.find(({ name }) => name === linkName);
    if (link === undefined) return undefined;
    const routes = this.#world.routes.filter((route) => route.table === table);
    const { keepAddrOnDown: _ofIpv6, ...allSettings } = this.#world.allLinks;
    return {
      linkIndex: link.index,
      linkName,
      macAddress: link.macAddress,
      mtu: link.mtu,
      up: link.up,
      lowerUp: link.lowerUp,
      settings: { ...link.settings },
      allSettings,
      addresses: link.addresses.map((address) => ({ ...address })),
      routes: routes.map(({ table: _table, ...route }) => route),
      rules: this.#world.rules.map((rule) => ({ ...rule })),
      deliveryTables: this.netAdmin ? [...this.#world.deliveryTables] : undefined,
      ...observeFakeIpv6(this.#world, link, table),
    };
  }

  async linkWith(publicIp: Ipv4Address): Promise<string | undefined> {
    return linkWith(this.#world, publicIp)?.name;
  }

  async apply(step: KernelStep): Promise<void> {
    this.onStep('before', step);
    const fault = this.#takeFault(step);
    try {
      if (!this.netAdmin) throw new FakeRefusal('EPERM');
      if (fault !== undefined && fault.loseAnswer !== true) throw faultOf(fault);
      applyFakeStep(this.#world, this.#node, step);
      this.#watches.tell();
      this.applied.push(step);
      if (fault !== undefined) throw faultOf(fault);
    } catch (error) {
      throw stepRefusal(error, step);
    }
    this.onStep('after', step);
  }

  async lookupRoute(query: RouteLookup): Promise<RouteDecision> {
    return isIpv6Lookup(query)
      ? decideIpv6Route(this.#world, query)
      : decideRoute(this.#world, query);
  }

  async lookupNeighbour(query: NeighbourLookup): Promise<NeighbourEntry | undefined> {
    return findNeighbour(this.#world, query);
  }

  watch(onChange: () => void, options?: WatchOptions): KernelWatch {
    return this.#watches.add(onChange, options);
  }

  /** How many watches are open. */
  get watches(): number {
    return this.#watches.count;
  }

  close(): void {
    this.#watches.close();
  }

  /** The pod is gone, and its namespace with it: other slaves may take its addresses. */
  endNamespace(): void {
    this.#node.leave(this.#world);
  }

  /** Makes the next matching steps fail. */
  inject(fault: KernelFault): void {
    this.#faults.push({ fault, left: fault.times ?? 1 });
  }

  addLink(setup: FakeLinkSetup): void {
    const index = setup.index ?? this.#nextIndex;
    this.#nextIndex = Math.max(this.#nextIndex, index) + 1;
    const link = newLink(setup, index);
    this.#world.links.push(link);
    for (const address of setup.addresses ?? []) this.addAddress(setup.name, address);
    this.#watches.tell();
  }

  /** As `ip link set NAME name NEW`, of a link that is down or up. */
  renameLink(linkName: string, newName: string): void {
    this.#link(linkName).name = newName;
    this.#watches.tell();
  }

  removeLink(linkName: string): void {
    removeLink(this.#world, this.#link(linkName));
    this.#watches.tell();
  }

  /** As `ip link set NAME up|down`. */
  setLinkUp(linkName: string, up: boolean): void {
    const link = this.#link(linkName);
    link.lowerUp = up;
    setLinkUp(this.#world, link, up);
    this.#watches.tell();
  }

  /** Of the settings the kernel tells watches of rp_filter only. */
  setLink(
    linkName: string,
    change: Partial<Pick<FakeLink, 'mtu' | 'lowerUp' | 'settings' | 'ipv6'>>,
  ): void {
    const link = this.#link(linkName);
    const before = link.settings;
    Object.assign(link, change);
    const { settings, ...others } = change;
    const isTold = settings !== undefined && settings.rpFilter !== before.rpFilter;
    if (isTold || Object.keys(others).length > 0) this.#watches.tell();
  }

  /** Settings of all links; of these too the kernel tells watches of rp_filter only. */
  setAllLinks(change: Partial<FakeAllLinks>): void {
    this.#world.allLinks = { ...this.#world.allLinks, ...change };
    if (change.rpFilter !== undefined) this.#watches.tell();
  }

  /** As `ip address add ADDRESS/LENGTH dev NAME scope SCOPE`. */
  addAddress(linkName: string, cidr: string, scope: LinkAddress['scope'] = 'global'): void {
    const link = this.#link(linkName);
    const added = { ...splitAddress(cidr), scope };
    this.#node.check(link, added.address);
    addAddress(this.#world, link, added);
    this.#watches.tell();
  }

  removeAddress(linkName: string, cidr: string): void {
    removeAddress(this.#world, this.#link(linkName), splitAddress(cidr));
    this.#watches.tell();
  }

  /** What ARP found out, or did not; undefined as when the kernel forgets it. */
  setNeighbour(linkName: string, address: Ipv4Address, entry: NeighbourEntry | undefined): void {
    setNeighbour(this.#world, this.#link(linkName), address, entry);
    // the kernel says nothing of one that it has begun to ask for
    if (entry?.state !== 'incomplete') this.#watches.tellOfNeighbour(address);
  }

  /** As `ip route replace`, for any table and protocol. */
  addRoute(route: FakeRoute): void {
    putRoute(this.#world, route);
    this.#watches.tell();
  }

  /** As `ip route del`. */
  removeRoute(route: FakeRouteKey): void {
    removeRoute(this.#world, route);
    this.#watches.tell();
  }

  /** As `ip rule add`; `exclusive: false` makes copies, as tools without NLM_F_EXCL do. */
  addRule(rule: SourceRule, options: { readonly exclusive?: boolean } = {}): void {
    addRule(this.#world, rule, options);
    this.#watches.tell();
  }

  removeRule(rule: SourceRule): void {
    removeRule(this.#world, rule);
    this.#watches.tell();
  }

  /** As `nft delete table`. */
  removeDeliveryTable(publicIp: Ipv4Address): void {
    removeDeliveryTable(this.#world, publicIp);
    this.#watches.tell();
  }

  /** As somebody's change of its rules: the table is there, and no longer what we made. */
  spoilDeliveryTable(publicIp: Ipv4Address): void {
    putDeliveryTable(this.#world, { publicIp });
    this.#watches.tell();
  }

  /** A copy of all state, as plain JSON; routes in a fixed order. */
  snapshot(): FakeWorld {
    const copy = structuredClone(this.#world);
    copy.routes.sort((a, b) => (routeKey(a) < routeKey(b) ? -1 : 1));
    return copy;
  }

  #link(linkName: string): FakeLink {
    const link = this.#world.links.find(({ name }) => name === linkName);
    if (link === undefined) throw new FakeRefusal('ENODEV', `no link ${linkName}`);
    return link;
  }

  #takeFault(step: KernelStep): KernelFault | undefined {
    const found = this.#faults.find(
      ({ fault, left }) => left > 0 && (fault.step === undefined || fault.step === step.kind),
    );
    if (found !== undefined) found.left -= 1;
    return found?.fault;
  }
}

function routeKey({ table, destination, metric }: FakeRoute): string {
  return JSON.stringify([table, destination, metric]);
}
