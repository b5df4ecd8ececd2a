import { describe, expect, it } from 'vitest';
import type { Ipv4Address } from '../identity/address.ts';
import { parseIdentitySpec } from '../identity/identity-spec.ts';
import { parseIpv6Address } from '../identity/ipv6-address.ts';
import { poolTagKey } from '../identity/owner.ts';
import { reapOrphans } from '../reap-orphans.ts';
import { FakeClock } from '../testing/fake-clock.ts';
import { SimulatedEc2 } from '../testing/simulated-ec2/simulated-ec2.ts';
import { directGrant } from './direct-grant.ts';
import type { Ec2Api } from './ec2/ec2-api.ts';
import type { Grant } from './identity-grant.ts';

const clock = new FakeClock();
const macAddress = '02:00:00:00:00:aa';
const tags = { [poolTagKey]: 'media' };

function build() {
  const ec2 = new SimulatedEc2({ region: 'eu-central-1', claimScope: 'privateIp' });
  const { vpcId } = ec2.createVpc({ cidr: '10.0.0.0/16', ipv6Cidr: '2001:db8:0:200::/56' });
  ec2.createInternetGateway({ vpcId });
  const routeTableIds = [1, 2].map(() => ec2.createRouteTable({ vpcId }).routeTableId);
  const ipv6Cidr = '2001:db8:0:202::/64';
  const { subnetId } = ec2.createSubnet({ vpcId, cidr: '10.0.2.0/24', ipv6Cidr });
  const { instanceId } = ec2.createInstance();
  const sourceDestCheck = false;
  ec2.createNetworkInterface({ subnetId, instanceId, macAddress, tags, sourceDestCheck });
  for (let index = 0; index < 3; index++) ec2.allocateAddress({ tags });
  return { ec2, routeTableIds };
}

type Built = ReturnType<typeof build>;

interface Who {
  readonly uid?: string;
  readonly families: 'ipv4' | 'dual stack';
}

function acquire(
  { routeTableIds }: Built,
  ec2: Ec2Api,
  { uid = 'uid-1', families }: Who,
): Promise<Grant> {
  const ipv6Address = families === 'ipv4' ? undefined : parseIpv6Address('2001:db8:0:202::50');
  return directGrant({ ec2, clock }).acquire({
    spec: parseIdentitySpec({
      owner: { cluster: 'c', namespace: 'n', pod: 'sip-0', uid },
      pool: 'media',
      region: 'eu-central-1',
      vpcCidrs: ['10.0.0.0/16'],
      routeTables: { by: 'ids', routeTableIds },
    }),
    link: { macAddress, privateIp: '10.0.2.11' as Ipv4Address, ipv6Address },
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

async function callsOf(verb: Verb, families: Who['families']): Promise<number> {
  const built = build();
  await verbs[verb](built, built.ec2, families);
  return built.ec2.calls.count();
}

const verbs = {
  acquire: (built: Built, ec2: Ec2Api, families: Who['families']) =>
    acquire(built, ec2, { families }),
  'acquire and release': async (built: Built, ec2: Ec2Api, families: Who['families']) =>
    directGrant({ ec2, clock }).release(await acquire(built, ec2, { families })),
};
type Verb = keyof typeof verbs;

const runs = (['ipv4', 'dual stack'] as const).flatMap((families) =>
  (['acquire', 'acquire and release'] as const).map((verb) => ({ verb, families })),
);
const moments = await Promise.all(
  runs.map(async ({ verb, families }) => {
    const count = await callsOf(verb, families);
    return Array.from({ length: count }, (_, index) => ({ verb, families, call: index + 1 }));
  }),
);
const deaths = moments
  .flat()
  .flatMap(({ verb, families, call }) =>
    (['before', 'after'] as const).map((when) => ({ verb, families, call, when })),
  );

function ipv6In({ ec2 }: Built): readonly string[] {
  return ec2.snapshot().networkInterfaces.flatMap(({ ipv6Addresses = [] }) => ipv6Addresses);
}

async function reapAll(ec2: Ec2Api): Promise<void> {
  const live = { livePods: async () => ({ complete: true, pods: [] }) };
  await reapOrphans({ pool: 'media', live, graceMs: 0 }, { ec2, clock });
}

describe.each(deaths)('$families, killed in $verb, $when call $call', (death) => {
  const { verb, families, call, when } = death;
  async function killed(): Promise<Built> {
    const built = build();
    const mortal = killedAt(built.ec2, call, when);
    await Promise.race([mortal.dead, verbs[verb](built, mortal.ec2, families)]);
    return built;
  }

  it('the same pod, started again, holds one address and gives all of it back', async () => {
    const fresh = build().ec2.snapshot();
    const built = await killed();
    const grant = await acquire(built, built.ec2, { families });
    expect(ipv6In(built)).toEqual(families === 'ipv4' ? [] : ['2001:db8:0:202::50']);
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
    const grant = await acquire(built, built.ec2, { uid: 'uid-2', families });
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
