import { fc, test } from '@fast-check/vitest';
import { describe, expect } from 'vitest';
import { ensurePublicIdentity } from '../ensure-public-identity.ts';
import { parseIpv4Address, type Cidr } from '../identity/address.ts';
import type { IdentitySpecInput } from '../identity/identity-spec.ts';
import { ownerTagKey } from '../identity/owner.ts';
import { ManualClock } from '../testing/manual-clock.ts';
import { faithfulEc2 } from '../testing/simulated-ec2/faithful-ec2.ts';
import type { Ec2Action } from '../testing/simulated-ec2/call-log.ts';
import { simulatedPod, type SimulatedPod } from '../testing/simulated-pod.ts';
import type { KeepEvent } from './keep-event.ts';

type Pod = SimulatedPod<ManualClock>;
const intervalMs = 30_000;
const publicCidr = '203.0.113.50/32' as Cidr;
const privateCidr = '10.0.2.128/24';

/** Something that happens to a pod whose identity is kept; what is not possible does not happen. */
interface Happening {
  readonly what: string;
  readonly act: (pod: Pod) => unknown;
}

const mediaEni = ({ ec2 }: Pod) => {
  const found = ec2
    .snapshot()
    .networkInterfaces.find(
      ({ privateIpAddresses }) => privateIpAddresses[0]?.privateIpAddress === '10.0.2.10',
    );
  if (found === undefined) throw new Error('the simulated pod has no media ENI');
  return found;
};
const tableId = ({ spec }: Pod): string =>
  spec.routeTables.by === 'ids' ? (spec.routeTables.routeTableIds[0] ?? '') : '';

const kernelHappenings: readonly Happening[] = [
  { what: 'down', act: ({ kernel }) => kernel.setLinkUp('net1', false) },
  { what: 'up', act: ({ kernel }) => kernel.setLinkUp('net1', true) },
  { what: 'public gone', act: ({ kernel }) => kernel.removeAddress('net1', publicCidr) },
  { what: 'private gone', act: ({ kernel }) => kernel.removeAddress('net1', privateCidr) },
  { what: 'link gone', act: ({ kernel }) => kernel.removeLink('net1') },
  {
    what: 'rules gone',
    act: ({ kernel }) => {
      for (const rule of kernel.snapshot().rules) {
        if (rule.protocol === 227) kernel.removeRule(rule);
      }
    },
  },
  {
    what: 'routes gone',
    act: ({ kernel }) => {
      for (const route of kernel.snapshot().routes) {
        if (route.table === 200) kernel.removeRoute(route);
      }
    },
  },
];

const publicIp = parseIpv4Address('203.0.113.50');
const deliveryHappenings: readonly Happening[] = [
  { what: 'table gone', act: ({ kernel }) => kernel.removeDeliveryTable(publicIp) },
  {
    what: 'table changed',
    act: ({ kernel }) => {
      kernel.removeDeliveryTable(publicIp);
      kernel.spoilDeliveryTable(publicIp);
    },
  },
];

/** What a spec says of its delivery. */
const anyDelivery = fc.constantFrom<Partial<IdentitySpecInput>>(
  { delivery: 'both' },
  { delivery: 'translate', routedCidrs: ['10.0.1.0/24'] },
  {
    delivery: 'rule',
    routedCidrs: ['10.0.1.0/24'],
    ports: [{ protocol: 'udp', first: 5060, last: 5060 }],
  },
  { delivery: 'dnat' },
  { delivery: 'any', ports: [{ protocol: 'tcp', first: 5061, last: 5061 }] },
);

const cloudHappenings: readonly Happening[] = [
  {
    what: 'route gone',
    act: (pod) =>
      pod.ec2.deleteRoute({ routeTableId: tableId(pod), destinationCidrBlock: publicCidr }),
  },
  {
    what: 'untagged',
    act: ({ ec2 }) => {
      const resources = [ec2.snapshot().addresses[0]?.allocationId ?? ''];
      return ec2.deleteTags({ resources, tags: [{ key: ownerTagKey }] });
    },
  },
  {
    what: 'disassociated',
    act: ({ ec2 }) => {
      const { associationId = '' } = ec2.snapshot().addresses[0] ?? {};
      return ec2.disassociateAddress({ associationId });
    },
  },
  {
    what: 'unassigned',
    act: (pod) => {
      const { networkInterfaceId } = mediaEni(pod);
      return pod.ec2.unassignPrivateIpAddresses({
        networkInterfaceId,
        privateIpAddresses: ['10.0.2.128'],
      });
    },
  },
  {
    what: 'checked',
    act: (pod) => {
      const { networkInterfaceId } = mediaEni(pod);
      return pod.ec2.setSourceDestCheck({ networkInterfaceId, sourceDestCheck: true });
    },
  },
];

const someActions: readonly (Ec2Action | '*')[] = [
  '*',
  'DescribeAddresses',
  'DescribeNetworkInterfaces',
  'AssociateAddress',
  'CreateRoute',
];
const anyHappening: fc.Arbitrary<Happening> = fc.oneof(
  fc.constantFrom(...kernelHappenings),
  fc.constantFrom(...cloudHappenings),
  fc.constantFrom(...deliveryHappenings),
  fc
    .tuple(
      fc.constantFrom(...someActions),
      fc.constantFrom('InternalError', 'RequestLimitExceeded'),
    )
    .map(([action, error]) => ({
      what: `${action} ${error}`,
      act: ({ ec2 }: Pod) => ec2.inject({ action, error, times: 3 }),
    })),
  fc.constantFrom(...someActions).map((action) => ({
    what: `${action} loses its answer`,
    act: ({ ec2 }: Pod) => ec2.inject({ action, loseAnswer: true }),
  })),
  fc.nat(6).map((staleByChanges) => ({
    what: `a read ${staleByChanges} changes old`,
    act: ({ ec2 }: Pod) => ec2.inject({ action: 'DescribeAddresses', staleByChanges }),
  })),
  fc.nat(40_000).map((ms) => ({ what: `${ms} ms`, act: ({ clock }: Pod) => clock.advance(ms) })),
);

/** What the kernel does with packets of the identity, whatever link it stands on by now. */
function essence({ kernel }: Pod): unknown {
  const { routes, rules, deliveryTables } = kernel.snapshot();
  return {
    deliveryTables,
    routes: routes
      .filter(({ table }) => table === 200)
      .map(({ destination, source, type }) => `${type} ${destination} ${source ?? ''}`)
      .toSorted(),
    rules: rules.map((rule) => JSON.stringify(rule)).toSorted(),
  };
}

async function happen(pod: Pod, { act }: Happening): Promise<void> {
  try {
    await act(pod);
  } catch {
    // it was not possible: the link is gone, say
  }
}

/** Whoever made the link sets it right again, as a network plugin would. */
function mendLink({ kernel }: Pod): void {
  const net1 = kernel.snapshot().links.find(({ name }) => name === 'net1');
  if (net1 === undefined) {
    const macAddress = '02:00:00:00:02:0a';
    kernel.addLink({ name: 'net1', macAddress, parent: 'eth1', addresses: [privateCidr] });
    return;
  }
  kernel.setLinkUp('net1', true);
  const has = net1.addresses.some(({ address }) => address === '10.0.2.128');
  if (!has) kernel.addAddress('net1', privateCidr);
}

const worlds: readonly {
  readonly what: string;
  readonly numRuns: number;
  readonly build: () => Pod;
}[] = [
  {
    what: 'EC2 whose describes are up to date',
    numRuns: 60,
    build: () => simulatedPod({ clock: new ManualClock() }),
  },
  {
    what: 'EC2 whose describes lag, and which throttles',
    numRuns: 30,
    build: () => {
      const clock = new ManualClock();
      return simulatedPod({ clock, ec2: faithfulEc2({ region: 'eu-central-1', clock }) });
    },
  },
];

/** Lets time go by until it is done. */
async function done<T>({ clock }: Pod, work: Promise<T>): Promise<T> {
  const settled = work.then(
    () => true,
    () => true,
  );
  for (;;) {
    if (await Promise.race([settled, clock.advance(1000).then(() => false)])) break;
  }
  return work;
}

describe.each(worlds)('a keep and $what', ({ numRuns, build }) => {
  test.prop([anyDelivery, fc.array(anyHappening, { maxLength: 12 })], { numRuns })(
    'whatever happens short of a theft, the identity ends up whole, published and true',
    async (delivery, happenings) => {
      const pod = build();
      const spec = { ...pod.spec, ...delivery };
      const held = await done(pod, ensurePublicIdentity(spec, { node: pod.node }));
      const whole = essence(pod);
      await pod.clock.advance(5 * 60_000);
      const events: KeepEvent[] = [];
      const keeping = await held.keep({ intervalMs, onEvent: (event) => void events.push(event) });
      for (const happening of happenings) await happen(pod, happening);
      mendLink(pod);
      // planted faults that are left are met meanwhile
      await pod.clock.advance(60 * intervalMs);
      const writes = pod.ec2.calls.countWrites();
      const applied = pod.kernel.applied.length;
      await pod.clock.advance(2 * intervalMs);
      expect(events.filter(({ kind }) => kind === 'lost')).toEqual([]);
      expect([pod.ec2.calls.countWrites(), pod.kernel.applied.length]).toEqual([writes, applied]);
      const [address] = pod.ec2.snapshot().addresses;
      expect(address).toMatchObject({
        associationId: keeping.identity.associationId,
        privateIpAddress: '10.0.2.128',
      });
      expect(await pod.publisher.current()).toEqual(keeping.identity);
      expect(mediaEni(pod).sourceDestCheck).toBe(false);
      expect(essence(pod)).toEqual(whole);
      await keeping.close();
      // and what ensure would do for it is nothing
      await done(pod, ensurePublicIdentity(spec, { node: pod.node }));
      expect([pod.ec2.calls.countWrites(), pod.kernel.applied.length]).toEqual([writes, applied]);
      await done(pod, held.release());
      expect(pod.ec2.snapshot().addresses[0]).not.toHaveProperty('associationId');
      expect([pod.clock.waiting, pod.kernel.watches]).toEqual([0, 0]);
    },
    20_000,
  );
});

/** By a hand that may take it from anybody; again when a planted fault hits it. */
async function steal(pod: Pod): Promise<string> {
  const { allocationId = '' } = pod.ec2.snapshot().addresses[0] ?? {};
  const thief = pod.ec2
    .snapshot()
    .networkInterfaces.find(
      ({ privateIpAddresses }) => privateIpAddresses[0]?.privateIpAddress === '10.0.1.10',
    );
  for (;;) {
    try {
      const { associationId } = await pod.ec2.associateAddress({
        allocationId,
        networkInterfaceId: thief?.networkInterfaceId ?? '',
        privateIpAddress: '10.0.1.10',
        allowReassociation: true,
      });
      return associationId;
    } catch {
      // a planted fault: the next try has one less before it
    }
  }
}

test.prop([anyDelivery, fc.array(anyHappening, { maxLength: 12 })], { numRuns: 60 })(
  'whatever happens before and after a theft, it ends fenced, and the thief keeps what it took',
  async (delivery, happenings) => {
    const pod = simulatedPod({ clock: new ManualClock(), ec2: { claimScope: 'privateIp' } });
    const held = await ensurePublicIdentity({ ...pod.spec, ...delivery }, { node: pod.node });
    await pod.clock.advance(5 * 60_000);
    const keeping = await held.keep({ intervalMs });
    for (const happening of happenings) await happen(pod, happening);
    const associationId = await steal(pod);
    await pod.clock.advance(60 * intervalMs);
    const end = await Promise.race([keeping.ended, pod.clock.settle()]);
    expect(end).toMatchObject({ kind: 'lost' });
    expect(await pod.publisher.current()).toBeUndefined();
    expect(JSON.stringify(pod.kernel.snapshot().links)).not.toContain(publicIp);
    expect(pod.kernel.snapshot().deliveryTables).toEqual([]);
    expect(pod.ec2.snapshot().addresses[0]).toMatchObject({ associationId });
    expect([pod.clock.waiting, pod.kernel.watches]).toEqual([0, 0]);
    await done(pod, held.release());
    expect(pod.ec2.snapshot().addresses[0]).toMatchObject({ associationId });
  },
  20_000,
);
