import {
  hostIpv6Cidr,
  ipv6CidrContains,
  type Ipv6Address,
  type Ipv6Cidr,
} from '../identity/ipv6-address.ts';
import type { LinkIpv6 } from '../identity/public-ipv6.ts';
import {
  ipv6Default,
  type Ipv6Link,
  type Ipv6LinkAddress,
  type Ipv6Rule,
} from '../kernel/ipv6-link.ts';
import type { LinkState, RouteDecision } from '../kernel/kernel-port.ts';
import { isIpv6FailClosed, isOurIpv6Rule } from '../kernel/plan-ipv6.ts';
import { internetMtu } from '../kernel/wanted-link.ts';
import { whyNoIpv6 } from '../kernel/why-no-ipv6.ts';
import { describeDecision } from './describe-decision.ts';
import { warning, type KernelFinding } from './kernel-finding.ts';
import type { KernelFacts } from './route-probe.ts';

/** One question to the kernel about the IPv6 side. */
export interface Ipv6Probe {
  readonly from: Ipv6Address;
  readonly to: Ipv6Address;
  readonly peer: 'an Internet peer' | 'a VPC peer';
}

/** Facts of an identity that has an IPv6 side. */
type Facts = Pick<KernelFacts, 'linkName' | 'table'> & { readonly publicIpv6: LinkIpv6 };

/** Documentation networks of RFC 9637 and RFC 3849: nobody's, so no host route of their own is expected. */
const internetCandidates = ['3fff::1', '2001:db8::1'] as Ipv6Address[];
const localTable = 255;

/** Towards the Internet, and towards each IPv6 block of the VPC. */
export function chooseIpv6Probes({ publicIpv6 }: Pick<KernelFacts, 'publicIpv6'>): Ipv6Probe[] {
  if (publicIpv6 === undefined) return [];
  const { address: from, vpcCidrs } = publicIpv6;
  const internet = internetCandidates.find(
    (to) => !vpcCidrs.some((cidr) => ipv6CidrContains(cidr, to)),
  );
  const inside = vpcCidrs.map(firstOf).filter((to) => to !== from);
  return [
    ...(internet === undefined ? [] : [{ from, to: internet, peer: 'an Internet peer' as const }]),
    ...inside.map((to) => ({ from, to, peer: 'a VPC peer' as const })),
  ];
}

/** The network's own address is no host's: EC2 keeps the first four of each subnet. */
function firstOf(cidr: Ipv6Cidr): Ipv6Address {
  return cidr.slice(0, cidr.indexOf('/')) as Ipv6Address;
}

/** Pure: every difference between what the IPv6 side needs and what the kernel showed. */
export function judgeIpv6(
  facts: KernelFacts,
  state: LinkState,
  lookups: readonly { readonly probe: Ipv6Probe; readonly decision: RouteDecision }[],
): KernelFinding[] {
  const { linkName, table, publicIpv6 } = facts;
  if (publicIpv6 === undefined) return [];
  const six: Facts = { linkName, table, publicIpv6 };
  const { ipv6, mtu } = state;
  if (ipv6 === undefined) return [noIpv6(six, state)];
  return [
    ...judgeAddress(six, ipv6),
    ...judgeFailClosed(six, ipv6),
    ...judgeRule(six, ipv6),
    ...judgeKeeping(six, ipv6),
    ...judgeMtu(six, ipv6, mtu),
    ...lookups.flatMap(({ probe, decision }) => judgeLookup(six, probe, decision)),
  ];
}

function noIpv6({ linkName, publicIpv6 }: Facts, state: LinkState): KernelFinding {
  const { why, remedy } = whyNoIpv6(state);
  return {
    code: 'ipv6-address-missing',
    severity: 'broken',
    seen: `${linkName} has no IPv6 at all: ${why}`,
    wanted: `${publicIpv6.address} on ${linkName}`,
    remedy,
  };
}

function judgeAddress({ linkName, publicIpv6 }: Facts, ipv6: Ipv6Link): KernelFinding[] {
  const { address } = publicIpv6;
  const held = ipv6.addresses.find((one) => one.address === address);
  if (held?.duplicateFound === false && !held.tentative) return [];
  return [
    {
      ...whyUnusable(linkName, ipv6, held),
      severity: 'broken',
      wanted: `${address} on ${linkName}`,
      remedy: `Call ensure again, or keep it, which puts it there without duplicate detection; then find out who takes it off.`,
    },
  ];
}

function whyUnusable(
  linkName: string,
  { addresses }: Ipv6Link,
  held: Ipv6LinkAddress | undefined,
): Pick<KernelFinding, 'code' | 'seen'> {
  if (held === undefined) {
    const others = addresses.map(({ address }) => address).join(', ') || 'no IPv6 address';
    return { code: 'ipv6-address-missing', seen: `${linkName} has ${others}` };
  }
  const unused = `the kernel does not use ${held.address}`;
  return held.duplicateFound
    ? {
        code: 'ipv6-address-duplicate',
        seen: `${unused}: duplicate detection found another holder`,
      }
    : { code: 'ipv6-address-tentative', seen: `${unused} yet: duplicate detection is under way` };
}

function judgeFailClosed({ table }: Facts, { routes }: Ipv6Link): KernelFinding[] {
  if (routes.some(isIpv6FailClosed)) return [];
  return [
    {
      code: 'ipv6-fail-closed-route-missing',
      severity: 'broken',
      seen: `table ${table} has no unreachable IPv6 default route`,
      wanted: `an unreachable IPv6 default route of the greatest metric in table ${table}`,
      remedy: `Call ensure again, which installs it; then find out what flushes table ${table}.`,
    },
  ];
}

function judgeRule({ table, publicIpv6 }: Facts, { rules }: Ipv6Link): KernelFinding[] {
  const { address } = publicIpv6;
  const from = hostIpv6Cidr(address);
  const position = rules.findIndex(
    (rule) => isOurIpv6Rule(rule) && rule.from === from && rule.table === table,
  );
  if (position === -1) {
    return [
      {
        code: 'ipv6-rule-missing',
        severity: 'broken',
        seen: `no rule of ours for packets from ${address}`,
        wanted: `from ${from} lookup ${table}`,
        remedy: 'Call ensure again, which adds it; then find out what deletes rules.',
      },
    ];
  }
  return rules
    .slice(0, position)
    .filter((rule) => rule.table !== localTable && mayMatch(rule, address))
    .filter((rule) => rule.hasMore || rule.table !== table)
    .map((rule) => outranked(address, rule));
}

function mayMatch({ from }: Ipv6Rule, address: Ipv6Address): boolean {
  return from === undefined || ipv6CidrContains(from, address);
}

function outranked(address: Ipv6Address, rule: Ipv6Rule): KernelFinding {
  const more = rule.hasMore ? ' (with further conditions)' : '';
  return {
    code: 'ipv6-rule-outranked',
    severity: rule.hasMore ? 'warning' : 'broken',
    seen: `IPv6 rule ${rule.priority}: from ${rule.from ?? 'all'}${more} lookup ${rule.table} (protocol ${rule.protocol}) is tried before ours`,
    wanted: `our rule for ${address} tried first`,
    remedy: `Remove that rule ("ip -6 rule del priority ${rule.priority}"), or give it a priority number above ours.`,
  };
}

/** A loss that a keep puts right, each time after it has happened. */
function judgeKeeping(
  { linkName, publicIpv6 }: Facts,
  { settings, allKeepAddrOnDown: all = 0 }: Ipv6Link,
): KernelFinding[] {
  if (all === 0 ? settings.keepAddrOnDown : all > 0) return [];
  return [
    {
      code: 'ipv6-address-lost-on-down',
      severity: 'warning',
      seen: `net.ipv6.conf.${all === 0 ? linkName : 'all'}.keep_addr_on_down is ${all}`,
      wanted: '1',
      remedy: `Each time ${linkName} goes down the kernel forgets ${publicIpv6.address}, until a keep puts it back. Set it with the CNI plugin "tuning", or give the process a /proc/sys that it may write.`,
    },
  ];
}

/** Whoever sends bigger packets learns from ICMPv6 alone that they are too big, where it comes through. */
function judgeMtu({ table }: Facts, { routes }: Ipv6Link, linkMtu: number): KernelFinding[] {
  const internet = routes.find(
    ({ type, destination }) => type === 'unicast' && destination === ipv6Default,
  );
  const limit = internet?.mtu ?? linkMtu;
  if (internet === undefined || limit <= internetMtu) return [];
  return [
    warning(
      'ipv6-internet-mtu-unlimited',
      `the IPv6 default route of table ${table} lets packets of ${limit} bytes leave`,
      `mtu ${internetMtu} on it`,
      'Call ensure again, which sets it: bigger packets are dropped on the way to the Internet.',
    ),
  ];
}

function judgeLookup(
  { linkName, table, publicIpv6 }: Facts,
  probe: Ipv6Probe,
  decision: RouteDecision,
): KernelFinding[] {
  const { gateway } = publicIpv6;
  if (decision.kind === 'link' && decision.linkName === linkName && decision.gateway === gateway) {
    return [];
  }
  return [
    {
      code: 'ipv6-route-elsewhere',
      severity: 'broken',
      seen: `${probe.from} to ${probe.peer} (${probe.to}) ${describeDecision(decision)}`,
      wanted: `by ${linkName} through ${gateway}`,
      remedy: `Compare "ip -6 rule", "ip -6 route show table ${table}" and "ip -6 route get ${probe.to} from ${probe.from}": a rule or route of someone else wins, or one of ours is gone (call ensure again).`,
    },
  ];
}
