import { expect, it } from 'vitest';
import { directGrant } from './cloud/direct-grant.ts';
import type { Grant } from './cloud/identity-grant.ts';
import type { ClaimPhase, IdentityClaim } from './cloud/managed/claim.ts';
import type { OrphanSighting } from './cloud/reap/orphan-sightings.ts';
import { CoreError } from './errors.ts';
import type { Ipv4Address } from './identity/address.ts';
import { formatHandover, handoverTagKey } from './identity/handover.ts';
import { parseIdentitySpec } from './identity/identity-spec.ts';
import { poolTagKey } from './identity/owner.ts';
import { reapOrphans } from './reap-orphans.ts';
import type { ReapReport } from './reap-report.ts';
import type { ReapRequest } from './reap-request.ts';
import { ManualClock } from './testing/manual-clock.ts';
import { SimulatedEc2 } from './testing/simulated-ec2/simulated-ec2.ts';

const pool = 'media';
const region = 'eu-central-1';
const privateIp = '10.0.2.11' as Ipv4Address;

/** What a dead pod left on a private IP: its address, its record, its routes; and a reaper that has waited its grace. */
async function build() {
  const clock = new ManualClock();
  const ec2 = new SimulatedEc2({ region, claimScope: 'privateIp', clock });
  const { vpcId } = ec2.createVpc({ cidr: '10.0.0.0/16' });
  ec2.createInternetGateway({ vpcId });
  const { routeTableId } = ec2.createRouteTable({ vpcId });
  const { subnetId } = ec2.createSubnet({ vpcId, cidr: '10.0.2.0/24' });
  const { instanceId } = ec2.createInstance();
  const eni = ec2.createNetworkInterface({ subnetId, instanceId, sourceDestCheck: false });
  const { macAddress } = eni;
  for (let index = 0; index < 2; index++) ec2.allocateAddress({ tags: { [poolTagKey]: pool } });
  const spec = parseIdentitySpec({
    owner: { cluster: 'c', namespace: 'n', pod: 'dead', uid: 'uid-dead' },
    pool,
    region,
    vpcCidrs: ['10.0.0.0/16'],
    routeTables: { by: 'ids', routeTableIds: [routeTableId] },
  });
  const link = { macAddress, privateIp };
  const left = await clock.run(
    directGrant({ ec2, clock }).acquire({ spec, link, onClaimed: async () => {} }),
  );
  let earlier: readonly OrphanSighting[] = [];
  const pass = async (claims: ReapRequest['claims']): Promise<ReapReport> => {
    await clock.advance(120_000);
    const live = { livePods: async () => ({ complete: true, pods: [] }) };
    const more = claims === undefined ? {} : { claims };
    const request = { pool, live, earlier, graceMs: 60_000, ...more };
    const report = await clock.run(reapOrphans(request, { ec2, clock }));
    earlier = report.sightings;
    return report;
  };
  /** The claim of a pod that no list has yet, on that private IP. */
  const claimOn = (host: string, phase: ClaimPhase): IdentityClaim => ({
    namespace: 'n',
    name: 'next',
    uid: 'claim-1',
    resourceVersion: '1',
    createdAtMs: 0,
    finalizers: [],
    isDeleting: false,
    spec: {
      identity: { ...spec, owner: { ...spec.owner, pod: 'next', uid: 'uid-next' } },
      link: { macAddress, privateIp: host as Ipv4Address },
      standing: [],
      refused: [],
      readyFor: null,
      isReleased: false,
      takenUp: 0,
    },
    status: { phase, trouble: null },
  });
  await pass(undefined);
  return { ec2, left, pass, claimOn };
}

function promiseOf({ allocationId, publicIp, networkInterfaceId }: Grant): ClaimPhase {
  const promise = { allocationId, publicIp, networkInterfaceId, routeTableIds: [] };
  return { kind: 'promised', promise: { ...promise, privateIpAssignedByUs: true } };
}

it.each<[string, string, (left: Grant) => ClaimPhase]>([
  ['is for its private IP', privateIp, () => ({ kind: 'waiting' })],
  ['was promised its address', '10.0.2.12', promiseOf],
])(
  'what looks orphaned is left to the controller while a claim %s',
  async (_how, host, phaseOf) => {
    const { ec2, left, pass, claimOn } = await build();
    const before = ec2.snapshot();
    const claims = [claimOn(host, phaseOf(left))];
    const spared = await pass({ list: async () => claims });
    expect(spared.applied).toEqual([]);
    const why = 'a claim is for it, and its controller gives that back';
    expect(spared.waiting).toMatchObject([{ why }]);
    expect(ec2.snapshot()).toEqual(before);
    // it has been seen long enough: nothing is waited for once the claim has gone
    claims.splice(0);
    const taken = await pass({ list: async () => claims });
    expect(taken.applied.map(({ kind }) => kind)).toEqual([
      'delete-route',
      'disassociate-address',
      'unassign-private-ip',
      'untag-owner',
    ]);
  },
);

it('the request of a dead standby is no claim to give back', async () => {
  const { ec2, left, pass, claimOn } = await build();
  const { allocationId, associationId } = left;
  const by = { cluster: 'c', namespace: 'n', pod: 'standby', uid: 'uid-standby' };
  const value = formatHandover({ by, associationId, untilMs: 0 });
  await ec2.createTags({ resources: [allocationId], tags: [{ key: handoverTagKey, value }] });
  const claims = { list: async () => [claimOn(privateIp, promiseOf(left))] };
  expect((await pass(claims)).applied).toEqual([]);
  expect((await pass(claims)).applied).toEqual([{ kind: 'untag-handover', allocationId, value }]);
});

it('a claim on another private IP, for another address, spares nothing', async () => {
  const { left, pass, claimOn } = await build();
  const other = { ...left, allocationId: 'eipalloc-other' };
  const claim = claimOn('10.0.2.12', promiseOf(other));
  const { applied } = await pass({ list: async () => [claim] });
  expect(applied).toHaveLength(4);
});

it('the same private IP on another network interface is another place', async () => {
  const { left, pass, claimOn } = await build();
  const elsewhere = { allocationId: 'eipalloc-other', networkInterfaceId: 'eni-other' };
  const claim = claimOn(privateIp, promiseOf({ ...left, ...elsewhere }));
  expect((await pass({ list: async () => [claim] })).applied).toHaveLength(4);
});

it('takes nothing away while nobody can say what is claimed', async () => {
  const { ec2, pass } = await build();
  const before = ec2.snapshot();
  const { outcome, applied } = await pass({
    list: async () => {
      throw new Error('the store is silent');
    },
  });
  expect(outcome.kind === 'braked' && CoreError.is(outcome.error) && outcome.error.code).toBe(
    'OwnersUnknown',
  );
  expect(applied).toEqual([]);
  expect(ec2.snapshot()).toEqual(before);
});
