import { describe, expect, it } from 'vitest';
import { parseIpv4Address } from '../../identity/address.ts';
import { parseIdentitySpec } from '../../identity/identity-spec.ts';
import { ownerTagKey } from '../../identity/owner.ts';
import { ManualClock } from '../../testing/manual-clock.ts';
import type { Ec2Fault } from '../../testing/simulated-ec2/faults.ts';
import {
  simulatedPod,
  type SimulatedPod,
  type SimulatedPodSetup,
} from '../../testing/simulated-pod.ts';
import type { Grant, GrantState, IdentityGrant, MaintainCall } from '../identity-grant.ts';
import { describeLagMs } from './judge-claim.ts';
import { secondLookMs } from './maintenance.ts';

interface Built extends SimulatedPod<ManualClock> {
  readonly grant: IdentityGrant;
  readonly held: Grant;
  readonly otherIp: string;
}

const privateIp = parseIpv4Address('10.0.2.128');
const privateCidr = '203.0.113.50/32';
const old: MaintainCall = { claimAgeMs: describeLagMs };
const young: MaintainCall = { claimAgeMs: 1000 };

/** A claim in place, and a second private IP on the same network interface. */
async function build(setup: SimulatedPodSetup = {}): Promise<Built> {
  const pod = simulatedPod({ ...setup, clock: new ManualClock() });
  const spec = parseIdentitySpec(pod.spec);
  const grant = await pod.node.openGrant(spec);
  const macAddress = '02:00:00:00:02:0a';
  const held = await grant.acquire({
    spec,
    link: { macAddress, privateIp },
    onClaimed: async () => {},
  });
  const otherIp = '10.0.2.140';
  await pod.ec2.assignPrivateIpAddresses({
    networkInterfaceId: held.networkInterfaceId,
    privateIpAddresses: [otherIp],
  });
  return { ...pod, grant, held, otherIp };
}

/** A hand moves the private IP to another network interface. */
async function moveAway({ ec2, held }: Built): Promise<{ readonly networkInterfaceId: string }> {
  const { networkInterfaceId } = held;
  const eni = ec2
    .snapshot()
    .networkInterfaces.find((one) => one.networkInterfaceId === networkInterfaceId);
  const other = ec2.createNetworkInterface({ subnetId: eni?.subnetId ?? '' });
  const privateIpAddresses = [privateIp];
  await ec2.unassignPrivateIpAddresses({ networkInterfaceId, privateIpAddresses });
  await ec2.assignPrivateIpAddresses({ ...other, privateIpAddresses });
  return other;
}

/** Maintains to the end, however often it waits. */
async function maintain({ clock, grant, held }: Built, call = old): Promise<GrantState> {
  const run = grant.maintain(held, call);
  const settled = run.then(
    () => true,
    () => true,
  );
  for (let n = 0; n < 20; n++) {
    const isDone = await Promise.race([settled, clock.advance(5000).then(() => false)]);
    if (isDone) break;
  }
  return run;
}

function kinds(state: GrantState): readonly string[] {
  if (state.kind !== 'held') throw new Error(JSON.stringify(state));
  expect(state.unrepaired).toBeUndefined();
  return state.repaired.map(({ kind }) => kind);
}

const otherEni = (built: Built): string =>
  built.ec2
    .snapshot()
    .networkInterfaces.find(
      ({ networkInterfaceId }) => networkInterfaceId !== built.held.networkInterfaceId,
    )?.networkInterfaceId ?? '';

/** What another does to the claim, and the steps that put it back. */
const drifts: readonly (readonly [
  string,
  (built: Built) => Promise<unknown>,
  readonly string[],
])[] = [
  ['nothing', async () => {}, []],
  [
    'a route is lost',
    ({ ec2, held }) =>
      ec2.deleteRoute({
        routeTableId: held.routeTableIds[0] ?? '',
        destinationCidrBlock: privateCidr,
      }),
    ['create-route'],
  ],
  [
    'a route is led elsewhere',
    (built) =>
      built.ec2.replaceRoute({
        routeTableId: built.held.routeTableIds[0] ?? '',
        destinationCidrBlock: privateCidr,
        networkInterfaceId: otherEni(built),
      }),
    ['replace-route'],
  ],
  [
    'a route is a black hole',
    async (built) => {
      const networkInterfaceId = otherEni(built);
      await built.ec2.replaceRoute({
        routeTableId: built.held.routeTableIds[0] ?? '',
        destinationCidrBlock: privateCidr,
        networkInterfaceId,
      });
      built.ec2.deleteNetworkInterface({ networkInterfaceId });
    },
    ['replace-route'],
  ],
  [
    'the owner tag is removed',
    ({ ec2, held }) =>
      ec2.deleteTags({ resources: [held.allocationId], tags: [{ key: ownerTagKey }] }),
    ['tag-owner'],
  ],
  [
    'the owner tag is overwritten',
    ({ ec2, held }) =>
      ec2.createTags({
        resources: [held.allocationId],
        tags: [{ key: ownerTagKey, value: 'c/n/p/uid-other/10.0.2.140/found/eni-1' }],
      }),
    ['tag-owner'],
  ],
  [
    'the source/destination check is on again',
    ({ ec2, held }) =>
      ec2.setSourceDestCheck({
        networkInterfaceId: held.networkInterfaceId,
        sourceDestCheck: true,
      }),
    ['disable-source-dest-check'],
  ],
  [
    'the address is disassociated',
    ({ ec2, held }) => ec2.disassociateAddress({ associationId: held.associationId }),
    ['associate-address'],
  ],
  [
    'the private IP is taken off, and the address with it',
    ({ ec2, held }) =>
      ec2.unassignPrivateIpAddresses({
        networkInterfaceId: held.networkInterfaceId,
        privateIpAddresses: [held.privateIp],
      }),
    ['assign-private-ip', 'associate-address'],
  ],
];

/** As another pod of the same ENI does when EC2 lets it: the claim's scope is the ENI. */
function steal({ ec2, held, otherIp }: Built): Promise<{ readonly associationId: string }> {
  return ec2.associateAddress({
    allocationId: held.allocationId,
    networkInterfaceId: held.networkInterfaceId,
    privateIpAddress: otherIp,
    allowReassociation: false,
  });
}

describe('maintain', () => {
  it.each(drifts)('%s: repaired, and nothing is left to do', async (_what, drift, steps) => {
    const built = await build();
    await drift(built);
    const writes = built.ec2.calls.countWrites();
    const state = await maintain(built);
    expect(kinds(state)).toEqual(steps);
    if (state.kind !== 'held') throw new Error('lost');
    const again = { ...built, held: state.grant };
    expect(built.ec2.calls.countWrites()).toBe(writes + steps.length);
    expect(kinds(await maintain(again))).toEqual([]);
    expect(built.ec2.calls.countWrites()).toBe(writes + steps.length);
  });

  it('answers the new association of an address that it claimed again', async () => {
    const built = await build();
    await built.ec2.disassociateAddress({ associationId: built.held.associationId });
    const state = await maintain(built);
    const [address] = built.ec2.snapshot().addresses;
    expect(address?.associationId).not.toBe(built.held.associationId);
    expect(state).toMatchObject({ grant: { associationId: address?.associationId } });
  });

  it('answers the new association even when the rest fails', async () => {
    const built = await build();
    await built.ec2.disassociateAddress({ associationId: built.held.associationId });
    const [routeTableId = ''] = built.held.routeTableIds;
    await built.ec2.deleteRoute({ routeTableId, destinationCidrBlock: privateCidr });
    built.ec2.denyActions(['CreateRoute']);
    const state = await maintain(built);
    expect(state).toMatchObject({ kind: 'held', unrepaired: { code: 'AccessDenied' } });
    const [address] = built.ec2.snapshot().addresses;
    expect(state).toMatchObject({ grant: { associationId: address?.associationId } });
  });

  it('is lost when two looks show the address elsewhere', async () => {
    const built = await build();
    const { associationId } = await steal(built);
    const before = built.ec2.calls.countWrites();
    const state = await maintain(built, young);
    expect(state).toMatchObject({ kind: 'lost', because: 'taken', associationId });
    expect(built.ec2.calls.countWrites()).toBe(before);
  });

  it('is not lost by what may be from before a young claim', async () => {
    const built = await build();
    await steal(built);
    const tags = [{ key: ownerTagKey, value: 'c/n/p/uid-other/10.0.2.140/found/eni-1' }];
    await built.ec2.createTags({ resources: [built.held.allocationId], tags });
    await expect(maintain(built, young)).rejects.toMatchObject({ code: 'ClaimInDoubt' });
    expect(await maintain(built, old)).toMatchObject({ kind: 'lost', because: 'taken' });
  });

  it('takes the second look before it believes a single stale one', async () => {
    const built = await build();
    await steal(built);
    const back = await built.ec2.associateAddress({
      allocationId: built.held.allocationId,
      networkInterfaceId: built.held.networkInterfaceId,
      privateIpAddress: built.held.privateIp,
      allowReassociation: false,
    });
    built.ec2.inject({ action: 'DescribeAddresses', staleByChanges: 1 });
    const looks = built.ec2.calls.count('DescribeAddresses');
    const startMs = built.clock.elapsed();
    const state = await maintain(built);
    expect(state).toMatchObject({ kind: 'held', grant: { associationId: back.associationId } });
    expect(built.ec2.calls.count('DescribeAddresses')).toBe(looks + 2);
    expect(built.clock.elapsed() - startMs).toBeGreaterThanOrEqual(secondLookMs);
  });

  it('keeps its claim when the address is shown as before it, free and with the record of a dead pod', async () => {
    const pod = simulatedPod({ clock: new ManualClock() });
    const spec = parseIdentitySpec(pod.spec);
    const [address] = pod.ec2.snapshot().addresses;
    const value = 'test/sip/gateway-9/uid-dead/10.0.2.140/assigned/eni-00000000000000001';
    const resources = [address?.allocationId ?? ''];
    await pod.ec2.createTags({ resources, tags: [{ key: ownerTagKey, value }] });
    const grant = await pod.node.openGrant(spec);
    const link = { macAddress: '02:00:00:00:02:0a', privateIp };
    const held = await grant.acquire({ spec, link, onClaimed: async () => {} });
    // before the route, before our record, before the claim
    pod.ec2.inject({ action: 'DescribeAddresses', staleByChanges: 3, times: 2 });
    const state = await maintain({ ...pod, grant, held, otherIp: '' }, young);
    expect(state).toMatchObject({ kind: 'held', grant: { associationId: held.associationId } });
    expect(pod.ec2.calls.count('DisassociateAddress')).toBe(0);
  });

  it('is lost when our private IP carries an address that is not of the pool, which stays', async () => {
    const built = await build();
    const { ec2, held } = built;
    const { allocationId } = ec2.allocateAddress({ publicIp: '198.51.100.7' });
    await ec2.disassociateAddress({ associationId: held.associationId });
    const { networkInterfaceId } = held;
    await ec2.associateAddress({ allocationId, networkInterfaceId, privateIpAddress: privateIp });
    const before = ec2.calls.countWrites();
    await expect(maintain(built, young)).rejects.toMatchObject({ code: 'ClaimInDoubt' });
    expect(await maintain(built)).toMatchObject({ kind: 'lost', because: 'private-ip-taken' });
    expect(ec2.calls.countWrites()).toBe(before);
  });

  it('is lost when EC2 refuses to give an address back that somebody took meanwhile', async () => {
    const built = await build();
    const { ec2, held } = built;
    await ec2.disassociateAddress({ associationId: held.associationId });
    ec2.inject({ action: 'AssociateAddress', error: 'Resource.AlreadyAssociated' });
    expect(await maintain(built)).toMatchObject({ kind: 'lost', because: 'claim-refused' });
  });

  it('is lost when the allocation, or the network interface, is gone: EC2 says so to the claim', async () => {
    const released = await build();
    await released.ec2.disassociateAddress({ associationId: released.held.associationId });
    await released.ec2.releaseAddress({ allocationId: released.held.allocationId });
    expect(await maintain(released)).toMatchObject({ kind: 'lost', because: 'claim-refused' });
    const detached = await build();
    const { networkInterfaceId } = detached.held;
    detached.ec2.deleteNetworkInterface({ networkInterfaceId });
    expect(await maintain(detached)).toMatchObject({ kind: 'lost', because: 'claim-refused' });
  });

  it('is lost when another network interface has our private IP by now: EC2 says so to who registers it', async () => {
    const built = await build();
    const { ec2 } = built;
    const other = await moveAway(built);
    expect(await maintain(built, young)).toMatchObject({
      kind: 'lost',
      because: 'claim-refused',
      message: expect.stringContaining(`${other.networkInterfaceId} holds ${privateIp}`) as string,
    });
    expect(ec2.calls.count('AssociateAddress')).toBe(1);
  });

  it('claims again when the other network interface has let our private IP go before it is asked who has it', async () => {
    const built = await build();
    const { ec2 } = built;
    const other = await moveAway(built);
    const show = ec2.describeNetworkInterfaces.bind(ec2);
    ec2.describeNetworkInterfaces = async (input, call) => {
      const asksWhoHasIt = input.filters?.some(({ name }) => name === 'private-ip-address');
      if (asksWhoHasIt === true) {
        const privateIpAddresses = [privateIp];
        await ec2.unassignPrivateIpAddresses({ ...other, privateIpAddresses });
      }
      return show(input, call);
    };
    expect(await maintain(built, young)).toMatchObject({ kind: 'held', grant: { privateIp } });
    expect(ec2.calls.count('AssignPrivateIpAddresses')).toBe(5);
  });

  it('is lost to another pod that associated the address with the same private IP', async () => {
    const built = await build();
    const { ec2, held } = built;
    const { allocationId, networkInterfaceId } = held;
    await ec2.disassociateAddress({ associationId: held.associationId });
    await ec2.associateAddress({ allocationId, networkInterfaceId, privateIpAddress: privateIp });
    expect(await maintain(built)).toMatchObject({ kind: 'held', unrepaired: undefined });
    const value = `c/n/p/uid-other/${privateIp}/found/${networkInterfaceId}`;
    await ec2.createTags({ resources: [allocationId], tags: [{ key: ownerTagKey, value }] });
    expect(await maintain(built)).toMatchObject({ kind: 'lost', because: 'taken' });
  });

  it.each([
    ['another private IP of the interface', (otherIp, eni) => `${otherIp}/assigned/${eni}`],
    ['a private IP of another interface', () => '10.0.2.35/assigned/eni-other'],
  ] satisfies [string, (otherIp: string, eni: string) => string][])(
    'is held by whatever association, under the record of a pod that has %s',
    async (_, placeOf) => {
      const built = await build();
      const { ec2, held } = built;
      const { allocationId, networkInterfaceId } = held;
      const { associationId } = await steal(built);
      const value = `c/n/p/uid-other/${placeOf(built.otherIp, networkInterfaceId)}`;
      await ec2.createTags({ resources: [allocationId], tags: [{ key: ownerTagKey, value }] });
      await ec2.disassociateAddress({ associationId });
      await ec2.associateAddress({ allocationId, networkInterfaceId, privateIpAddress: privateIp });
      expect(kinds(await maintain(built))).toEqual(['tag-owner']);
    },
  );

  it('does not register the private IP because one stale look does not show it', async () => {
    const built = await build();
    built.ec2.inject({ action: 'DescribeNetworkInterfaces', staleByChanges: 6 });
    const writes = built.ec2.calls.countWrites();
    expect(kinds(await maintain(built))).toEqual([]);
    expect(built.ec2.calls.countWrites()).toBe(writes);
  });

  it('knows that a private IP which it registered again is its own to take off', async () => {
    const built = await build();
    const found = { ...built, held: { ...built.held, privateIpAssignedByUs: false } };
    const { networkInterfaceId } = built.held;
    const value = `test/sip/gateway-0/uid-gateway-0/10.0.2.128/found/${networkInterfaceId}`;
    const tags = [{ key: ownerTagKey, value }];
    await built.ec2.createTags({ resources: [built.held.allocationId], tags });
    expect(await maintain(found)).toMatchObject({ grant: { privateIpAssignedByUs: false } });
    await built.ec2.unassignPrivateIpAddresses({
      networkInterfaceId,
      privateIpAddresses: [privateIp],
    });
    expect(await maintain(found)).toMatchObject({ grant: { privateIpAssignedByUs: true } });
    const [address] = built.ec2.snapshot().addresses;
    expect(address?.tags.find(({ key }) => key === ownerTagKey)?.value).toContain('/assigned/');
  });

  it('answers the new association of a claim whose answer was lost', async () => {
    const built = await build();
    const { ec2, held } = built;
    await ec2.disassociateAddress({ associationId: held.associationId });
    ec2.inject({ action: 'AssociateAddress', loseAnswer: true });
    const state = await maintain(built);
    const associationId = ec2.snapshot().addresses[0]?.associationId;
    expect(associationId).not.toBe(held.associationId);
    expect(state).toMatchObject({ kind: 'held', grant: { associationId }, unrepaired: undefined });
  });

  it('is not lost by a refusal that its own unanswered claim may have caused', async () => {
    const built = await build();
    const { ec2, held } = built;
    await ec2.disassociateAddress({ associationId: held.associationId });
    ec2.inject({ action: 'AssociateAddress', loseAnswer: true });
    ec2.onChange(({ kind }) => {
      if (kind !== 'address-associated') return;
      ec2.inject({ action: 'DescribeAddresses', staleByChanges: 1, times: 2 });
      ec2.inject({ action: 'DescribeNetworkInterfaces', staleByChanges: 1 });
      ec2.inject({ action: 'AssociateAddress', error: 'Resource.AlreadyAssociated' });
    });
    const state = await maintain(built);
    const [address] = ec2.snapshot().addresses;
    expect(state).toMatchObject({
      kind: 'held',
      grant: { associationId: address?.associationId },
      unrepaired: { code: 'ClaimInDoubt' },
    });
  });

  const silences: readonly Ec2Fault[] = [
    { action: '*', error: 'RequestLimitExceeded', times: 1000 },
    { action: '*', error: 'InternalError', times: 1000 },
    { action: 'DescribeAddresses', error: 'UnauthorizedOperation', times: 1000 },
    { action: 'DescribeRouteTables', loseAnswer: true, times: 1000 },
  ];
  it.each(silences)('throws, and proves nothing, when EC2 is silent: %o', async (fault) => {
    const built = await build();
    await steal(built);
    built.ec2.inject(fault);
    await expect(maintain(built)).rejects.toMatchObject({ name: 'CoreError' });
  });

  it('says so when a route leads to something that is no network interface, which stays', async () => {
    const built = await build();
    const [routeTableId = ''] = built.held.routeTableIds;
    await built.ec2.deleteRoute({ routeTableId, destinationCidrBlock: privateCidr });
    const gatewayId = 'igw-00000000000000001';
    built.ec2.createGatewayRoute({ routeTableId, destinationCidrBlock: privateCidr, gatewayId });
    const state = await maintain(built);
    expect(state).toMatchObject({ kind: 'held', unrepaired: { code: 'RouteHeldElsewhere' } });
  });

  it('ends at once when aborted in its pause, with nothing written', async () => {
    const built = await build();
    await built.ec2.disassociateAddress({ associationId: built.held.associationId });
    const before = built.ec2.calls.countWrites();
    const stop = new AbortController();
    const run = built.grant.maintain(built.held, {
      claimAgeMs: describeLagMs,
      signal: stop.signal,
    });
    run.catch(() => {});
    await built.clock.settle();
    expect(built.clock.waiting).toBe(1);
    stop.abort();
    await expect(run).rejects.toMatchObject({ code: 'Aborted' });
    expect(built.clock.waiting).toBe(0);
    expect(built.ec2.calls.countWrites()).toBe(before);
  });

  it.each([false, true])(
    'hands over the claim that was in flight when aborted; answer lost: %s',
    async (loseAnswer) => {
      const built = await build();
      await built.ec2.disassociateAddress({ associationId: built.held.associationId });
      const stop = new AbortController();
      if (loseAnswer) built.ec2.inject({ action: 'AssociateAddress', loseAnswer });
      const stopListening = built.ec2.onChange(({ kind }) => {
        if (kind === 'address-associated') stop.abort();
      });
      const call = { claimAgeMs: describeLagMs, signal: stop.signal };
      const run = built.grant.maintain(built.held, call);
      await built.clock.advance(secondLookMs);
      const [address] = built.ec2.snapshot().addresses;
      expect(await run).toMatchObject({
        kind: 'held',
        grant: { associationId: address?.associationId },
        unrepaired: { code: 'Aborted' },
      });
      stopListening();
    },
  );
});
