import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import { FakeClock } from '../fake-clock.ts';
import { faithfulEc2 } from './faithful-ec2.ts';
import { SimulatedEc2, type SimulatedEc2Options } from './simulated-ec2.ts';

function build(options: Partial<SimulatedEc2Options> = {}) {
  const clock = new FakeClock();
  const ec2 = new SimulatedEc2({ region: 'eu-central-1', claimScope: 'eni', clock, ...options });
  const ids = Array.from({ length: 5 }, () => ec2.allocateAddress().allocationId);
  const tag = (value: string) => ec2.createTags({ resources: ids, tags: [{ key: 'k', value }] });
  const shown = async () => (await ec2.describeAddresses({})).map(({ tags }) => tags[0]?.value);
  return { clock, ec2, ids, tag, shown };
}

/** How many of five resources a describe shows changed, every 100 ms. */
async function visibleAfter(seed: number): Promise<number[]> {
  const { clock, tag, shown } = build({ reads: { lagMs: { addresses: [100, 1000] }, seed } });
  await tag('new');
  const counts: number[] = [];
  for (let passedMs = 0; passedMs <= 1000; passedMs += 100) {
    counts.push((await shown()).filter((value) => value === 'new').length);
    clock.advance(100);
  }
  return counts;
}

describe('reads that lag', () => {
  it('show each resource after a time of its own, the same for the same seed', async () => {
    const first = await visibleAfter(1);
    expect(first).toEqual(await visibleAfter(1));
    expect(first).not.toEqual(await visibleAfter(2));
    expect([first[0], first.at(-1)]).toEqual([0, 5]);
    expect(first).toEqual(first.toSorted((a, b) => a - b));
    expect(new Set(first).size).toBeGreaterThan(2);
  });

  it('show in order what was in between, and at last what was deleted as gone', async () => {
    const { clock, ec2, ids, tag, shown } = build({ reads: { lagMs: { addresses: 1000 } } });
    await tag('first');
    clock.advance(500);
    await tag('second');
    const [gone = '', ...rest] = ids;
    await ec2.releaseAddress({ allocationId: gone });
    expect(await shown()).toHaveLength(5);
    clock.advance(500);
    expect(await shown()).toEqual(Array.from({ length: 5 }, () => 'first'));
    clock.advance(500);
    expect(await shown()).toEqual(rest.map(() => 'second'));
    await expect(ec2.describeAddresses({ allocationIds: [gone] })).rejects.toMatchObject({
      ec2Code: 'InvalidAllocationID.NotFound',
    });
  });

  it('stale reads come and go, and end', async () => {
    const reads = { staleProbability: 0.5, staleMs: 1000 };
    const { clock, tag, shown } = build({ reads });
    await tag('new');
    const looks: (string | undefined)[] = [];
    for (let look = 0; look < 20; look++) looks.push((await shown())[0]);
    const turns = looks.filter((value, index) => index > 0 && value !== looks[index - 1]);
    expect(turns.length).toBeGreaterThan(3);
    clock.advance(1000);
    for (let look = 0; look < 20; look++) expect((await shown())[0]).toBe('new');
  });

  it('a planted stale read sees as far back as it is told that it can, and the next one what is', async () => {
    const { clock, ec2, tag, shown } = build({ reads: { staleMs: 1000, reachMs: 60_000 } });
    const staleByMs = 50_500;
    await tag('old');
    clock.advance(1000);
    await tag('new');
    clock.advance(50_000);
    ec2.inject({ action: 'DescribeAddresses', staleByMs });
    expect(new Set(await shown())).toEqual(new Set(['old']));
    expect(new Set(await shown())).toEqual(new Set(['new']));
    clock.advance(60_000);
    ec2.inject({ action: 'DescribeAddresses', staleByMs: 200_000 });
    expect(new Set(await shown())).toEqual(new Set(['new']));
  });

  it('what a test builds or takes away by hand is there, or gone, at once', async () => {
    const reads = { lagMs: { networkInterfaces: 60_000 } };
    const { ec2 } = build({ reads });
    const { vpcId } = ec2.createVpc({ cidr: '10.0.0.0/16' });
    const { subnetId } = ec2.createSubnet({ vpcId, cidr: '10.0.0.0/24' });
    const { networkInterfaceId } = ec2.createNetworkInterface({ subnetId });
    await ec2.setSourceDestCheck({ networkInterfaceId, sourceDestCheck: false });
    expect(await ec2.describeNetworkInterfaces({})).toMatchObject([{ sourceDestCheck: true }]);
    ec2.deleteNetworkInterface({ networkInterfaceId });
    expect(await ec2.describeNetworkInterfaces({})).toEqual([]);
  });
});

const anyWait = fc.integer({ min: 0, max: 3000 });

test.prop([fc.array(anyWait, { minLength: 1, maxLength: 10 }), fc.integer()])(
  'a read shows a state there was, no older than the most that was allowed',
  async (waits, seed) => {
    const reads = {
      lagMs: { addresses: [0, 2000] as const },
      staleProbability: 0.3,
      staleMs: 4000,
    };
    const { clock, tag, shown } = build({ reads: { ...reads, seed } });
    const writtenAtMs: number[] = [];
    for (const [index, waitMs] of waits.entries()) {
      await tag(String(index));
      writtenAtMs.push(clock.elapsed());
      clock.advance(waitMs);
      const oldest = writtenAtMs.findLastIndex((atMs) => atMs <= clock.elapsed() - 4000);
      for (const value of await shown()) {
        const seen = value === undefined ? -1 : Number(value);
        expect(seen).toBeGreaterThanOrEqual(oldest);
        expect(seen).toBeLessThanOrEqual(index);
      }
    }
  },
);

it('the faithful preset can be changed in part', () => {
  const options = faithfulEc2({ region: 'eu-west-1', addressesPerRegion: 2 });
  const ec2 = new SimulatedEc2({ ...options, clock: new FakeClock() });
  ec2.allocateAddress();
  ec2.allocateAddress();
  expect(() => ec2.allocateAddress()).toThrow(/maximum number of addresses/);
  expect(ec2.createInstance().instanceId).toMatch(/^i-/);
  expect(ec2.snapshot().instances).toMatchObject([
    { instanceType: 'm5.large', privateIpsPerNetworkInterface: 10 },
  ]);
});
