import { describe, expect, it } from 'vitest';
import type { Ipv4Address } from '../identity/address.ts';
import { parseIdentitySpec } from '../identity/identity-spec.ts';
import { poolTagKey } from '../identity/owner.ts';
import { reapOrphans } from '../reap-orphans.ts';
import { FakeClock } from '../testing/fake-clock.ts';
import { SimulatedEc2 } from '../testing/simulated-ec2/simulated-ec2.ts';
import { directGrant } from './direct-grant.ts';
import type { Ec2Api } from './ec2-api.ts';
import type { Grant } from './identity-grant.ts';

const clock = new FakeClock();
const macAddress = '02:00:00:00:00:aa';
const tags = { [poolTagKey]: 'media' };

function build() {
  const ec2 = new SimulatedEc2({ region: 'eu-central-1', claimScope: 'privateIp' });
  const { vpcId } = ec2.createVpc({ cidr: '10.0.0.0/16' });
  ec2.createInternetGateway({ vpcId });
  const routeTableIds = [1, 2].map(() => ec2.createRouteTable({ vpcId }).routeTableId);
  const { subnetId } = ec2.createSubnet({ vpcId, cidr: '10.0.2.0/24' });
  const { instanceId } = ec2.createInstance();
  const sourceDestCheck = false;
  ec2.createNetworkInterface({ subnetId, instanceId, macAddress, tags, sourceDestCheck });
  for (let index = 0; index < 3; index++) ec2.allocateAddress({ tags });
  return { ec2, routeTableIds };
}

type Built = ReturnType<typeof build>;

function acquire({ routeTableIds }: Built, ec2: Ec2Api, uid = 'uid-1'): Promise<Grant> {
  return directGrant({ ec2, clock }).acquire({
    spec: parseIdentitySpec({
      owner: { cluster: 'c', namespace: 'n', pod: 'sip-0', uid },
      pool: 'media',
      region: 'eu-central-1',
      vpcCidrs: ['10.0.0.0/16'],
      routeTables: { by: 'ids', routeTableIds },
    }),
    link: { macAddress, privateIp: '10.0.2.11' as Ipv4Address },
    onClaimed: async () => {},
  });
}

/** A process that is killed at its n-th call: before EC2 has it, or after EC2 carried it out. */
function killedAt(
  ec2: Ec2Api,
  call: number,
  when: 'before' | 'after',
): { ec2: Ec2Api; dead: Promise<void> } {
  let calls = 0;
  const { promise: dead, resolve: die } = Promise.withResolvers<void>();
  const never = new Promise<never>(() => {});
  const mortal = new Proxy(ec2, {
    get(target, name: keyof Ec2Api) {
      return async (...input: unknown[]) => {
        calls += 1;
        if (calls > call) return never;
        const run = target[name].bind(target) as (...all: unknown[]) => Promise<unknown>;
        if (calls < call) return run(...input);
        if (when === 'after') await run(...input);
        die();
        return never;
      };
    },
  });
  return { ec2: mortal, dead };
}

async function callsOf(verb: (built: Built, ec2: Ec2Api) => Promise<unknown>): Promise<number> {
  const built = build();
  await verb(built, built.ec2);
  return built.ec2.calls.count();
}

const verbs = {
  acquire: (built: Built, ec2: Ec2Api) => acquire(built, ec2),
  'acquire and release': async (built: Built, ec2: Ec2Api) =>
    directGrant({ ec2, clock }).release(await acquire(built, ec2)),
};

const moments = await Promise.all(
  (['acquire', 'acquire and release'] as const).map(async (verb) => {
    const count = await callsOf(verbs[verb]);
    return Array.from({ length: count }, (_, index) => ({ verb, call: index + 1 }));
  }),
);
const deaths = moments
  .flat()
  .flatMap(({ verb, call }) =>
    (['before', 'after'] as const).map((when) => ({ verb, call, when })),
  );

async function reapAll(ec2: Ec2Api): Promise<void> {
  const live = { livePods: async () => ({ complete: true, pods: [] }) };
  await reapOrphans({ pool: 'media', live, graceMs: 0 }, { ec2, clock });
}

describe.each(deaths)('killed in $verb, $when call $call', ({ verb, call, when }) => {
  async function killed(): Promise<Built> {
    const built = build();
    const mortal = killedAt(built.ec2, call, when);
    await Promise.race([mortal.dead, verbs[verb](built, mortal.ec2)]);
    return built;
  }

  it('the same pod, started again, holds one address and gives all of it back', async () => {
    const fresh = build().ec2.snapshot();
    const built = await killed();
    const grant = await acquire(built, built.ec2);
    const held = built.ec2.snapshot().addresses.filter(({ associationId }) => associationId);
    expect(held.map(({ associationId }) => associationId)).toEqual([grant.associationId]);
    await directGrant({ ec2: built.ec2, clock }).release(grant);
    expect(built.ec2.snapshot()).toEqual(fresh);
  });

  it('the reaper leaves nothing once the pod is gone', async () => {
    const fresh = build().ec2.snapshot();
    const built = await killed();
    await reapAll(built.ec2);
    expect(built.ec2.snapshot()).toEqual(fresh);
  });

  it('the next pod on the same private IP takes over; at most a bare record waits for the reaper', async () => {
    const fresh = build().ec2.snapshot();
    const built = await killed();
    const grant = await acquire(built, built.ec2, 'uid-2');
    const held = built.ec2.snapshot().addresses.filter(({ associationId }) => associationId);
    expect(held.map(({ associationId }) => associationId)).toEqual([grant.associationId]);
    await directGrant({ ec2: built.ec2, clock }).release(grant);
    const { networkInterfaces, routeTables } = built.ec2.snapshot();
    expect(networkInterfaces).toEqual(fresh.networkInterfaces);
    expect(routeTables).toEqual(fresh.routeTables);
    await reapAll(built.ec2);
    expect(built.ec2.snapshot()).toEqual(fresh);
  });
});
