// What the link's ARP settings do on the wire: no neighbour learns the public address, or one of another link.
import { once } from 'node:events';
import { udpIn } from '@truetuple/lab';
import { describe, expect, it } from 'vitest';
import { parseIpv4Address, type Cidr } from '../../packages/core/src/identity/address.ts';
import { planKernel } from '../../packages/core/src/kernel/plan-kernel.ts';
import { verifyKernel } from '../../packages/core/src/verify/verify-kernel.ts';
import { leakWorld, privateIps, publicIps, type LeakWorld } from './fail-closed-world.ts';
import { whyNoNamespaces } from './netns-rights.ts';

const reason = whyNoNamespaces();
const needs = reason === undefined ? '' : ` (skipped: ${reason})`;
const gateway = parseIpv4Address('10.0.2.1');
const privateIp = parseIpv4Address(privateIps[0]);
const publicIp = parseIpv4Address(publicIps[0]);
const ofEth0 = '10.0.1.50';
const network = {
  table: 200,
  gateway,
  subnetCidr: '10.0.2.0/24' as Cidr,
  vpcCidrs: ['10.0.0.0/16' as Cidr],
};

/** A pod whose net1 holds an identity; `without` its ARP settings as a control. */
async function heldPod(settings: 'as planned' | 'without'): Promise<LeakWorld> {
  const world = await leakWorld('veth');
  const { kernel, pod, podLinks } = world;
  // a new namespace inherits what the machine's own has, and the greater of both counts
  for (const name of ['arp_announce', 'arp_ignore']) {
    pod.writeFile(`/proc/sys/net/ipv4/conf/all/${name}`, '0');
  }
  const state = await kernel.observe('net1', 200);
  if (state === undefined) throw new Error('there is no net1');
  const steps = planKernel(state, {
    ...network,
    identities: [{ privateIp, publicIp }],
    releasing: [],
  });
  for (const step of steps) await kernel.apply(step);
  if (settings === 'without') {
    await podLinks.links.set({ name: 'net1' }, { ipv4: { arpAnnounce: 0, arpIgnore: 0 } });
  }
  return world;
}

async function routerLink({ vpcLinks }: LeakWorld): Promise<number> {
  const link = await vpcLinks.links.get({ name: 'eni1' });
  if (link === undefined) throw new Error('the router has no link');
  return link.index;
}

/** Who the router believes to have asked for its MAC address, after a packet from the public address. */
async function learnedByRouter(world: LeakWorld): Promise<readonly string[]> {
  await using near = await udpIn(world.pod, publicIps[0], 5060);
  await using far = await udpIn(world.vpc, gateway, 5060);
  const arrived = once(far, 'message');
  near.send('hello', 5060, gateway);
  await arrived;
  const linkIndex = await routerLink(world);
  const learned = await world.vpcLinks.neighbours.list({ linkIndex, family: 'ipv4' });
  return learned.map(({ address }) => address);
}

/** What becomes of the router's question for the MAC address of an address. */
async function asked(world: LeakWorld, address: string): Promise<string> {
  const { vpc, vpcLinks } = world;
  const linkIndex = await routerLink(world);
  await vpcLinks.routes.replace({ destination: `${address}/32`, linkIndex, scope: 'link' });
  vpc.writeFile('/proc/sys/net/ipv4/neigh/eni1/retrans_time_ms', '50');
  const { promise, resolve } = Promise.withResolvers<string>();
  const watch = vpcLinks.watch(['neighbour'], (event) => {
    if (event.kind !== 'neighbour' || event.neighbour.address !== address) return;
    if (['reachable', 'failed'].includes(event.neighbour.state)) resolve(event.neighbour.state);
  });
  try {
    await using asking = await udpIn(vpc, gateway, 5060);
    asking.send('hello', 5060, address);
    return await promise;
  } finally {
    watch.close();
  }
}

describe.skipIf(reason !== undefined)(`ARP on net1${needs}`, () => {
  it('asks with the private address, whatever address a packet is from', async () => {
    using world = await heldPod('as planned');
    expect(await learnedByRouter(world)).toEqual([privateIps[0]]);
  });

  it('control: without arp_announce it tells the public address', async () => {
    using world = await heldPod('without');
    expect(await learnedByRouter(world)).toEqual([publicIps[0]]);
  });

  it("does not answer for another link's address", async () => {
    using world = await heldPod('as planned');
    expect(await asked(world, ofEth0)).toBe('failed');
  });

  it('control: without arp_ignore it answers', async () => {
    using world = await heldPod('without');
    expect(await asked(world, ofEth0)).toBe('reachable');
  });

  it('answers for the public address', async () => {
    using world = await heldPod('as planned');
    expect(await asked(world, publicIp)).toBe('reachable');
  });

  it.each([
    ['2', 'failed', 'arp-unanswered'],
    ['8', 'failed', 'arp-unanswered'],
    ['3', 'reachable', 'arp-answers-foreign'],
  ])(
    'with arp_ignore %s of all links its own counts no more: the public address is %s, %s is found',
    async (value, becomes, code) => {
      using world = await heldPod('as planned');
      world.pod.writeFile('/proc/sys/net/ipv4/conf/all/arp_ignore', value);
      expect(await asked(world, publicIp)).toBe(becomes);
      if (code === 'arp-answers-foreign') expect(await asked(world, ofEth0)).toBe('reachable');
      const facts = { linkName: 'net1', privateIp, publicIp, ...network };
      expect(await verifyKernel(world.kernel, facts)).toEqual([
        expect.objectContaining({ code, severity: 'warning' }),
      ]);
    },
  );
});
