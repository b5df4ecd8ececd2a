import {
  NetlinkError,
  type Rtnetlink,
  type NewAddress,
  type NewRoute,
  type NewRule,
} from '@truetuple/netlink';
import {
  defaultDestination,
  failClosedMetric,
  truetupleProtocol,
  type KernelStep,
} from '../../kernel/kernel-step.ts';
import { isIpv6Step } from '../../kernel/ipv6-step.ts';
import { ipProtocol } from './ip-protocol.ts';
import { removeOurRoute } from './remove-our-route.ts';
import type { KernelSockets } from './kernel-sockets.ts';
import { unlessExists } from './unless-exists.ts';

/** Carries out one step. What is there as wanted, or absent as wanted, is done. */
export async function applyStep(sockets: KernelSockets, step: KernelStep): Promise<void> {
  if (isIpv6Step(step)) {
    const { applyIpv6Step } = await import('./apply-ipv6-step.ts');
    return applyIpv6Step(sockets, step);
  }
  const { netlink } = sockets;
  switch (step.kind) {
    case 'install-fail-closed-route':
      return netlink.routes.replace(failClosedRoute(step.table));
    case 'add-rule':
      // EXCL compares the whole rule, table and protocol too: what exists is ours and as wanted
      return unlessExists(netlink.rules.add(ruleOf(step, truetupleProtocol)));
    case 'remove-rule':
      await netlink.rules.remove(ruleOf(step, step.protocol));
      return;
    case 'set-link-settings':
      return netlink.links.set({ index: step.linkIndex }, { ipv4: step.settings });
    case 'replace-route':
      return netlink.routes.replace(routeOf(step));
    case 'remove-route':
      return removeOurRoute(netlink, 'ipv4', step);
    case 'add-address':
      return addPublicAddress(netlink, step);
    case 'remove-address':
      await netlink.addresses.remove({
        linkIndex: step.linkIndex,
        address: `${step.address}/32`,
      });
      return;
    case 'replace-delivery-table':
      return (await sockets.deliveries()).replace(step.table);
    case 'remove-delivery-table':
      if (sockets.nft !== undefined) await (await sockets.deliveries()).remove(step.publicIp);
      return;
    default:
      return step satisfies never;
  }
}

type StepOf<Kind> = Extract<KernelStep, { readonly kind: Kind }>;

/** An address that exists is done only with the wanted scope. */
async function addPublicAddress(netlink: Rtnetlink, step: StepOf<'add-address'>): Promise<void> {
  const wanted: NewAddress = {
    family: 'ipv4',
    linkIndex: step.linkIndex,
    address: `${step.address}/32`,
    scope: 'link',
  };
  try {
    await netlink.addresses.add(wanted, { exclusive: true });
  } catch (error) {
    if (!NetlinkError.is(error) || !error.isExists) throw error;
    const held = await netlink.addresses.list({ linkIndex: step.linkIndex, family: 'ipv4' });
    const isAsWanted = held.some(
      ({ address, scope }) => address === wanted.address && scope === wanted.scope,
    );
    if (!isAsWanted) throw error;
  }
}

function failClosedRoute(table: number): NewRoute {
  return {
    family: 'ipv4',
    type: 'unreachable',
    destination: defaultDestination,
    table,
    metric: failClosedMetric,
    protocol: truetupleProtocol,
  };
}

function routeOf(step: StepOf<'replace-route'>): NewRoute {
  const { table, destination, linkIndex, scope, gateway, source, onlink, mtu } = step;
  return {
    family: 'ipv4',
    type: 'unicast',
    destination,
    linkIndex,
    table,
    scope,
    onlink,
    protocol: truetupleProtocol,
    ...(gateway === undefined ? {} : { gateway }),
    ...(source === undefined ? {} : { preferredSource: source }),
    ...(mtu === undefined ? {} : { mtu }),
  };
}

function ruleOf(
  { priority, from, table, ports }: StepOf<'add-rule' | 'remove-rule'>,
  protocol: number,
): NewRule {
  const rule: NewRule = { family: 'ipv4', action: 'table', priority, from, table, protocol };
  if (ports === undefined) return rule;
  const { first, last } = ports;
  return { ...rule, ipProtocol: ipProtocol[ports.protocol], sourcePorts: { first, last } };
}
