import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import type { Ipv4Address } from '../../identity/address.ts';
import {
  formatOwnerTag,
  ownerTagKey,
  reservedTagKey,
  stableNameOf,
  type Owner,
} from '../../identity/owner.ts';
import type { ElasticIp, NetworkInterface } from '../ec2/ec2-api.ts';
import { viewAfter, type CloudView } from '../observe/view.ts';
import type { CloudStep } from '../steps/cloud-step.ts';
import { rankAddresses, rendezvousWeight } from './choose-address.ts';
import { planAlone, planCloud, type CloudPlan, type WantedIdentity } from './plan-cloud.ts';

function privateIpOf(number: number): Ipv4Address {
  return `10.0.2.${10 + number}` as Ipv4Address;
}

function interfaceIdOf(number: number): string {
  return `eni-${number % 2}`;
}

function ownerOf(number: number): Owner {
  return { cluster: 'c', namespace: 'n', pod: `pod-${number}`, uid: `uid-${number}` };
}

function wantedBy(
  number: number,
  more: Partial<Omit<WantedIdentity, 'kind'>> = {},
): WantedIdentity {
  const usual = {
    owner: ownerOf(number),
    privateIp: privateIpOf(number),
    networkInterfaceId: interfaceIdOf(number),
    excluded: [],
    privateIpAssignedByUs: false,
    withRoutes: false,
  };
  return Object.assign(usual, { kind: 'identity' as const }, more);
}

function free(number: number, tags: ElasticIp['tags'] = []): ElasticIp {
  return { allocationId: `eipalloc-${number}`, publicIp: `203.0.113.${number}`, tags };
}

/** Of that pod, associated and recorded. */
function heldBy(number: number, pod: number): ElasticIp {
  const networkInterfaceId = interfaceIdOf(pod);
  const value = recordOf(pod);
  return {
    ...free(number, [{ key: ownerTagKey, value }]),
    associationId: `eipassoc-${number}`,
    networkInterfaceId,
    privateIpAddress: privateIpOf(pod),
  };
}

function recordOf(pod: number): string {
  return formatOwnerTag({
    owner: ownerOf(pod),
    privateIp: privateIpOf(pod),
    privateIpAssignedByUs: true,
    networkInterfaceId: interfaceIdOf(pod),
  });
}

function viewOf(addresses: readonly ElasticIp[]): CloudView {
  return { networkInterfaces: [0, 1].map(bareInterface), addresses, routeTables: [] };
}

function bareInterface(number: number): NetworkInterface {
  return {
    networkInterfaceId: `eni-${number}`,
    vpcId: 'vpc-1',
    subnetId: 'subnet-1',
    macAddress: `02:00:00:00:00:0${number}`,
    sourceDestCheck: true,
    status: 'in-use',
    privateIpAddresses: [{ privateIpAddress: `10.0.2.${4 + number}`, primary: true }],
    tags: [],
  };
}

function claimIn(plan: CloudPlan | undefined): string | undefined {
  if (plan?.kind !== 'steps') return undefined;
  const claim = plan.steps.find(({ kind }) => kind === 'associate-address');
  return claim?.kind === 'associate-address' ? claim.allocationId : undefined;
}

function weightOf({ owner }: WantedIdentity, allocationId: string): number {
  return rendezvousWeight(stableNameOf(owner), allocationId);
}

const numbers = fc.uniqueArray(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 12 });
const pools = fc.uniqueArray(fc.integer({ min: 1, max: 40 }), { maxLength: 12 });

describe('planCloud, many identities', () => {
  test.prop([numbers, pools, fc.array(fc.nat({ max: 11 }))])(
    'no two get one address, whatever is free and held, and everybody gets one while there are enough',
    (pods, pool, held) => {
      const holders = new Set(held.flatMap((at) => pods[at] ?? []).slice(0, pool.length));
      const addresses = pool.map((number, at) => {
        const holder = [...holders][at];
        return holder === undefined ? free(number) : heldBy(number, holder);
      });
      const plans = planCloud(
        pods.map((pod) => wantedBy(pod)),
        viewOf(addresses),
      );
      const claimed = plans.flatMap((plan) => claimIn(plan) ?? []);
      expect(new Set(claimed).size).toBe(claimed.length);
      const freeIds = addresses.flatMap((one) => (one.associationId ? [] : [one.allocationId]));
      expect(freeIds).toEqual(expect.arrayContaining(claimed));
      expect(claimed).toHaveLength(Math.min(freeIds.length, pods.length - holders.size));
    },
  );

  test.prop([numbers, pools])('carried out in any interleaving, nothing is left', (pods, pool) => {
    const wanted = pods.map((pod) => wantedBy(pod));
    const first = viewOf(pool.map((number) => free(number)));
    const steps = planCloud(wanted, first).map((plan) => (plan.kind === 'steps' ? plan.steps : []));
    const longest = Math.max(...steps.map(({ length }) => length));
    const interleaved: CloudStep[] = Array.from({ length: longest }, (_, at) =>
      steps.flatMap((each) => each[at] ?? []),
    ).flat();
    const end = interleaved.reduce((now, step) => viewAfter(now, { step }), first);
    const left = planCloud(wanted, end).filter(({ kind }) => kind === 'steps');
    expect(left).toEqual(left.map(() => ({ kind: 'steps', steps: [] })));
  });

  test.prop([numbers, pools])('nobody would rather have what a worse one got', (pods, pool) => {
    const addresses = pool.map((number) => free(number));
    const wanted = pods.map((pod) => wantedBy(pod));
    const got = planCloud(wanted, viewOf(addresses)).map(claimIn);
    for (const [at, one] of wanted.entries()) {
      const mine = got[at];
      const order = rankAddresses(addresses, one).map(({ allocationId }) => allocationId);
      const better = order.slice(0, mine === undefined ? undefined : order.indexOf(mine));
      for (const id of better) {
        const has = wanted[got.indexOf(id)];
        expect(has && weightOf(has, id)).toBeGreaterThan(weightOf(one, id));
      }
    }
    const [alone] = wanted;
    if (alone !== undefined && pool.length > 0) {
      const plan = planAlone(alone, viewOf(addresses));
      expect(claimIn(plan)).toBe(rankAddresses(addresses, alone)[0]?.allocationId);
    }
  });

  it('who had an address before, or has it reserved, gets it, be he asked last', () => {
    const addresses = [
      free(1, [{ key: reservedTagKey, value: 'n/pod-3' }]),
      free(2, [{ key: ownerTagKey, value: recordOf(2) }]),
      free(3),
    ];
    const plans = planCloud([wantedBy(1), wantedBy(2), wantedBy(3)], viewOf(addresses));
    expect(plans.map(claimIn)).toEqual(['eipalloc-3', 'eipalloc-2', 'eipalloc-1']);
  });

  it('who can have only one gets it before who can have any', () => {
    const addresses = [free(1), free(2)];
    for (const only of ['eipalloc-1', '203.0.113.2']) {
      const plans = planCloud([wantedBy(1), wantedBy(2, { only })], viewOf(addresses));
      const named = only.startsWith('eipalloc') ? 'eipalloc-1' : 'eipalloc-2';
      expect(claimIn(plans[1])).toBe(named);
      expect(claimIn(plans[0])).not.toBe(named);
    }
  });

  it('what is promised to one, claimed by one, or being given back by one is no other one’s', () => {
    const addresses = [free(1), free(2), free(3), free(4)];
    const ending = {
      kind: 'nothing' as const,
      owner: ownerOf(9),
      networkInterfaceId: 'eni-1',
      privateIp: privateIpOf(9),
      claim: {
        allocationId: 'eipalloc-3',
        publicIp: '203.0.113.3' as Ipv4Address,
        associationId: undefined,
      },
      unassignPrivateIp: false,
      known: 'own' as const,
      routeTableIds: [],
    };
    const promised = wantedBy(1, { preferred: 'eipalloc-1' });
    // EC2 does not show its association yet
    const claimed = wantedBy(2, { claimed: 'eipalloc-2' });
    const others = [wantedBy(3), wantedBy(4)];
    const plans = planCloud([...others, promised, claimed, ending], viewOf(addresses));
    expect(new Set(plans.slice(0, 2).map(claimIn))).toEqual(new Set(['eipalloc-4', undefined]));
    expect(claimIn(plans[2])).toBe('eipalloc-1');
    expect(plans[3]).toEqual({ kind: 'claim-lost', allocationId: 'eipalloc-2' });
  });

  it('what stands in EC2 is worth more than a promise to another one', () => {
    const plans = planCloud(
      [wantedBy(1, { preferred: 'eipalloc-1' }), wantedBy(2)],
      viewOf([heldBy(1, 2), free(2)]),
    );
    expect(plans.map(claimIn)).toEqual(['eipalloc-2', undefined]);
  });

  it('a pool grows by no more than it may, however many ask at once', () => {
    const allocation = { upTo: 3, tags: [] };
    const wanted = [1, 2, 3, 4].map((pod) => wantedBy(pod, { allocation }));
    const kinds = planCloud(wanted, viewOf([free(1)])).map((plan) =>
      plan.kind === 'steps' ? (plan.steps[0]?.kind ?? '') : plan.kind,
    );
    expect(kinds.filter((kind) => kind === 'allocate-address')).toHaveLength(2);
    expect(kinds.filter((kind) => kind === 'pool-exhausted')).toHaveLength(1);
  });

  it('leads only the tables that are wanted, and leaves a dead one’s routes where they are replaced', () => {
    const destinationCidrBlock = '203.0.113.1/32';
    const route = { destinationCidrBlock, networkInterfaceId: 'eni-1', state: 'active' as const };
    const tables = ['rtb-1', 'rtb-2'].map((routeTableId) => ({
      routeTableId,
      vpcId: 'vpc-1',
      routes: [route],
      associatedSubnetIds: [],
      tags: [],
    }));
    const dead = { ...heldBy(1, 9), privateIpAddress: privateIpOf(1) };
    const view = { ...viewOf([dead, free(2)]), routeTables: tables };
    const routed = { withRoutes: true, routeTableIds: ['rtb-2'], excluded: ['eipalloc-1'] };
    const kinds = (more: Partial<WantedIdentity>): string[] => {
      const plan = planAlone(wantedBy(1, { ...routed, ...more }), view);
      return plan.kind === 'steps' ? plan.steps.map(({ kind }) => kind) : [plan.kind];
    };
    expect(kinds({ leavesRoutes: true })).not.toContain('delete-route');
    expect(kinds({}).filter((kind) => kind === 'delete-route')).toHaveLength(2);
    expect(kinds({}).filter((kind) => kind === 'create-route')).toHaveLength(1);
  });
});
