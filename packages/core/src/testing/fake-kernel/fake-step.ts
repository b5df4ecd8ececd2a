import { describeKernelStep } from '../../kernel/describe-kernel-step.ts';
import { kernelError } from '../../kernel/kernel-error.ts';
import {
  defaultDestination,
  failClosedMetric,
  truetupleProtocol,
} from '../../kernel/kernel-step.ts';
import type { KernelStep } from '../../kernel/kernel-step.ts';
import { isIpv6Step } from '../../kernel/ipv6-step.ts';
import { putDeliveryTable, removeDeliveryTable } from './fake-delivery-tables.ts';
import { applyFakeIpv6Step } from './fake-ipv6.ts';
import { addAddress, removeAddress } from './fake-links.ts';
import type { FakeNode } from './fake-node.ts';
import { FakeRefusal } from './fake-refusal.ts';
import { putRoute, removeRoute } from './fake-routes.ts';
import { addRule, removeRule } from './fake-rules.ts';
import { linkByIndex, type FakeRoute, type FakeWorld } from './fake-world.ts';

/** Carries out one step on a fake namespace, or throws what the real kernel would refuse it with. */
export function applyFakeStep(world: FakeWorld, node: FakeNode, step: KernelStep): void {
  if (isIpv6Step(step)) return applyFakeIpv6Step(world, node, step);
  switch (step.kind) {
    case 'install-fail-closed-route':
      return putRoute(world, failClosedRoute(step.table));
    case 'add-rule':
      return tolerate(['EEXIST'], () => addRule(world, ruleOf(step, truetupleProtocol)));
    case 'remove-rule':
      return tolerate(notFound, () => removeRule(world, ruleOf(step, step.protocol)));
    case 'set-link-settings':
      linkByIndex(world, step.linkIndex).settings = step.settings;
      return;
    case 'replace-route':
      return putRoute(world, routeOf(step));
    case 'remove-route':
      return tolerate(notFound, () =>
        removeRoute(world, {
          table: step.table,
          type: 'unicast',
          destination: step.destination,
          metric: step.metric,
          linkIndex: step.linkIndex,
          protocol: truetupleProtocol,
        }),
      );
    case 'add-address':
      return putPublicAddress(world, node, step);
    case 'remove-address':
      return tolerate(notFound, () =>
        removeAddress(world, linkByIndex(world, step.linkIndex), {
          address: step.address,
          prefixLength: 32,
        }),
      );
    case 'replace-delivery-table':
      return putDeliveryTable(world, { publicIp: step.table.publicIp, does: step.table });
    case 'remove-delivery-table':
      return tolerate(notFound, () => removeDeliveryTable(world, step.publicIp));
    default:
      return step satisfies never;
  }
}

const notFound: readonly string[] = ['ENODEV', 'ENOENT', 'ESRCH', 'EADDRNOTAVAIL'];

/** What is there as wanted, or absent as wanted, is done. */
function tolerate(errnos: readonly string[], change: () => void): void {
  try {
    change();
  } catch (error) {
    if (error instanceof FakeRefusal && errnos.includes(error.errno)) return;
    throw error;
  }
}

type StepOf<Kind> = Extract<KernelStep, { readonly kind: Kind }>;

/** An address that is there as wanted is done; one with another scope is refused. */
function putPublicAddress(world: FakeWorld, node: FakeNode, step: StepOf<'add-address'>): void {
  const link = linkByIndex(world, step.linkIndex);
  node.check(link, step.address);
  const present = link.addresses.some(
    ({ address, prefixLength, scope }) =>
      address === step.address && prefixLength === 32 && scope === 'link',
  );
  if (!present) addAddress(world, link, { address: step.address, prefixLength: 32, scope: 'link' });
}

function failClosedRoute(table: number): FakeRoute {
  return {
    table,
    type: 'unreachable',
    destination: defaultDestination,
    scope: 'global',
    metric: failClosedMetric,
    onlink: false,
    protocol: truetupleProtocol,
  };
}

function ruleOf(
  { priority, from, table, ports }: StepOf<'add-rule' | 'remove-rule'>,
  protocol: number,
): FakeWorld['rules'][number] {
  const narrowed = ports === undefined ? {} : { ports };
  return { priority, from, table, protocol, ...narrowed, hasMore: false };
}

function routeOf(step: StepOf<'replace-route'>): FakeRoute {
  return {
    table: step.table,
    type: 'unicast',
    destination: step.destination,
    linkIndex: step.linkIndex,
    ...(step.gateway === undefined ? {} : { gateway: step.gateway }),
    ...(step.source === undefined ? {} : { source: step.source }),
    scope: step.scope,
    metric: 0,
    ...(step.mtu === undefined ? {} : { mtu: step.mtu }),
    onlink: step.onlink,
    protocol: truetupleProtocol,
  };
}

/** A refusal as the port's error; anything else as it is. */
export function stepRefusal(error: unknown, step: KernelStep): unknown {
  if (!(error instanceof FakeRefusal)) return error;
  const { errno, kernelText } = error;
  return kernelError(
    { errno, kernelText, cause: error },
    {
      what: describeKernelStep(step).command,
      linkName: 'linkName' in step ? step.linkName : undefined,
      address: 'address' in step ? step.address : undefined,
      part: step.kind === 'replace-delivery-table' ? 'nftables' : undefined,
    },
  );
}
