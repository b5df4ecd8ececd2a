import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseIpv4Address, type Cidr } from '../../packages/core/src/identity/address.ts';
import type { SourceRule } from '../../packages/core/src/kernel/kernel-port.ts';
import { planKernel } from '../../packages/core/src/kernel/plan-kernel.ts';
import { fakeWorld } from '../../packages/core/src/testing/fake-kernel/fake-contract-world.ts';
import type { FakeRoute } from '../../packages/core/src/testing/fake-kernel/fake-world.ts';
import {
  contractIdentity,
  contractInternetPeer,
  contractLink,
  contractVpcPeer,
  type KernelWorld,
} from '../../packages/core/src/testing/kernel-port/kernel-port-contract.ts';
import { realPod } from './kernel-port-world.ts';
import { whyNoNamespaces } from './netns-rights.ts';

/** Something that happens to a pod; carried out on the fake kernel and on the real one alike. */
interface Happening {
  readonly what: string;
  readonly act: (world: KernelWorld) => Promise<unknown>;
}

const privateCidrs = ['10.0.2.128/24', '10.0.2.129/24'];
const publicCidr = `${contractIdentity.publicIp}/32`;
const destinations = ['0.0.0.0/0', '10.0.2.0/24', '10.0.0.0/16', '10.0.1.100/32'] as Cidr[];

const anyRule: fc.Arbitrary<SourceRule> = fc.record(
  {
    priority: fc.constantFrom(50, 100, 200),
    from: fc.constantFrom('10.0.2.128/32' as Cidr, publicCidr as Cidr, '10.0.2.0/24' as Cidr),
    table: fc.constantFrom(200, 201, 254),
    protocol: fc.constantFrom(4, 227),
    hasMore: fc.constant(false),
  },
  { requiredKeys: ['priority', 'table', 'protocol', 'hasMore'] },
);
const anyRoute: fc.Arbitrary<FakeRoute> = fc
  .record({
    table: fc.constantFrom(200, 201),
    destination: fc.constantFrom(...destinations),
    metric: fc.constantFrom(0, 7, 0xffff_ffff),
    protocol: fc.constantFrom(4, 227),
    way: fc.constantFrom('net1', 'eth0', 'gateway', 'onlink', 'unreachable', 'blackhole'),
    mtu: fc.constantFrom(undefined, 1400),
  })
  .map(({ table, destination, metric, protocol, way, mtu }) => {
    const route = { table, destination, metric, protocol, onlink: false };
    if (way === 'unreachable' || way === 'blackhole') {
      return { ...route, type: way, scope: 'global' };
    }
    const limited = mtu === undefined ? route : { ...route, mtu };
    if (way === 'eth0') return { ...limited, type: 'unicast', linkIndex: 2, scope: 'link' };
    if (way === 'net1') return { ...limited, type: 'unicast', linkIndex: 3, scope: 'link' };
    const { gateway } = contractLink;
    const onlink = way === 'onlink';
    return { ...limited, type: 'unicast', linkIndex: 3, scope: 'global', gateway, onlink };
  });

const anyHappening: fc.Arbitrary<Happening> = fc.oneof(
  fc.boolean().map((up) => ({
    what: `net1 ${up ? 'up' : 'down'}`,
    act: ({ setLinkUp }: KernelWorld) => setLinkUp('net1', up),
  })),
  fc.constantFrom(...privateCidrs, publicCidr).map((cidr) => ({
    what: `address del ${cidr}`,
    act: ({ removeAddress }: KernelWorld) => removeAddress('net1', cidr),
  })),
  fc
    .tuple(fc.constantFrom(...privateCidrs, publicCidr), fc.constantFrom('global', 'link'))
    .map(([cidr, scope]) => ({
      what: `address add ${cidr} scope ${scope}`,
      act: ({ addAddress }: KernelWorld) => addAddress('net1', cidr, scope),
    })),
  anyRoute.map((route) => ({
    what: `route replace ${JSON.stringify(route)}`,
    act: ({ addRoute }: KernelWorld) => addRoute(route),
  })),
  anyRule.map((rule) => ({
    what: `rule add ${JSON.stringify(rule)}`,
    act: ({ addRule }: KernelWorld) => addRule(rule),
  })),
  fc
    .tuple(fc.constantFrom('rp_filter', 'arp_announce', 'arp_ignore'), fc.nat(2))
    .map(([name, value]) => ({
      what: `sysctl conf.all.${name}=${value}`,
      act: ({ setAllLinks }: KernelWorld) => setAllLinks(name, value),
    })),
  fc.tuple(fc.boolean(), fc.nat(12)).map(([up, count]) => ({
    what: `the first ${count} steps ${up ? 'up' : 'down'}`,
    act: (world: KernelWorld) => applySome(world, up, count),
  })),
);

async function applySome({ kernel }: KernelWorld, up: boolean, count: number): Promise<void> {
  const state = await kernel.observe('net1', contractLink.table);
  if (state === undefined) return;
  const down = { ...contractLink, identities: [], releasing: [contractIdentity] };
  const steps = planKernel(state, up ? contractLink : down);
  for (const step of steps.slice(0, count)) await kernel.apply(step);
}

/** How it ended: an error's code, ours or the kernel's errno. */
async function outcome(world: KernelWorld, { act }: Happening): Promise<string> {
  try {
    await act(world);
    return 'done';
  } catch (error) {
    const { code, errno } = error as { readonly code?: string; readonly errno?: string };
    return code ?? errno ?? String(error);
  }
}

/** All that a KernelPort shows of a pod. */
async function seen({ kernel }: KernelWorld): Promise<unknown> {
  const { privateIp, publicIp } = contractIdentity;
  const lookups = [];
  for (const from of [privateIp, publicIp]) {
    for (const to of [contractInternetPeer, contractVpcPeer, parseIpv4Address('10.0.2.77')]) {
      lookups.push(await kernel.lookupRoute({ from, to }));
    }
  }
  const tables = [];
  for (const table of [200, 201, 254]) {
    const state = await kernel.observe('net1', table);
    if (state === undefined) return 'gone';
    const routes = state.routes.map((route) => JSON.stringify(sorted(route))).toSorted();
    tables.push({ ...state, macAddress: '', routes });
  }
  return { lookups, tables };
}

function sorted(value: object): object {
  return Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

const reason = whyNoNamespaces();
const needs = reason === undefined ? '' : ` (skipped: ${reason})`;

describe.skipIf(reason !== undefined)(`the fake kernel as a model of the real one${needs}`, () => {
  it('answers and ends up alike, whatever happens', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(anyHappening, { maxLength: 14 }), async (happenings) => {
        using pod = await realPod();
        const fake = fakeWorld();
        const story: string[] = [];
        expect(await seen(fake)).toEqual(await seen(pod.world));
        for (const happening of happenings) {
          const [ours, theirs] = [
            await outcome(fake, happening),
            await outcome(pod.world, happening),
          ];
          story.push(`${happening.what} -> ${theirs}`);
          const told = story.join('\n');
          expect(ours, told).toBe(theirs);
          expect(await seen(fake), told).toEqual(await seen(pod.world));
        }
      }),
      { numRuns: Number(process.env['MODEL_RUNS'] ?? 60) },
    );
  });
});
