import { expect, it } from 'vitest';
import { Cluster } from '../cluster.ts';
import { History } from '../history.ts';
import { Invariants } from '../invariants.ts';
import { Random } from '../random.ts';
import { addHost, buildRegion } from '../region.ts';
import { Scheduler } from '../scheduler.ts';
import { SimulatedProcess } from '../simulated-process.ts';
import { World, type Pod } from '../world.ts';
import { foreignIpv6, recordPrefix } from './ipv6-setting.ts';
import { complaintsAboutIpv6, complaintsAboutIpv6Links } from './judge-ipv6.ts';

const intervalMs = 30_000;
const recordKey = (address: string): string => `${recordPrefix}${address}`;

function addressOf({ published }: Pod): string {
  return published?.publicIpv6?.address ?? '';
}

/** Two dual-stack pods of one network interface, which keep what they hold; and a process that belongs to neither. */
async function build() {
  const random = new Random(1);
  const scheduler = new Scheduler();
  const region = buildRegion(scheduler, random, {
    ...({ poolSize: 2, claimScope: 'eni', lagMs: 0, recallMs: 0, seed: 1 } as const),
    hasIpv6: true,
  });
  const { ec2 } = region;
  const world = new World({ scheduler, random, history: new History({ isKept: false }), region });
  const cluster = new Cluster(world, new Invariants(world, intervalMs), intervalMs);
  const host = await addHost(region, true);
  world.hosts.push(host);
  for (const name of ['a', 'b']) cluster.create(name, host);
  await scheduler.runUntil(20_000);
  const [a, b] = world.pods;
  if (a === undefined || b === undefined) throw new Error('no pods');
  const { networkInterfaceId } = host;
  const process = new SimulatedProcess('reaper', host, 'reap');
  /** What somebody who knows all that is so does. */
  const asStranger = async (act: () => Promise<unknown>): Promise<void> => {
    const sent = { sentMs: world.nowMs, knowsAsOf: new Map(), step: 'reap' };
    world.actor = { process, pod: undefined, action: 'UnassignIpv6Addresses', behalf: [], ...sent };
    await act();
    world.actor = undefined;
  };
  const unassign = (address: string): Promise<unknown> =>
    ec2.unassignIpv6Addresses({ networkInterfaceId, ipv6Addresses: [address] });
  const complaints = async (): Promise<string[]> => [
    ...complaintsAboutIpv6(world, ec2.snapshot()),
    ...(await complaintsAboutIpv6Links(world)),
  ];
  return { world, ec2, networkInterfaceId, a, b, asStranger, unassign, complaints };
}

it('dual-stack pods have an address each, and there is nothing to complain about', async () => {
  const { world, a, b, complaints } = await build();
  expect(addressOf(a)).toMatch(/^2001:db8:0:202:/);
  expect(addressOf(b)).not.toBe(addressOf(a));
  expect(await complaints()).toEqual([]);
  expect(world.violations).toEqual([]);
  world.letGo();
});

it('who takes the address of a live pod off, or its record, robs it', async () => {
  const { world, ec2, networkInterfaceId, a, b, asStranger, unassign } = await build();
  await asStranger(() => unassign(addressOf(a)));
  const tags = [{ key: recordKey(addressOf(b)) }];
  await asStranger(() => ec2.deleteTags({ resources: [networkInterfaceId], tags }));
  expect(world.violations).toEqual([
    expect.stringContaining('reaper robbed a'),
    expect.stringContaining('reaper robbed b'),
  ]);
  world.letGo();
});

it('what others assigned may not be touched', async () => {
  const { world, asStranger, unassign } = await build();
  await asStranger(() => unassign(foreignIpv6(0)));
  expect(world.violations).toEqual([expect.stringContaining('touched what is not ours')]);
  world.letGo();
});

it.each([
  ['that a keep puts back', undefined, []],
  ['that EC2 gives no more', 'InternalError', [expect.stringContaining('advertises without')]],
])('an address %s is judged by the bound of a keep', async (_what, error, expected) => {
  const { world, ec2, a, unassign } = await build();
  if (error !== undefined) {
    ec2.inject({ action: 'AssignIpv6Addresses', error, times: Infinity });
  }
  // by hand
  world.actor = undefined;
  await unassign(addressOf(a));
  await world.scheduler.runUntil(world.nowMs + intervalMs + 20_000);
  expect(world.violations).toEqual(expected);
  world.letGo();
});

it('an address that a dead process asked for, and that no record names, is excused, and taken off by hand', async () => {
  const { world, ec2, networkInterfaceId, a, asStranger, complaints } = await build();
  const late = '2001:db8:0:202::77';
  await asStranger(() => ec2.assignIpv6Addresses({ networkInterfaceId, ipv6Addresses: [late] }));
  expect([...world.excused.keys()]).toEqual([]);
  await ec2.unassignIpv6Addresses({ networkInterfaceId, ipv6Addresses: [late] });
  const process = new SimulatedProcess('dead', a.host, 'keep');
  process.kill();
  const sent = { sentMs: 0, knowsAsOf: new Map(), step: 'keep AssignIpv6Addresses' };
  world.actor = { process, pod: a, action: 'AssignIpv6Addresses', behalf: [a], ...sent };
  await ec2.assignIpv6Addresses({ networkInterfaceId, ipv6Addresses: [late] });
  expect(await complaints()).toEqual([expect.stringContaining(`${late} is left on`)]);
  await world.scheduler.runUntil(world.nowMs + 20_000);
  expect(await complaints()).toEqual([]);
  expect([...world.excused.keys()]).toEqual(['late IPv6 address']);
  world.letGo();
});

it('complains of an address without its record, off the link, or of nobody', async () => {
  const { world, ec2, networkInterfaceId, a, b, unassign, complaints } = await build();
  const [ofA, ofB] = [addressOf(a), addressOf(b)];
  await ec2.deleteTags({ resources: [networkInterfaceId], tags: [{ key: recordKey(ofA) }] });
  await unassign(ofB);
  const net1 = await b.kernel.observe('net1', 0);
  const { linkIndex = 0, linkName = '' } = net1 ?? {};
  const address = b.published?.publicIpv6?.address;
  if (address === undefined) throw new Error('b has no IPv6 address');
  const prefixLength = 128;
  await b.kernel.apply({
    kind: 'remove-ipv6-address',
    linkIndex,
    linkName,
    address,
    prefixLength,
  });
  expect(await complaints()).toEqual([
    expect.stringContaining(`a (${a.uid}) advertises ${ofA} under the record undefined`),
    expect.stringContaining(`b (${b.uid}) advertises ${ofB}, which ${networkInterfaceId} has not`),
    expect.stringContaining(`${ofA} is left on ${networkInterfaceId}`),
    expect.stringContaining(`b (${b.uid}) advertises ${ofB}, which is not on net1`),
  ]);
  world.letGo();
});
