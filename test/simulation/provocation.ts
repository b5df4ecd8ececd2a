import type { Cluster } from './cluster.ts';
import { cloudDrifts, drift, kernelDrifts, theft, type Drift } from './drift.ts';
import { ipv6CloudDrifts, ipv6KernelDrifts } from './dual-stack/ipv6-drifts.ts';
import type { Cell } from './faults.ts';
import type { Truth } from './truth.ts';
import type { Pod, World } from './world.ts';

interface Scene {
  readonly world: World;
  readonly cluster: Cluster;
  readonly truth: Truth;
  readonly pod: Pod;
}

/** What makes a keep do what it seldom does, by the operation. */
const driftsByOperation: Readonly<Record<string, Drift | undefined>> = {
  ModifyNetworkInterfaceAttribute: cloudDrift('the source/destination check is switched on'),
  AssignPrivateIpAddresses: cloudDrift('the private IP is unassigned'),
  AssociateAddress: cloudDrift('the address is disassociated'),
  CreateTags: cloudDrift('the owner tag is deleted'),
  CreateRoute: cloudDrift('a route is deleted'),
  ReplaceRoute: cloudDrift('a route is led elsewhere'),
  'install-fail-closed-route': kernelDrift("our table's routes are deleted"),
  'replace-route': kernelDrift("our table's routes are deleted"),
  'add-rule': kernelDrift('our rules are deleted'),
  'set-link-settings': kernelDrift("net1's settings are changed"),
  'add-address': kernelDrift('the public address is taken off net1'),
  publish: kernelDrift('the private address is taken off net1 for a while'),
  withdraw: kernelDrift('net1 flaps'),
  watchClaims: cloudDrift('the address is disassociated'),
  'remove-address': theft,
  'remove-route': theft,
  AssignIpv6Addresses: cloudDrift('the IPv6 address is unassigned'),
  'install-ipv6-fail-closed-route': kernelDrift("our table's IPv6 routes are deleted"),
  'replace-ipv6-route': kernelDrift("our table's IPv6 routes are deleted"),
  'add-ipv6-rule': kernelDrift('our IPv6 rules are deleted'),
  'set-ipv6-settings': kernelDrift("net1's IPv6 settings are changed"),
  'add-ipv6-address': kernelDrift('the IPv6 address is taken off net1'),
  'remove-ipv6-address': theft,
};

function cloudDrift(what: string): Drift | undefined {
  return [...cloudDrifts, ...ipv6CloudDrifts].find((one) => one.what === what);
}

function kernelDrift(what: string): Drift | undefined {
  return [...kernelDrifts, ...ipv6KernelDrifts].find((one) => one.what === what);
}

/** What must happen to a pod before a step comes; undefined for what comes by itself. */
export function provocationOf({ verb, operation }: Cell): ((scene: Scene) => void) | undefined {
  switch (verb) {
    case 'request':
      // the standby comes by itself
      return undefined;
    case 'release':
      return ({ cluster, pod }) => cluster.remove(pod);
    case 'reap':
      return ({ cluster, pod }) => cluster.removeByForce(pod, 0);
    case 'keep': {
      const what = driftsByOperation[operation];
      return what && (({ world, pod, truth }) => void drift(world, pod, what, truth));
    }
    case 'ensure':
      return provokeEnsure(operation);
    case 'control':
      return provokeControl(operation);
    default:
      return verb satisfies never;
  }
}

function provokeEnsure(operation: string): ((scene: Scene) => void) | undefined {
  switch (operation) {
    case 'DeleteRoute':
    case 'DisassociateAddress':
    case 'DeleteTags':
      // what the dead pod left is on the next one's private IP
      return ({ cluster, pod }) => cluster.recycle(pod);
    case 'UnassignPrivateIpAddresses':
    case 'UnassignIpv6Addresses':
    case 'deleteClaim':
      // told to stop while it starts: it gives back what it took
      return ({ world, cluster, pod }) => {
        cluster.create(`${pod.name}-late`, pod.host);
        const next = world.pods.at(-1);
        if (next === undefined || next.process !== undefined) return;
        world.scheduler.after(world.random.between(700, 3000), () => cluster.remove(next));
      };
    case 'ReplaceRoute':
      return ({ world, pod, truth }) => {
        const led = cloudDrift('a route is led elsewhere');
        if (led !== undefined) void drift(world, pod, led, truth);
        // the next process finds it before a keep does
        pod.process?.kill();
      };
    default:
      return undefined;
  }
}

/** What comes to a controller when a pod starts comes by itself. */
function provokeControl(operation: string): ((scene: Scene) => void) | undefined {
  switch (operation) {
    case 'DisassociateAddress':
    case 'UnassignPrivateIpAddresses':
    case 'UnassignIpv6Addresses':
    case 'DeleteTags':
    case 'deleteClaim':
    case 'updateClaim':
    case 'getClaim':
      return ({ cluster, pod }) => cluster.remove(pod);
    case 'ReplaceRoute': {
      const led = cloudDrift('a route is led elsewhere');
      return led && (({ world, pod, truth }) => void drift(world, pod, led, truth));
    }
    default:
      return undefined;
  }
}
