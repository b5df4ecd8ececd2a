import { afterEach, describe, expect, it } from 'vitest';
import { ensurePublicIdentity, type EnsureOptions } from '../../ensure-public-identity.ts';
import type { HeldIdentity } from '../../held-identity.ts';
import type { IdentitySpecInput } from '../../identity/identity-spec.ts';
import type { KeepEvent } from '../../keep/keep-event.ts';
import type { Keeping } from '../../keep/keeping.ts';
import { reapOrphans } from '../../reap-orphans.ts';
import { dieAtEachWrite } from '../../testing/die-at-each-write.ts';
import { ManagedRegion, type ManagedPod } from '../../testing/managed-region.ts';
import { describeLagMs } from '../maintain/judge-claim.ts';

let region: ManagedRegion | undefined;
let keeping: Keeping | undefined;
afterEach(async () => {
  await region?.run(Promise.resolve(keeping?.close()));
  keeping = undefined;
  await region?.close();
});

function open(...setup: ConstructorParameters<typeof ManagedRegion>): ManagedRegion {
  region = new ManagedRegion(...setup);
  return region;
}

const address = '2001:db8:0:202::50';
const named = { publicIpv6: address } as const;
/** The same for each pod of a name. */
const ofTheName = { subnetIpv6Cidr: '2001:db8:0:202::/64' } as const;

function ensure(
  pod: ManagedPod,
  more: Partial<IdentitySpecInput> = named,
  { node = pod.node, signal }: Pick<EnsureOptions, 'node' | 'signal'> = {},
): Promise<HeldIdentity> {
  const addressFamilies = ['ipv4', 'ipv6'] as const;
  return ensurePublicIdentity(
    { ...pod.spec, addressFamilies, gatewayIpv6: 'fe80::1', ...more },
    { node, ...(signal && { signal }) },
  );
}

/** The IPv6 addresses of each network interface that has any, and whose they are recorded to be. */
function ipv6In({ ec2, networkInterfaceIds }: ManagedRegion): unknown[] {
  return networkInterfaceIds.map((id) => {
    const eni = ec2.snapshot().networkInterfaces.find((one) => one.networkInterfaceId === id);
    const records = eni?.tags.map(({ key, value }) => [key.split('/').at(-1), value.split('/')[3]]);
    return [...(eni?.ipv6Addresses ?? []), ...(records ?? []).flat()];
  });
}

async function keep(held: HeldIdentity): Promise<KeepEvent[]> {
  const events: KeepEvent[] = [];
  keeping = await held.keep({ random: () => 0.5, onEvent: (event) => void events.push(event) });
  return events;
}

describe('a dual-stack identity by a claim', () => {
  it('has an address of each family, on the link and in EC2, and gives both back', async () => {
    const built = open();
    built.control();
    const pod = built.pod('gateway-0');
    const held = await built.run(ensure(pod));
    expect(held.identity.publicIpv6).toMatchObject({ address, assignedByUs: true });
    expect(ipv6In(built)).toEqual([[address, address, pod.uid], []]);
    expect(built.carriedBy(pod)).toBe(held.identity.publicIp);
    const link = await pod.kernel.observe('net1', 200);
    expect(link?.ipv6?.addresses).toMatchObject([{ address, prefixLength: 128 }]);
    const [claim] = await built.claims.list();
    expect(claim?.status?.phase).toMatchObject({ kind: 'granted', grant: { pool: 'media' } });
    await built.run(held.release());
    await built.clock.advance(60_000);
    expect(built.leftInEc2()).toEqual([]);
    expect(await built.claims.list()).toEqual([]);
  });

  it('a process that starts again finds both, and writes nothing', async () => {
    const built = open();
    built.control();
    const pod = built.pod('gateway-0');
    const { identity } = await built.run(ensure(pod));
    const writes = built.ec2.calls.countWrites();
    const again = await built.run(ensure(pod, named, { node: pod.start().node }));
    expect(again.identity).toMatchObject({ publicIp: identity.publicIp, publicIpv6: { address } });
    expect(built.ec2.calls.countWrites()).toBe(writes);
  });

  it('an address that was there before, with no record, is used, and stays', async () => {
    const built = open();
    const [networkInterfaceId = ''] = built.networkInterfaceIds;
    await built.ec2.assignIpv6Addresses({ networkInterfaceId, ipv6Addresses: [address] });
    built.control();
    const held = await built.run(ensure(built.pod('gateway-0')));
    expect(held.identity.publicIpv6).toMatchObject({ address, assignedByUs: false });
    await built.run(held.release());
    await built.clock.advance(60_000);
    expect(built.leftInEc2()).toEqual([`${address} on ${networkInterfaceId}`]);
  });

  it.each([
    ['before', false],
    ['after', true],
  ])(
    'a controller that dies %s any of its writes is gone on for by the next one',
    async (_when, isCarriedOut) => {
      const deaths = await dieAtEachWrite(open, isCarriedOut, async (built) => {
        const pod = built.pod('gateway-0');
        const held = await built.run(ensure(pod, ofTheName));
        const told = held.identity.publicIpv6?.address;
        expect(ipv6In(built)).toEqual([[told, told, pod.uid], []]);
        await built.run(held.release());
        await built.clock.advance(2 * describeLagMs);
        expect(await built.claims.list()).toEqual([]);
        expect(built.leftInEc2()).toEqual([]);
      });
      // a record and an address more than without IPv6, and their ends
      expect(deaths).toBeGreaterThan(14);
    },
  );

  it.each(['AssignIpv6Addresses', 'UnassignIpv6Addresses', 'CreateTags', 'DeleteTags'] as const)(
    'an answer of %s that is lost changes nothing',
    async (action) => {
      const built = open();
      built.control();
      built.ec2.inject({ action, loseAnswer: true });
      const held = await built.run(ensure(built.pod('gateway-0')));
      await built.run(held.release());
      await built.clock.advance(60_000);
      expect(built.leftInEc2()).toEqual([]);
    },
  );
});

const lagMs = { networkInterfaces: 20_000, addresses: 20_000, routeTables: 20_000 };

async function controlled(refusal?: string): Promise<ManagedRegion> {
  const built = open({ ec2: { reads: { lagMs } } });
  await built.clock.advance(30_000);
  built.control();
  if (refusal !== undefined) built.ec2.inject({ action: 'AssociateAddress', error: refusal });
  return built;
}

async function expectNothingLeft(built: ManagedRegion): Promise<void> {
  await built.clock.advance(15_000);
  expect(ipv6In(built)).toEqual([[], []]);
  await built.clock.advance(60_000);
  expect(built.leftInEc2()).toEqual([]);
}

describe('while describes show nothing of it, an address', () => {
  it.each([
    ['that the spec names', named, undefined],
    ['of the pod’s name', ofTheName, undefined],
    // it is held again, for the next Elastic IP that is promised
    ['beside an Elastic IP that somebody took', named, 'Resource.AlreadyAssociated'],
  ])('%s is ours, and goes with the claim', async (_which, more, refusal) => {
    const built = await controlled(refusal);
    const held = await built.run(ensure(built.pod('gateway-0'), more));
    expect(held.identity.publicIpv6?.assignedByUs).toBe(true);
    await built.run(held.release());
    await expectNothingLeft(built);
  });

  it('of a claim that is let go before it is granted goes with it', async () => {
    const built = await controlled();
    const error = 'InvalidNetworkInterfaceID.NotFound';
    built.ec2.inject({ action: 'AssociateAddress', error, times: Infinity });
    const stop = new AbortController();
    const asked = ensure(built.pod('gateway-0'), named, { signal: stop.signal });
    const aborted = expect(asked).rejects.toMatchObject({ code: 'Aborted' });
    await built.clock.advance(3000);
    expect(ipv6In(built)).toEqual([[address, address, 'uid-gateway-0'], []]);
    stop.abort();
    await built.run(aborted);
    await expectNothingLeft(built);
  });
});

/** A pod that has kept its identity for so long. */
async function heldFor(ms: number) {
  const built = open();
  built.control();
  const pod = built.pod('gateway-0');
  const held = await built.run(ensure(pod));
  const events = await keep(held);
  await built.clock.advance(ms);
  const [networkInterfaceId = '', other = ''] = built.networkInterfaceIds;
  return { built, pod, held, events, networkInterfaceId, other };
}

describe('what becomes of the address while it is held', () => {
  it('the controller puts it back when somebody takes it off, or its record', async () => {
    const { built, pod, events, networkInterfaceId } = await heldFor(60_000);
    const whole = ipv6In(built);
    await built.ec2.unassignIpv6Addresses({ networkInterfaceId, ipv6Addresses: [address] });
    await built.clock.advance(60_000);
    expect(ipv6In(built)).toEqual(whole);
    const tags = [{ key: `truetuple/ipv6/${address}` }];
    await built.ec2.deleteTags({ resources: [networkInterfaceId], tags });
    await built.clock.advance(60_000);
    expect(ipv6In(built)).toEqual(whole);
    expect(events).toEqual([]);
    expect(built.carriedBy(pod)).toBeDefined();
  });

  it('where another network interface has it the pod fences both', async () => {
    const { built, pod, events, networkInterfaceId, other } = await heldFor(describeLagMs);
    await built.ec2.unassignIpv6Addresses({ networkInterfaceId, ipv6Addresses: [address] });
    await built.ec2.assignIpv6Addresses({ networkInterfaceId: other, ipv6Addresses: [address] });
    await built.clock.advance(60_000);
    expect(events.at(-1)).toMatchObject({ kind: 'lost', because: 'ipv6-taken' });
    expect(await pod.publisher.current()).toBeUndefined();
    const link = await pod.kernel.observe('net1', 200);
    expect(link?.ipv6?.addresses).toEqual([]);
  });

  it('a reaper of the pool leaves it to the controller, whatever list it gets', async () => {
    const { built } = await heldFor(60_000);
    const whole = ipv6In(built);
    const { ec2, clock, claims } = built;
    const request = {
      pool: 'media',
      live: { livePods: async () => ({ complete: true, pods: [] }) },
      claims,
      graceMs: 60_000,
      brakeShare: 1,
    };
    const first = await built.run(reapOrphans(request, { ec2, clock }));
    await clock.advance(120_000);
    const { sightings } = first;
    await built.run(reapOrphans({ ...request, earlier: sightings }, { ec2, clock }));
    expect(ipv6In(built)).toEqual(whole);
  });
});

describe('a later pod of the same name', () => {
  it('on another node gets the address when the dead one’s claim has ended', async () => {
    const built = open();
    built.control();
    const dead = built.pod('gateway-0', { uid: 'uid-dead' });
    const first = await built.run(ensure(dead, ofTheName));
    built.remove(dead);
    await built.clock.advance(1000);
    const next = built.pod('gateway-0', { node: 1, uid: 'uid-next' });
    const held = await built.run(ensure(next, ofTheName));
    const wanted = first.identity.publicIpv6?.address;
    expect(held.identity).toMatchObject({
      publicIp: first.identity.publicIp,
      publicIpv6: { address: wanted },
    });
    expect(ipv6In(built)).toEqual([[], [wanted, wanted, next.uid]]);
  });

  it('takes it from no pod whose claim stands, whatever a list that is behind says', async () => {
    const built = open();
    built.control();
    const holder = built.pod('gateway-0');
    await built.run(ensure(holder));
    built.unlist(holder);
    const asked = ensure(built.pod('gateway-1', { node: 1, host: 120 })).catch(
      (error: unknown) => error,
    );
    await built.clock.advance(30_000);
    expect(ipv6In(built)[0]).toEqual([address, address, holder.uid]);
    const claims = await built.claims.list();
    const trouble = claims.find(({ name }) => name.startsWith('gateway-1'))?.status?.trouble;
    expect(trouble).toMatchObject({ code: 'Ipv6AddressHeldElsewhere' });
    expect(trouble?.message).toMatch(/: claim \S+gateway-0\S* has 2001:db8:0:202::50/);
    await built.run(asked);
  });

  it('on the same node waits while the earlier one lives, and has it as soon as that one’s claim has ended', async () => {
    const built = open();
    built.control();
    const earlier = built.pod('gateway-0', { uid: 'uid-earlier' });
    const first = await built.run(ensure(earlier, ofTheName));
    const wanted = first.identity.publicIpv6?.address;
    const later = built.pod('gateway-0', { uid: 'uid-later', host: 120 });
    const asked = ensure(later, ofTheName);
    await built.clock.advance(20_000);
    expect(ipv6In(built)).toEqual([[wanted, wanted, earlier.uid], []]);
    const claim = (await built.claims.list()).find(({ name }) => name.includes(later.uid));
    expect(claim?.status?.trouble).toMatchObject({ code: 'Ipv6AddressHeldElsewhere' });
    const { clock } = built;
    await built.run(first.release());
    const releasedMs = clock.elapsed();
    const held = await built.run(asked);
    expect(clock.elapsed() - releasedMs).toBeLessThan(3000);
    expect(held.identity.publicIpv6?.address).toBe(wanted);
    expect(ipv6In(built)).toEqual([[wanted, wanted, later.uid], []]);
  });

  it('and one that asks at the same time: one of them has it, and the other one is told', async () => {
    const built = open();
    const pods = [120, 121].map((host) =>
      built.pod('gateway-0', { uid: `uid-${host}`, host, node: 0 }),
    );
    const asked = pods.map((pod) => ensure(pod, ofTheName).catch((error: unknown) => error));
    built.control();
    await built.clock.advance(40_000);
    const claims = await built.claims.list();
    const granted = claims.filter(({ status }) => status?.phase.kind === 'granted');
    expect(granted).toHaveLength(1);
    const troubles = claims.flatMap(({ status }) => status?.trouble ?? []);
    expect(troubles).toMatchObject([{ code: 'Ipv6AddressHeldElsewhere' }]);
    expect(ipv6In(built)[0]).toHaveLength(3);
    for (const pod of pods) built.remove(pod);
    await built.run(Promise.all(asked));
  });
});
