import { describe, expect, it } from 'vitest';
import { CoreError } from '../../errors.ts';
import { parseIpv6Address } from '../../identity/ipv6-address.ts';
import { parseIpv4Address } from '../../identity/address.ts';
import { parseIdentitySpec } from '../../identity/identity-spec.ts';
import { ManualClock } from '../../testing/manual-clock.ts';
import { MemoryClaimStore } from '../../testing/memory-claim-store.ts';
import type { Grant, GrantRequest } from '../identity-grant.ts';
import { claimKeyOf, type ClaimPhase, type ClaimTrouble, type IdentityClaim } from './claim.ts';
import { managedGrant } from './managed-grant.ts';

const privateIp = parseIpv4Address('10.0.2.128');
const link = { macAddress: '02:00:00:00:02:0a', privateIp };
const ipv6Address = parseIpv6Address('2001:db8:0:202::50');
const owner = { cluster: 'test', namespace: 'sip', pod: 'gateway-0', uid: 'uid-1' };
const spec = parseIdentitySpec({
  owner,
  pool: 'media',
  region: 'eu-central-1',
  vpcCidrs: ['10.0.0.0/16'],
  routeTables: { by: 'ids', routeTableIds: ['rtb-0'] },
});

function grantOf(number: number): Grant {
  return {
    publicIp: parseIpv4Address(`203.0.113.${number}`),
    allocationId: `eipalloc-${number}`,
    associationId: `eipassoc-${number}`,
    networkInterfaceId: 'eni-1',
    owner,
    privateIp,
    privateIpAssignedByUs: true,
    routeTableIds: ['rtb-0'],
  };
}

const refused: ClaimTrouble = {
  code: 'AccessDenied',
  message: 'no',
  remedy: 'rights',
  retry: 'never',
};

const noneFree: ClaimTrouble = { ...refused, code: 'PoolExhausted', retry: 'later' };

/** A pod, and a test that writes the status as a controller would. */
function build(waitMs = 60_000) {
  const clock = new ManualClock();
  const claims = new MemoryClaimStore();
  const grant = managedGrant({ claims, clock, waitMs });
  const key = claimKeyOf(owner, privateIp);
  const prepared: string[] = [];
  const acquire = (more: Partial<GrantRequest> = {}): Promise<Grant> =>
    grant.acquire({
      spec,
      link,
      onClaimed: async ({ publicIp }) => void prepared.push(publicIp),
      ...more,
    });
  const read = async (): Promise<IdentityClaim> => {
    await clock.advance(0);
    const claim = await claims.get(key);
    if (claim === undefined) throw new Error('there is no claim');
    return claim;
  };
  const say = async (phase: ClaimPhase, trouble: ClaimTrouble | null = null): Promise<void> => {
    await claims.updateStatus({ ...(await read()), status: { phase, trouble } });
    await clock.advance(0);
  };
  const lead = async (kind: 'claimed' | 'granted', number: number): Promise<void> =>
    say({ kind, grant: grantOf(number), claimedAtMs: 0 });
  const finish = async (): Promise<void> => {
    await claims.update({ ...(await read()), finalizers: [] });
    await clock.advance(0);
  };
  return { clock, claims, grant, key, prepared, acquire, read, say, lead, finish };
}

async function granted(world: ReturnType<typeof build>, number = 1): Promise<Grant> {
  const asked = world.acquire();
  await world.lead('claimed', number);
  await world.lead('granted', number);
  return asked;
}

/** A pod that refused the only address there is, after the controller has taken it back. */
async function refuseInVain(world: ReturnType<typeof build>): Promise<void> {
  const claim = await world.read();
  await world.claims.update({ ...claim, spec: { ...claim.spec, refused: ['eipalloc-1'] } });
  await world.say({ kind: 'waiting' }, noneFree);
}

describe('acquire', () => {
  it('asks by a claim, says when the link is ready, and has it when routes lead to it', async () => {
    const world = build();
    const asked = world.acquire({ standing: [parseIpv4Address('203.0.113.9')] });
    const claim = await world.read();
    expect(claim.spec).toMatchObject({
      isReleased: false,
      takenUp: 0,
      readyFor: null,
      standing: ['203.0.113.9'],
    });
    expect(claim.spec.identity.owner).toEqual(owner);
    await world.lead('claimed', 1);
    expect((await world.read()).spec.readyFor).toBe('eipassoc-1');
    expect(world.prepared).toEqual(['203.0.113.1']);
    await world.lead('granted', 1);
    expect(await asked).toEqual(grantOf(1));
  });

  it('of a process that starts again adopts the claim, and puts the address on the link before it has it', async () => {
    const world = build();
    await granted(world);
    const { uid } = await world.read();
    expect(await world.acquire()).toEqual(grantOf(1));
    expect(world.prepared).toEqual(['203.0.113.1', '203.0.113.1']);
    expect((await world.read()).uid).toBe(uid);
  });

  it('of a process that starts again is not undone by what the one before had asked of the store', async () => {
    const world = build();
    await granted(world);
    // it was killed while it let go of the claim: the request is still under way
    const before = await world.read();
    const late = { ...before, spec: { ...before.spec, isReleased: true } };
    await world.acquire();
    await expect(world.claims.update(late)).rejects.toMatchObject({ code: 'ClaimConflict' });
    expect((await world.read()).spec).toMatchObject({ isReleased: false, takenUp: 1 });
  });

  it('of a process that starts again heeds what the one before had asked for when it comes just before its own write', async () => {
    const world = build();
    await granted(world);
    const before = await world.read();
    const get = world.claims.get.bind(world.claims);
    world.claims.get = async () => {
      world.claims.get = get;
      await world.claims.update({ ...before, spec: { ...before.spec, isReleased: true } });
      return before;
    };
    const asked = world.acquire();
    await world.clock.advance(0);
    expect(await world.read()).toMatchObject({ isDeleting: true, spec: { isReleased: true } });
    await world.finish();
    await world.lead('claimed', 2);
    await world.lead('granted', 2);
    expect(await asked).toEqual(grantOf(2));
  });

  it('gives an address back that another pod of the node has, and takes the next', async () => {
    const world = build();
    const held = new CoreError({
      code: 'AddressHeldOnNode',
      message: '',
      remedy: '',
      retry: 'now',
    });
    const givenBack: string[] = [];
    const asked = world.acquire({
      onClaimed: async ({ publicIp }) => {
        if (publicIp === '203.0.113.1') throw held;
      },
      onGivingBack: async ({ publicIp }) => void givenBack.push(publicIp),
    });
    await world.lead('claimed', 1);
    expect((await world.read()).spec.refused).toEqual(['eipalloc-1']);
    expect(givenBack).toEqual(['203.0.113.1']);
    await world.lead('claimed', 2);
    await world.lead('granted', 2);
    expect(await asked).toEqual(grantOf(2));
  });

  it('tries again what another pod of the node had when no other is free, every ten seconds', async () => {
    const world = build();
    const heldOnNode = new CoreError({
      code: 'AddressHeldOnNode',
      message: '',
      remedy: '',
      retry: 'now',
    });
    let tries = 0;
    const asked = world.acquire({
      onClaimed: async () => {
        tries += 1;
        if (tries < 3) throw heldOnNode;
      },
    });
    const claimed: ClaimPhase = { kind: 'claimed', grant: grantOf(1), claimedAtMs: 0 };
    await world.say(claimed);
    await world.say(claimed, noneFree);
    await world.clock.advance(9_999);
    expect([tries, (await world.read()).spec.refused]).toEqual([1, ['eipalloc-1']]);
    await world.clock.advance(1);
    expect([tries, (await world.read()).spec.refused]).toEqual([2, ['eipalloc-1']]);
    await world.clock.advance(10_000);
    expect((await world.read()).spec).toMatchObject({ refused: [], readyFor: 'eipassoc-1' });
    await world.lead('granted', 1);
    expect(await asked).toEqual(grantOf(1));
  });

  describe('when the controller has taken back what was refused', () => {
    it('takes another address as soon as one comes', async () => {
      const world = build();
      const asked = world.acquire();
      await refuseInVain(world);
      await world.clock.advance(1000);
      await world.lead('claimed', 2);
      await world.lead('granted', 2);
      expect(await asked).toEqual(grantOf(2));
      expect(world.clock.elapsed()).toBe(1000);
    });

    it('asks for it again', async () => {
      const world = build();
      const asked = world.acquire();
      await refuseInVain(world);
      await world.clock.advance(10_000);
      expect((await world.read()).spec.refused).toEqual([]);
      await world.lead('claimed', 1);
      await world.lead('granted', 1);
      expect(await asked).toEqual(grantOf(1));
    });
  });

  it('waits for a claim of before to go, and makes another one', async () => {
    const world = build();
    const grant = await granted(world);
    await world.grant.release(grant);
    const before = await world.read();
    const asked = world.acquire();
    await world.clock.advance(0);
    expect((await world.read()).uid).toBe(before.uid);
    await world.finish();
    expect((await world.read()).uid).not.toBe(before.uid);
    await world.lead('claimed', 2);
    await world.lead('granted', 2);
    expect(await asked).toEqual(grantOf(2));
  });

  it('says that it let go of a claim that somebody deleted, once nothing is advertised by it', async () => {
    const world = build();
    await granted(world);
    await world.claims.delete(await world.read());
    const seen: unknown[] = [];
    const asked = world.acquire({
      onGivingBack: async ({ associationId }) => {
        seen.push([associationId, (await world.read()).spec.isReleased]);
      },
    });
    await world.clock.advance(0);
    await world.clock.advance(0);
    expect(await world.read()).toMatchObject({ isDeleting: true, spec: { isReleased: true } });
    await world.finish();
    await world.lead('claimed', 2);
    await world.lead('granted', 2);
    expect(await asked).toEqual(grantOf(2));
    expect(seen).toEqual([[grantOf(1).associationId, false]]);
  });

  it('ends with what the controller says can never be, and lets its claim go', async () => {
    const world = build();
    const asked = world.acquire();
    const outcome = expect(asked).rejects.toMatchObject({ code: 'AccessDenied', remedy: 'rights' });
    await world.say({ kind: 'waiting' }, refused);
    await outcome;
    expect(await world.read()).toMatchObject({ isDeleting: true, spec: { isReleased: true } });
  });

  it('adopts what is granted, whatever the controller cannot put back of it', async () => {
    const world = build();
    const grant = await granted(world);
    await world.say({ kind: 'granted', grant, claimedAtMs: 0 }, refused);
    expect(await world.acquire()).toEqual(grant);
  });

  it('ends when the controller takes too long, and says what it waited for', async () => {
    const world = build(20_000);
    const asked = world.acquire();
    const outcome = expect(asked).rejects.toMatchObject({
      code: 'NotGranted',
      retry: 'later',
      message: expect.stringContaining('PoolExhausted') as string,
    });
    await world.say({ kind: 'waiting' }, noneFree);
    await world.clock.run(outcome);
    expect(world.clock.elapsed()).toBe(20_000);
    expect(await world.read()).toMatchObject({ isDeleting: true });
  });

  it.each([
    ['while it waits', 'waiting'],
    ['after the address was claimed', 'claimed'],
  ])('aborted %s lets its claim go', async (_when, phase) => {
    const world = build();
    const stop = new AbortController();
    const asked = world.acquire({ signal: stop.signal });
    const outcome = expect(asked).rejects.toMatchObject({ code: 'Aborted' });
    await world.read();
    if (phase === 'claimed') await world.lead('claimed', 1);
    stop.abort();
    await outcome;
    expect(await world.read()).toMatchObject({ isDeleting: true, spec: { isReleased: true } });
  });

  it('aborted leaves a claim that another process of the pod was quicker to make', async () => {
    const world = build();
    const stop = new AbortController();
    const first = world.acquire();
    const second = world.acquire({ signal: stop.signal });
    const outcome = expect(second).rejects.toMatchObject({ code: 'Aborted' });
    await world.read();
    stop.abort();
    await outcome;
    expect(await world.read()).toMatchObject({ isDeleting: false, spec: { isReleased: false } });
    await world.lead('claimed', 1);
    await world.lead('granted', 1);
    expect(await first).toEqual(grantOf(1));
  });

  it('aborted leaves a claim that it found in place', async () => {
    const world = build();
    await granted(world);
    const stop = new AbortController();
    const onClaimed = async (): Promise<void> => stop.abort();
    const asked = world.acquire({ signal: stop.signal, onClaimed });
    await expect(asked).rejects.toMatchObject({ code: 'Aborted' });
    expect(await world.read()).toMatchObject({ isDeleting: false, spec: { isReleased: false } });
  });

  it.each(['create', 'update'] as const)('goes on when the answer of %s is lost', async (call) => {
    const world = build();
    world.claims.inject({ call, outcome: 'answer-lost' });
    const asked = world.acquire();
    await world.clock.advance(2000);
    await world.lead('claimed', 1);
    await world.clock.advance(2000);
    await world.lead('granted', 1);
    expect(await world.clock.run(asked)).toEqual(grantOf(1));
  });

  it('hands back a claim whose creation was not answered before the abort', async () => {
    const world = build();
    world.claims.inject({ call: 'create', outcome: 'answer-lost' });
    const stop = new AbortController();
    const asked = world.acquire({ signal: stop.signal });
    const outcome = expect(asked).rejects.toMatchObject({ code: 'Aborted' });
    await world.clock.advance(0);
    stop.abort();
    await outcome;
    expect(await world.read()).toMatchObject({ isDeleting: true });
  });

  it('asks for the IPv6 address of its link too, and is granted what the status says of it', async () => {
    const world = build();
    const asked = world.acquire({ link: { ...link, ipv6Address, isIpv6Ours: true } });
    expect((await world.read()).spec.link).toEqual({ ...link, ipv6Address, isIpv6Ours: true });
    const publicIpv6 = { address: ipv6Address, assignedByUs: true };
    const grant = { ...grantOf(1), pool: 'media', publicIpv6 };
    await world.say({ kind: 'claimed', grant, claimedAtMs: 0 });
    await world.say({ kind: 'granted', grant, claimedAtMs: 0 });
    expect(await asked).toMatchObject({ publicIpv6 });
  });

  it.each([
    ['another IPv6 address', parseIpv6Address('2001:db8:0:202::51')],
    ['none', undefined],
  ])('a claim that is there for %s is let go, and one for its own made', async (_what, before) => {
    const world = build();
    const earlier = world.acquire({ link: { ...link, ipv6Address: before } });
    await world.lead('claimed', 1);
    await world.lead('granted', 1);
    await earlier;
    const { uid } = await world.read();
    const asked = world.acquire({ link: { ...link, ipv6Address } });
    expect(await world.read()).toMatchObject({ uid, isDeleting: true });
    await world.finish();
    const made = await world.read();
    expect(made.uid).not.toBe(uid);
    expect(made.spec.link).toEqual({ ...link, ipv6Address, isIpv6Ours: false });
    await world.lead('claimed', 2);
    await world.lead('granted', 2);
    await asked;
  });

  it('says when its claim could not be handed back', async () => {
    const world = build();
    const stop = new AbortController();
    const asked = world.acquire({ signal: stop.signal });
    await world.read();
    world.claims.isReachable = false;
    stop.abort();
    const outcome = expect(asked).rejects.toMatchObject({
      code: 'Aborted',
      message: expect.stringContaining('could not all be given back') as string,
    });
    await world.clock.run(outcome);
  });
});

describe('maintain', () => {
  const call = { claimAgeMs: 0 };

  it('holds as long as the claim says so, also under another association, and tells what is not whole', async () => {
    const world = build();
    const grant = await granted(world);
    expect(await world.grant.maintain(grant, call)).toMatchObject({ kind: 'held', grant });
    const again = { ...grant, associationId: 'eipassoc-9' };
    const phase = { kind: 'granted', grant: again, claimedAtMs: 60_000 } as const;
    await world.say(phase, refused);
    const state = await world.grant.maintain(grant, call);
    expect(state).toMatchObject({
      kind: 'held',
      grant: again,
      unrepaired: { code: 'AccessDenied' },
    });
  });

  it.each<[string, (world: ReturnType<typeof build>) => Promise<void>]>([
    ['the claim was deleted', async ({ claims, read }) => claims.delete(await read())],
    [
      'the claim is gone',
      async ({ claims, read, finish }) => {
        await claims.delete(await read());
        await finish();
      },
    ],
    ['it speaks of another address', ({ lead }) => lead('granted', 2)],
  ])('is lost as withdrawn when %s', async (_what, change) => {
    const world = build();
    const grant = await granted(world);
    await change(world);
    const state = await world.grant.maintain(grant, call);
    expect(state).toMatchObject({ kind: 'lost', because: 'withdrawn' });
  });

  it('is lost as the controller says', async () => {
    const world = build();
    const grant = await granted(world);
    const loss = { because: 'taken', message: 'elsewhere', associationId: 'eipassoc-7' } as const;
    await world.say({ kind: 'lost', grant, loss });
    const state = await world.grant.maintain(grant, call);
    expect(state.kind).toBe('lost');
    expect(state).toMatchObject(loss);
  });

  it('lets go of what the pod itself gives back, and says nothing of what it cannot read', async () => {
    const world = build();
    const grant = await granted(world);
    world.claims.isReachable = false;
    await expect(world.grant.maintain(grant, call)).rejects.toMatchObject({
      code: 'ClaimStoreUnreachable',
    });
    world.claims.isReachable = true;
    await world.say({ kind: 'waiting' });
    await expect(world.grant.maintain(grant, call)).rejects.toMatchObject({ code: 'ClaimInDoubt' });
    await world.lead('granted', 1);
    await world.grant.release(grant);
    expect(await world.grant.maintain(grant, call)).toMatchObject({ kind: 'let-go' });
  });
});

describe('release', () => {
  it('is safe twice, after the claim has gone, and never takes another address of the pod', async () => {
    const world = build();
    const grant = await granted(world);
    await world.lead('granted', 2);
    await world.grant.release(grant);
    expect(await world.read()).toMatchObject({ isDeleting: false });
    await world.grant.release(grantOf(2));
    await world.grant.release(grantOf(2));
    expect(await world.read()).toMatchObject({ isDeleting: true, spec: { isReleased: true } });
    await world.finish();
    await world.grant.release(grantOf(2));
  });

  it('goes on where one was cut short between its two writes', async () => {
    const world = build();
    const grant = await granted(world);
    world.claims.inject({ call: 'delete', outcome: 'unanswered' });
    await expect(world.grant.release(grant)).rejects.toMatchObject({
      code: 'ClaimStoreUnreachable',
    });
    expect(await world.read()).toMatchObject({ isDeleting: false, spec: { isReleased: true } });
    await world.grant.release(grant);
    expect(await world.read()).toMatchObject({ isDeleting: true });
  });
});
