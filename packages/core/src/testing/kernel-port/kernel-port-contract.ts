import assert from 'node:assert/strict';
import { parseIpv4Address, type Cidr, type Ipv4Address } from '../../identity/address.ts';
import type {
  KernelPort,
  LinkState,
  NeighbourEntry,
  RouteDecision,
  SourceRule,
} from '../../kernel/kernel-port.ts';
import type { KernelStep } from '../../kernel/kernel-step.ts';
import { planKernel, type WantedLink } from '../../kernel/plan-kernel.ts';
import type { FakeRouteKey } from '../fake-kernel/fake-routes.ts';
import type { FakeRoute } from '../fake-kernel/fake-world.ts';

/**
 * A pod's namespace, and what others do to it: eth0 with 10.0.1.50/32, 169.254.1.1 and the default
 * route; net1, up, MTU 9001, with 10.0.2.128/24 and 10.0.2.129/24.
 */
export interface KernelWorld {
  readonly kernel: KernelPort;
  readonly setLinkUp: (linkName: string, up: boolean) => Promise<void>;
  readonly renameLink: (linkName: string, newName: string) => Promise<void>;
  readonly removeLink: (linkName: string) => Promise<void>;
  /** As `sysctl -w net.FAMILY.conf.all.NAME=VALUE`; all are 0 at first. */
  readonly setAllLinks: (name: AllLinksSetting, value: number) => Promise<void>;
  readonly addAddress: (linkName: string, cidr: string, scope: 'global' | 'link') => Promise<void>;
  readonly removeAddress: (linkName: string, cidr: string) => Promise<void>;
  readonly addRoute: (route: FakeRoute) => Promise<void>;
  readonly removeRoute: (route: FakeRouteKey) => Promise<void>;
  readonly addRule: (rule: SourceRule) => Promise<void>;
  readonly removeDeliveryTable: (publicIp: Ipv4Address) => Promise<void>;
  /** Leaves a delivery table without one of its rules. */
  readonly spoilDeliveryTable: (publicIp: Ipv4Address) => Promise<void>;
  readonly setNeighbour: (
    linkName: string,
    address: Ipv4Address,
    entry: NeighbourEntry | undefined,
  ) => Promise<void>;
}

/** Settings that count for each link beside its own. */
export type AllLinksSetting = 'rp_filter' | 'arp_announce' | 'arp_ignore' | 'keep_addr_on_down';

/** One thing that every KernelPort must do; throws an AssertionError when it does not. */
export interface KernelPortCase {
  readonly title: string;
  readonly run: (world: KernelWorld) => Promise<void>;
}

export const contractIdentity: {
  readonly privateIp: Ipv4Address;
  readonly publicIp: Ipv4Address;
} = {
  privateIp: parseIpv4Address('10.0.2.128'),
  publicIp: parseIpv4Address('203.0.113.50'),
};
export const contractLink: WantedLink = {
  table: 200,
  gateway: parseIpv4Address('10.0.2.1'),
  subnetCidr: '10.0.2.0/24' as Cidr,
  vpcCidrs: ['10.0.0.0/16' as Cidr],
  identities: [contractIdentity],
  releasing: [],
};
export const contractInternetPeer: Ipv4Address = parseIpv4Address('198.51.100.50');
export const contractVpcPeer: Ipv4Address = parseIpv4Address('10.0.1.100');

export async function observed(kernel: KernelPort, linkName = 'net1'): Promise<LinkState> {
  const state = await kernel.observe(linkName, contractLink.table);
  assert.ok(state !== undefined, `${linkName} was not found`);
  return state;
}

export async function applyPlan(
  kernel: KernelPort,
  wanted: WantedLink = contractLink,
): Promise<KernelStep[]> {
  const steps = planKernel(await observed(kernel), wanted);
  for (const step of steps) await kernel.apply(step);
  return steps;
}

export async function fromPrivate(kernel: KernelPort): Promise<RouteDecision> {
  return kernel.lookupRoute({ from: contractIdentity.privateIp, to: contractInternetPeer });
}

export const byNet1: RouteDecision = {
  kind: 'link',
  linkName: 'net1',
  gateway: contractLink.gateway,
  table: contractLink.table,
};
export const refused: RouteDecision = { kind: 'unreachable', reason: 'EHOSTUNREACH' };
