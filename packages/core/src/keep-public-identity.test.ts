import { describe, expect, it, vi } from 'vitest';
import { ensurePublicIdentity } from './ensure-public-identity.ts';
import { ownerTagKey } from './identity/owner.ts';
import { keepPublicIdentity } from './keep-public-identity.ts';
import type { KeepEvent } from './keep/keep-event.ts';
import type { KeepOptions } from './keep/keeping.ts';
import { failClosedMetric, truetupleProtocol } from './kernel/kernel-step.ts';
import { ManualClock } from './testing/manual-clock.ts';
import { simulatedPod, type SimulatedPod } from './testing/simulated-pod.ts';

const intervalMs = 30_000;
const publicCidr = '203.0.113.50/32';
const secondLookMs = 2000;
const describeLagMs = 5 * 60_000;

/** A pod whose identity is kept, five minutes after it was claimed. */
async function build(options: KeepOptions = {}) {
  const pod = simulatedPod({ clock: new ManualClock() });
  const held = await ensurePublicIdentity(pod.spec, { node: pod.node });
  await pod.clock.advance(describeLagMs);
  const events: KeepEvent[] = [];
  const keeping = await held.keep({
    intervalMs,
    random: () => 0.999,
    onEvent: (event) => void events.push(event),
    ...options,
  });
  await pod.clock.settle();
  return { pod, held, keeping, events };
}

/** "repaired kernel add-address", "degraded LinkDown" and the like. */
function said(events: readonly KeepEvent[]): string[] {
  return events.map((event) => {
    switch (event.kind) {
      case 'repaired':
        return ['repaired', event.half, ...event.steps.map(({ kind }) => kind)].join(' ');
      case 'degraded':
      case 'unsure':
        return `${event.kind} ${event.error.code}`;
      case 'restored':
        return `restored ${event.identity.generation}`;
      case 'lost':
        return `lost ${event.because}`;
      case 'gateway-unreachable':
      case 'gateway-reachable':
      case 'gateway-changed':
      case 'wire-silent':
      case 'wire-answers':
        return event.kind;
      default:
        return event satisfies never;
    }
  });
}

type Pod = SimulatedPod<ManualClock>;
const from = (ip: string) => ({
  priority: 100,
  from: `${ip}/32` as never,
  table: 200,
  protocol: truetupleProtocol,
  hasMore: false,
});
const removeUnicast = ({ kernel }: Pod, destination: string) => {
  const route = kernel
    .snapshot()
    .routes.find((one) => one.table === 200 && one.destination === destination && one.metric === 0);
  if (route === undefined) throw new Error(`no route to ${destination}`);
  kernel.removeRoute(route);
};

/** Each kernel step undone by hand, and what puts it back. */
const kernelDrifts: readonly (readonly [string, (pod: Pod) => void, string])[] = [
  [
    'the fail-closed route',
    ({ kernel }) =>
      kernel.removeRoute({
        table: 200,
        type: 'unreachable',
        destination: '0.0.0.0/0' as never,
        metric: failClosedMetric,
        protocol: truetupleProtocol,
      }),
    'install-fail-closed-route',
  ],
  ['the private rule', ({ kernel }) => kernel.removeRule(from('10.0.2.128')), 'add-rule'],
  ['the public rule', ({ kernel }) => kernel.removeRule(from('203.0.113.50')), 'add-rule'],
  ['the default route', (pod) => removeUnicast(pod, '0.0.0.0/0'), 'replace-route'],
  ['the VPC route', (pod) => removeUnicast(pod, '10.0.0.0/16'), 'replace-route'],
  ['the subnet route', (pod) => removeUnicast(pod, '10.0.2.0/24'), 'replace-route'],
  ['the public address', ({ kernel }) => kernel.removeAddress('net1', publicCidr), 'add-address'],
  [
    'rp_filter',
    ({ kernel }) =>
      kernel.setLink('net1', { settings: { rpFilter: 1, arpAnnounce: 2, arpIgnore: 1 } }),
    'set-link-settings',
  ],
];

describe('keep: the link', () => {
  it.each(kernelDrifts)(
    '%s is put back within the turn, still published',
    async (_what, drift, step) => {
      const { pod, keeping, events } = await build();
      const before = pod.kernel.snapshot();
      const withdraw = vi.spyOn(pod.publisher, 'withdraw');
      drift(pod);
      await pod.clock.settle();
      expect(said(events)).toEqual([`repaired kernel ${step}`]);
      const sorted = ({ rules, ...rest }: typeof before) => ({
        ...rest,
        rules: rules.map((rule) => JSON.stringify(rule)).toSorted(),
      });
      expect(sorted(pod.kernel.snapshot())).toEqual(sorted(before));
      expect(withdraw).not.toHaveBeenCalled();
      await keeping.close();
    },
  );

  it('a setting that the kernel tells nobody of is put back at the next look', async () => {
    const { pod, keeping, events } = await build();
    const settings = { rpFilter: 2, arpAnnounce: 0, arpIgnore: 1 };
    pod.kernel.setLink('net1', { settings });
    await pod.clock.settle();
    expect(said(events)).toEqual([]);
    await pod.clock.advance(intervalMs);
    expect(said(events)).toEqual(['repaired kernel set-link-settings']);
    await keeping.close();
  });

  it('a link that is down is withdrawn at once, told once, and published anew when up', async () => {
    const { pod, keeping, events } = await build();
    pod.kernel.setLinkUp('net1', false);
    await pod.clock.settle();
    expect(await pod.publisher.current()).toBeUndefined();
    await pod.clock.advance(3 * intervalMs);
    expect(said(events)).toEqual(['degraded LinkDown']);
    pod.kernel.setLinkUp('net1', true);
    await pod.clock.settle();
    expect(said(events).slice(1)).toEqual([
      'repaired kernel replace-route replace-route replace-route',
      'restored 2',
    ]);
    expect(await pod.publisher.current()).toEqual(keeping.identity);
    expect(keeping.identity.generation).toBe(2);
    await keeping.close();
  });

  it('a flap within one turn is repaired with nothing withdrawn', async () => {
    const { pod, keeping, events } = await build();
    pod.kernel.setLinkUp('net1', false);
    pod.kernel.setLinkUp('net1', true);
    await pod.clock.settle();
    expect(said(events)).toEqual(['repaired kernel replace-route replace-route replace-route']);
    await keeping.close();
  });

  it('a link that is deleted and made again with another index gets all back', async () => {
    const { pod, keeping, events } = await build();
    pod.kernel.removeLink('net1');
    await pod.clock.settle();
    expect(said(events)).toEqual(['degraded LinkNotFound']);
    expect(await pod.publisher.current()).toBeUndefined();
    pod.kernel.addLink({ name: 'net1', index: 77, parent: 'eth1', addresses: ['10.0.2.128/24'] });
    await pod.clock.settle();
    expect(said(events).at(-1)).toBe('restored 2');
    const net1 = pod.kernel.snapshot().links.find(({ name }) => name === 'net1');
    expect(net1?.addresses.map(({ address }) => address)).toContain('203.0.113.50');
    await keeping.close();
  });

  it('without its private address it is withdrawn, and published anew with it', async () => {
    const { pod, keeping, events } = await build();
    pod.kernel.removeAddress('net1', '10.0.2.128/24');
    await pod.clock.settle();
    expect(said(events).at(-1)).toBe('degraded NotProven');
    pod.kernel.addAddress('net1', '10.0.2.128/24');
    await pod.clock.settle();
    expect(said(events).at(-1)).toBe('restored 2');
    await keeping.close();
  });

  it('is repaired while EC2 does not answer', async () => {
    const { pod, keeping, events } = await build();
    const silence = Promise.withResolvers<never[]>();
    const asked = vi.spyOn(pod.ec2, 'describeAddresses').mockReturnValue(silence.promise);
    await pod.clock.advance(intervalMs);
    expect(asked).toHaveBeenCalled();
    pod.kernel.removeAddress('net1', publicCidr);
    await pod.clock.settle();
    expect(said(events)).toEqual(['repaired kernel add-address']);
    asked.mockRestore();
    silence.resolve([]);
    await keeping.close();
  });

  it('fights whoever undoes it again and again, but not without end', async () => {
    const { pod, keeping } = await build();
    let undone = 0;
    const fight = pod.kernel.watch(() => {
      const has = pod.kernel
        .snapshot()
        .links.some(({ addresses }) => addresses.some(({ address }) => address === '203.0.113.50'));
      if (!has) return;
      undone += 1;
      pod.kernel.removeAddress('net1', publicCidr);
    });
    pod.kernel.removeAddress('net1', publicCidr);
    await pod.clock.settle();
    // 50 steps at once, then no more than one look of five rounds a second
    expect(undone).toBeGreaterThan(40);
    expect(undone).toBeLessThan(60);
    const sofar = undone;
    await pod.clock.advance(5000);
    expect(undone - sofar).toBeGreaterThanOrEqual(20);
    expect(undone - sofar).toBeLessThanOrEqual(30);
    expect(await pod.publisher.current()).toBeUndefined();
    fight.close();
    await keeping.close();
  });
});

const eniOf = ({ ec2 }: Pod): string => {
  const networkInterface = ec2
    .snapshot()
    .networkInterfaces.find((one) =>
      one.privateIpAddresses.some(({ privateIpAddress }) => privateIpAddress === '10.0.2.128'),
    );
  return networkInterface?.networkInterfaceId ?? '';
};

/** As another pod of the same ENI: the claim's scope is the ENI. */
async function steal({ ec2 }: Pod, allocationId: string, networkInterfaceId: string) {
  const privateIpAddress = '10.0.2.140';
  await ec2.assignPrivateIpAddresses({
    networkInterfaceId,
    privateIpAddresses: [privateIpAddress],
  });
  return ec2.associateAddress({ allocationId, networkInterfaceId, privateIpAddress });
}

describe('keep: the cloud', () => {
  it.each([
    [
      'a lost route',
      ({ ec2 }: Pod, routeTableId: string) =>
        ec2.deleteRoute({ routeTableId, destinationCidrBlock: publicCidr }),
      'create-route',
    ],
    [
      'the owner tag',
      ({ ec2 }: Pod) => {
        const resources = [ec2.snapshot().addresses[0]?.allocationId ?? ''];
        return ec2.deleteTags({ resources, tags: [{ key: ownerTagKey }] });
      },
      'tag-owner',
    ],
    [
      'the source/destination check',
      (pod: Pod) =>
        pod.ec2.setSourceDestCheck({ networkInterfaceId: eniOf(pod), sourceDestCheck: true }),
      'disable-source-dest-check',
    ],
  ] as const)('%s is put back within one interval', async (_what, drift, step) => {
    const { pod, keeping, events } = await build();
    await pod.clock.advance(intervalMs);
    await drift(pod, keeping.identity.routeTableIds[0] ?? '');
    await pod.clock.advance(intervalMs);
    expect(said(events)).toEqual([`repaired cloud ${step}`]);
    expect(keeping.identity.generation).toBe(1);
    await keeping.close();
  });

  it('a claim that had to be made anew is published anew, and release gives that one back', async () => {
    const { pod, held, keeping, events } = await build();
    const first = keeping.identity.associationId;
    const networkInterfaceId = eniOf(pod);
    await pod.ec2.unassignPrivateIpAddresses({
      networkInterfaceId,
      privateIpAddresses: ['10.0.2.128'],
    });
    await pod.clock.advance(intervalMs + secondLookMs);
    expect(said(events)).toEqual([
      'repaired cloud assign-private-ip associate-address',
      'restored 2',
    ]);
    expect(keeping.identity.associationId).not.toBe(first);
    expect(held.identity).toEqual(keeping.identity);
    expect(await pod.publisher.current()).toEqual(keeping.identity);
    await held.release();
    expect(await keeping.ended).toEqual({ kind: 'closed' });
    expect(pod.ec2.snapshot().addresses[0]).not.toHaveProperty('associationId');
    expect(await pod.publisher.current()).toBeUndefined();
  });

  it('a theft that two looks show is fenced: withdrawn, off the link, closed, EC2 untouched', async () => {
    const { pod, keeping, events } = await build();
    const { allocationId } = keeping.identity;
    const { associationId } = await steal(pod, allocationId, eniOf(pod));
    const writes = pod.ec2.calls.countWrites();
    await pod.clock.advance(intervalMs + secondLookMs);
    expect(said(events)).toEqual(['lost taken']);
    expect(await keeping.ended).toMatchObject({ kind: 'lost', because: 'taken', associationId });
    expect(await pod.publisher.current()).toBeUndefined();
    const { links, routes, rules } = pod.kernel.snapshot();
    expect(JSON.stringify(links)).not.toContain('203.0.113.50');
    expect(routes.filter(({ table }) => table === 200)).toMatchObject([{ type: 'unreachable' }]);
    expect(rules.filter(({ protocol }) => protocol === truetupleProtocol)).toHaveLength(2);
    expect(pod.ec2.calls.countWrites()).toBe(writes);
    expect([pod.clock.waiting, pod.kernel.watches]).toEqual([0, 0]);
  });

  it('a theft that one stale look shows is none', async () => {
    const { pod, keeping, events } = await build();
    const { allocationId, privateIp } = keeping.identity;
    const networkInterfaceId = eniOf(pod);
    await steal(pod, allocationId, networkInterfaceId);
    await pod.ec2.associateAddress({
      allocationId,
      networkInterfaceId,
      privateIpAddress: privateIp,
    });
    pod.ec2.inject({ action: 'DescribeAddresses', staleByChanges: 1 });
    await pod.clock.advance(intervalMs + secondLookMs);
    // back on our private IP by another hand: the same address, another association
    expect(said(events)).toEqual(['restored 2']);
    await keeping.close();
  });

  it('EC2 down for an hour withdraws nothing', async () => {
    const { pod, keeping, events } = await build();
    pod.ec2.inject({ action: '*', error: 'ServiceUnavailable', times: Infinity });
    await pod.clock.advance(3_600_000);
    expect(new Set(said(events))).toEqual(new Set(['unsure CloudRefused']));
    expect(events.length).toBeGreaterThan(100);
    expect(await pod.publisher.current()).toEqual(keeping.identity);
    expect(keeping.identity.generation).toBe(1);
    await keeping.close();
  });

  it('a claim made anew is young: an older association may still be shown', async () => {
    const { pod, keeping, events } = await build();
    const { allocationId } = keeping.identity;
    await pod.ec2.disassociateAddress({ associationId: keeping.identity.associationId });
    await pod.clock.advance(intervalMs + secondLookMs);
    expect(said(events).at(-1)).toBe('restored 2');
    await steal(pod, allocationId, eniOf(pod));
    const tags = [{ key: ownerTagKey, value: 'c/n/p/uid-other/10.0.2.140/found/eni-1' }];
    await pod.ec2.createTags({ resources: [allocationId], tags });
    await pod.clock.advance(intervalMs + secondLookMs);
    expect(said(events).at(-1)).toBe('unsure ClaimInDoubt');
    await pod.clock.advance(describeLagMs);
    expect(said(events).at(-1)).toBe('lost taken');
    await keeping.ended;
  });

  it('a publication that could not be replaced is withdrawn by the fence all the same', async () => {
    const { pod, keeping, events } = await build();
    vi.spyOn(pod.publisher, 'republish').mockRejectedValue(new Error('disk full'));
    await pod.ec2.disassociateAddress({ associationId: keeping.identity.associationId });
    await pod.clock.advance(intervalMs + secondLookMs);
    expect(said(events)).toEqual(['repaired cloud associate-address', 'degraded NotProven']);
    expect((await pod.publisher.current())?.generation).toBe(1);
    await steal(pod, keeping.identity.allocationId, eniOf(pod));
    await pod.clock.advance(describeLagMs);
    expect(said(events).at(-1)).toBe('lost taken');
    expect(await pod.publisher.current()).toBeUndefined();
    await keeping.ended;
  });

  it('is fenced later when it cannot be withdrawn at once', async () => {
    const { pod, keeping, events } = await build();
    await steal(pod, keeping.identity.allocationId, eniOf(pod));
    vi.spyOn(pod.publisher, 'withdraw').mockRejectedValueOnce(new Error('disk full'));
    await pod.clock.advance(intervalMs + secondLookMs);
    expect(said(events)).toContain('degraded NotProven');
    await pod.clock.advance(2 * intervalMs);
    expect(said(events).at(-1)).toBe('lost taken');
    expect(await pod.publisher.current()).toBeUndefined();
    await keeping.ended;
  });
});

describe('keep: its end', () => {
  it('leaves the identity held, no timer and no watch', async () => {
    const { pod, keeping, events } = await build();
    await keeping.close();
    await keeping.close();
    expect(await keeping.ended).toEqual({ kind: 'closed' });
    expect([pod.clock.waiting, pod.kernel.watches]).toEqual([0, 0]);
    pod.kernel.removeAddress('net1', publicCidr);
    await pod.clock.advance(10 * intervalMs);
    expect(events).toEqual([]);
    expect(await pod.publisher.current()).toEqual(keeping.identity);
  });

  it('in the middle of a repair of the link withdraws nothing', async () => {
    const { pod, keeping, events } = await build();
    pod.kernel.onStep = () => void keeping.close();
    pod.kernel.setLinkUp('net1', false);
    pod.kernel.setLinkUp('net1', true);
    await keeping.ended;
    expect(said(events)).toEqual([]);
    expect(await pod.publisher.current()).toEqual(keeping.identity);
  });

  it('comes with its signal, also in the pause before a second look', async () => {
    const stop = new AbortController();
    const { pod, keeping, events } = await build({ signal: stop.signal });
    await pod.ec2.disassociateAddress({ associationId: keeping.identity.associationId });
    await pod.clock.advance(intervalMs);
    const writes = pod.ec2.calls.countWrites();
    stop.abort();
    expect(await keeping.ended).toEqual({ kind: 'closed' });
    expect([pod.clock.waiting, pod.kernel.watches]).toEqual([0, 0]);
    expect(pod.ec2.calls.countWrites()).toBe(writes);
    expect(events).toEqual([]);
  });

  it('comes at once with a signal that was aborted before', async () => {
    const { keeping } = await build({ signal: AbortSignal.abort() });
    expect(await keeping.ended).toEqual({ kind: 'closed' });
  });

  it('waits for a claim in flight, and publishes it', async () => {
    const { pod, keeping, events } = await build();
    await pod.ec2.disassociateAddress({ associationId: keeping.identity.associationId });
    pod.ec2.onChange(({ kind }) => {
      if (kind === 'address-associated') void keeping.close();
    });
    await pod.clock.advance(intervalMs + secondLookMs);
    await keeping.ended;
    expect(said(events)).toContain('restored 2');
    const [address] = pod.ec2.snapshot().addresses;
    expect((await pod.publisher.current())?.associationId).toBe(address?.associationId);
  });

  it('comes when somebody else gives the identity back, of which nothing is put back', async () => {
    const { pod, keeping, held } = await build();
    const { releasePublicIdentity } = await import('./release-public-identity.ts');
    await releasePublicIdentity(held.identity, { node: pod.node });
    await pod.clock.advance(2 * intervalMs);
    expect(await keeping.ended).toEqual({ kind: 'withdrawn' });
    expect(JSON.stringify(pod.kernel.snapshot().links)).not.toContain('203.0.113.50');
    expect(pod.ec2.snapshot().addresses[0]).not.toHaveProperty('associationId');
  });

  it('does not come by an ensure of the same pod, nor by a listener that throws', async () => {
    const warn = vi.spyOn(process, 'emitWarning').mockReturnValue();
    const { pod, keeping } = await build({
      onEvent: () => {
        throw new Error('of the listener');
      },
      onStep: () => {
        throw new Error('of the step listener');
      },
    });
    await ensurePublicIdentity(pod.spec, { node: pod.node });
    pod.kernel.removeAddress('net1', publicCidr);
    await pod.clock.settle();
    expect(JSON.stringify(pod.kernel.snapshot().links)).toContain('203.0.113.50');
    expect(warn).toHaveBeenCalledWith(expect.objectContaining({ message: 'of the listener' }));
    warn.mockRestore();
    await keeping.close();
  });

  it('an identity that is not published is proven and published', async () => {
    const pod = simulatedPod({ clock: new ManualClock() });
    const { identity } = await ensurePublicIdentity(pod.spec, { node: pod.node });
    await pod.publisher.withdraw(identity);
    const events: KeepEvent[] = [];
    const keeping = await keepPublicIdentity(identity, {
      node: pod.node,
      onEvent: (event) => void events.push(event),
    });
    await pod.clock.settle();
    expect(said(events)).toEqual(['restored 2']);
    await keeping.close();
  });
});
