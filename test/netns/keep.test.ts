import {
  ensurePublicIdentity,
  linuxKernel,
  type IdentitySpecInput,
  type KeepEvent,
  type Keeping,
} from '@truetuple/core';
import { openNftables, type Nftables } from '@truetuple/netlink/nftables';
import { ManualClock, simulatedPod, type SimulatedPod } from '@truetuple/core/testing';
import { describe, expect, it, vi } from 'vitest';
import { tapEth0, type Eth0Tap } from './eth0-tap.ts';
import {
  internetPeer,
  leakWorld,
  privateIps,
  publicIps,
  vpcPeer,
  type LeakWorld,
  type Net1Kind,
} from './fail-closed-world.ts';
import { whyNoNamespaces } from './netns-rights.ts';
import { boundUdp, type BoundUdp } from './pod-traffic.ts';

/** An identity that is kept on a real link, against a simulated EC2; its sockets; what leaves by eth0. */
interface Kept extends AsyncDisposable {
  readonly world: LeakWorld;
  readonly tap: Eth0Tap;
  readonly pod: SimulatedPod<ManualClock>;
  readonly keeping: Keeping;
  readonly sockets: readonly BoundUdp[];
  /** Waits for what a keep says, such as "repaired add-address". */
  readonly told: (what: string) => Promise<void>;
  readonly hasTold: (what: string) => boolean;
}

async function keepOn(net1: Net1Kind, delivery: Partial<IdentitySpecInput> = {}): Promise<Kept> {
  await using opened = new AsyncDisposableStack();
  const world = opened.use(await leakWorld(net1));
  const tap = opened.use(tapEth0(world));
  const pod = simulatedPod({ clock: new ManualClock() });
  const node = { ...pod.node, openKernel: () => linuxKernel({ netns: world.pod }) };
  const eni = pod.ec2
    .snapshot()
    .networkInterfaces.find(({ privateIpAddresses }) =>
      privateIpAddresses.some(({ privateIpAddress }) => privateIpAddress === '10.0.2.10'),
    );
  if (eni === undefined) throw new Error('the simulated pod has no media ENI');
  const { networkInterfaceId } = eni;
  const networkInterface = { by: 'id', networkInterfaceId } as const;
  const spec = { ...pod.spec, networkInterface, privateIp: privateIps[0], ...delivery };
  const held = await ensurePublicIdentity(spec, { node });
  const events: string[] = [];
  const onEvent = (event: KeepEvent): void => void events.push(...words(event));
  const sockets = [publicIps[0], privateIps[0]].map((ip) => opened.use(boundUdp(world.pod, ip)));
  const keeping = opened.use(await held.keep({ onEvent }));
  const all = opened.move();
  return {
    world,
    tap,
    pod,
    keeping,
    sockets,
    told: (what) => vi.waitFor(() => expect(events).toContain(what), { interval: 5 }),
    hasTold: (what) => events.includes(what),
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  };
}

function words(event: KeepEvent): string[] {
  switch (event.kind) {
    case 'repaired':
      return event.steps.map(({ kind }) => `repaired ${kind}`);
    case 'degraded':
    case 'unsure':
      return [`${event.kind} ${event.error.code}`];
    case 'restored':
      return [`restored ${event.identity.generation}`];
    case 'lost':
      return [`lost ${event.because}`];
    case 'gateway-unreachable':
    case 'gateway-reachable':
    case 'gateway-changed':
    case 'wire-silent':
    case 'wire-answers':
      return [event.kind];
    default:
      return event satisfies never;
  }
}

/** Sends by both sockets to both kinds of peers: the answers of the kernel. */
function sendAll({ sockets }: Kept): Set<string> {
  const answers = new Set<string>();
  for (const socket of sockets) {
    for (const to of [internetPeer, vpcPeer]) answers.add(socket.send(to, 'of the identity'));
  }
  return answers;
}

/** Lets the keep's time go by, second by second, for the kernel's time goes by beside it. */
function advanceUntilTold({ pod, hasTold }: Kept, what: string): Promise<void> {
  return vi.waitFor(async () => {
    await pod.clock.advance(1000);
    expect(hasTold(what)).toBe(true);
  });
}

const reason = whyNoNamespaces();
const needs = reason === undefined ? '' : ` (skipped: ${reason})`;
const sent = new Set(['sent']);

describe.skipIf(reason !== undefined)(`keep on the real kernel${needs}`, () => {
  it.each(['veth', 'macvlan'] as const)(
    '%s: net1 down is withdrawn, up again restored',
    async (net1) => {
      await using kept = await keepOn(net1);
      const { world, pod, keeping } = kept;
      await world.podLinks.links.set({ name: 'net1' }, { up: false });
      expect(sendAll(kept).has('sent')).toBe(false);
      await kept.told('degraded LinkDown');
      expect(await pod.publisher.current()).toBeUndefined();
      await world.podLinks.links.set({ name: 'net1' }, { up: true });
      await kept.told('restored 2');
      expect(await pod.publisher.current()).toEqual(keeping.identity);
      expect(sendAll(kept)).toEqual(sent);
      expect(await kept.tap.leaked()).toEqual([]);
    },
  );

  it('net1 deleted and made again, with another index, is whole again', async () => {
    await using kept = await keepOn('macvlan');
    const { world } = kept;
    await world.podLinks.links.remove({ name: 'net1' });
    await kept.told('degraded LinkNotFound');
    await world.makeNet1();
    await kept.told('restored 2');
    expect(sendAll(kept)).toEqual(sent);
    expect(await kept.tap.leaked()).toEqual([]);
  });

  it('a route, the closed route, a rule or the address taken away by hand is put back', async () => {
    await using kept = await keepOn('veth');
    const { podLinks } = kept.world;
    const { index: linkIndex } = (await podLinks.links.get({ name: 'net1' })) ?? { index: 0 };
    await podLinks.routes.remove({ destination: '10.0.0.0/16', table: 200, linkIndex });
    await kept.told('repaired replace-route');
    await podLinks.addresses.remove({ linkIndex, address: `${publicIps[0]}/32` });
    await kept.told('repaired add-address');
    await podLinks.rules.remove({ priority: 100, from: `${privateIps[0]}/32`, table: 200 });
    await kept.told('repaired add-rule');
    await podLinks.routes.remove({ destination: '0.0.0.0/0', type: 'unreachable', table: 200 });
    await kept.told('repaired install-fail-closed-route');
    await podLinks.links.set({ index: linkIndex }, { ipv4: { rpFilter: 1 } });
    await kept.told('repaired set-link-settings');
    expect(sendAll(kept)).toEqual(sent);
    // none of it was worth a withdrawal
    expect(kept.keeping.identity.generation).toBe(1);
    expect(await kept.tap.leaked()).toEqual([]);
  });

  it.each<[string, Partial<IdentitySpecInput>]>([
    ['translate', { delivery: 'translate', routedCidrs: ['10.0.1.0/24'] }],
    ['dnat', { delivery: 'dnat' }],
  ])('the table of %s is put back when it is flushed, deleted or changed', async (_, delivery) => {
    await using kept = await keepOn('veth', delivery);
    using nft = await openNftables({ netns: kept.world.pod });
    const table = { family: 'ip', table: `truetuple-${publicIps[0]}` } as const;
    const whole = await rulesOf(nft);
    expect(whole.length).toBeGreaterThan(0);
    const harms: (() => Promise<void>)[] = [
      () => nft.transaction((t) => t.deleteTable(table)),
      async () => {
        const chains = await nft.chains.list(table);
        await nft.transaction((t) => chains.forEach((chain) => t.flushChain(chain)));
      },
      () => nft.transaction((t) => t.addTable({ ...table, flags: ['dormant'] })),
    ];
    for (const harm of harms) {
      await harm();
      await vi.waitFor(async () => expect(await rulesOf(nft)).toEqual(whole), { interval: 5 });
    }
    await kept.told('repaired replace-delivery-table');
    expect(kept.keeping.identity).toMatchObject({ generation: 1, delivery: delivery.delivery });
  });

  it('a gateway that answers no ARP any more is told, withdraws nothing, and is told when it answers', async () => {
    await using kept = await keepOn('macvlan');
    const { pod, world } = kept;
    const { podLinks, vpcLinks } = world;
    const { index: linkIndex } = (await podLinks.links.get({ name: 'net1' })) ?? { index: 0 };
    const { gateway: address } = kept.keeping.identity;
    expect(sendAll(kept)).toEqual(sent);
    // as when the ENI is gone: the link stays up, and nobody is there
    await vpcLinks.links.set({ name: 'eni1' }, { ipv4: { arpIgnore: 8 } });
    await podLinks.neighbourTables.set({ linkIndex, retransTimeMs: 20 });
    await podLinks.neighbours.remove({ linkIndex, address });
    sendAll(kept);
    await vi.waitFor(async () => {
      expect((await podLinks.neighbours.list({ linkIndex })).map(({ state }) => state)).toContain(
        'failed',
      );
    });
    await advanceUntilTold(kept, 'gateway-unreachable');
    expect(await pod.publisher.current()).toEqual(kept.keeping.identity);
    await vpcLinks.links.set({ name: 'eni1' }, { ipv4: { arpIgnore: 0 } });
    sendAll(kept);
    await kept.told('gateway-reachable');
    const macAddress = '02:00:00:00:00:99';
    await podLinks.neighbours.replace({ linkIndex, address, macAddress });
    await kept.told('gateway-changed');
    expect(kept.keeping.identity.generation).toBe(1);
    expect(await kept.tap.leaked()).toEqual([]);
  });

  it('fenced, the address is off the link and bound sockets are refused, not led to eth0', async () => {
    await using kept = await keepOn('macvlan');
    const { pod, keeping, world } = kept;
    const { allocationId, networkInterfaceId } = keeping.identity;
    const privateIpAddress = '10.0.2.140';
    const place = { networkInterfaceId, privateIpAddresses: [privateIpAddress] };
    await pod.ec2.assignPrivateIpAddresses(place);
    await pod.ec2.associateAddress({ allocationId, networkInterfaceId, privateIpAddress });
    await pod.clock.advance(60_000);
    await vi.waitFor(async () => {
      await pod.clock.advance(1000);
      const { addresses } = (await world.kernel.observe('net1', 200)) ?? { addresses: [] };
      expect(addresses.map(({ address }) => address)).not.toContain(publicIps[0]);
    });
    expect(await keeping.ended).toMatchObject({ kind: 'lost', because: 'taken' });
    expect(sendAll(kept).has('sent')).toBe(false);
    expect(await kept.tap.leaked()).toEqual([]);
  });
});

/** All rules of tables that see packets. */
async function rulesOf(nft: Nftables): Promise<unknown[]> {
  const awake = (await nft.tables.list()).filter(({ flags }) => flags.length === 0);
  const names = new Set(awake.map(({ table }) => table));
  return (await nft.rules.list())
    .filter(({ table }) => names.has(table))
    .map(({ chain, expressions }) => ({ chain, expressions }));
}
