import { describe, expect, it, vi } from 'vitest';
import { parseIpv4Address, type Cidr } from '../../packages/core/src/identity/address.ts';
import { planKernel, type WantedLink } from '../../packages/core/src/kernel/plan-kernel.ts';
import { tapEth0 } from './eth0-tap.ts';
import {
  internetPeer,
  leakWorld,
  privateIps,
  publicIps,
  vpcPeer,
  type LeakWorld,
} from './fail-closed-world.ts';
import { whyNoNamespaces } from './netns-rights.ts';
import { boundUdp, liveTcp, type BoundUdp, type SocketManner } from './pod-traffic.ts';

const identities = privateIps.map((privateIp, n) => ({
  privateIp: parseIpv4Address(privateIp),
  publicIp: parseIpv4Address(publicIps[n] ?? ''),
}));
const wanted: WantedLink = {
  table: 200,
  gateway: parseIpv4Address('10.0.2.1'),
  subnetCidr: '10.0.2.0/24' as Cidr,
  vpcCidrs: ['10.0.0.0/16' as Cidr],
  identities,
  releasing: [],
};

async function settle(
  { kernel }: LeakWorld,
  target: WantedLink,
  carryOut: (step: () => Promise<void>) => Promise<void> = (step) => step(),
): Promise<void> {
  const state = await kernel.observe('net1', target.table);
  if (state === undefined) throw new Error('net1 is gone');
  for (const step of planKernel(state, target)) {
    await carryOut(() => kernel.apply(step));
  }
}

type Loss = 'down' | 'flap' | 'deletion' | 'remade';
const losses: readonly Loss[] = ['down', 'flap', 'deletion', 'remade'];
const cases = (['veth', 'macvlan'] as const).flatMap((net1) =>
  losses.map((loss) => ({ net1, loss })),
);

async function lose({ podLinks, makeNet1 }: LeakWorld, loss: Loss): Promise<void> {
  const net1 = { name: 'net1' };
  if (loss === 'down' || loss === 'flap') {
    await podLinks.links.set(net1, { up: false });
    if (loss === 'flap') await podLinks.links.set(net1, { up: true });
    return;
  }
  await podLinks.links.remove(net1);
  if (loss === 'remade') await makeNet1();
}

/** What a setup without a fail-closed route is like. */
async function openTable({ podLinks }: LeakWorld): Promise<void> {
  const destination = '0.0.0.0/0';
  await podLinks.routes.remove({ destination, type: 'unreachable', table: wanted.table });
}

/** Sends on each of an identity's sockets to each kind of peer; the answers of the kernel. */
function sendAll(sockets: readonly BoundUdp[], text: string): Set<string> {
  const answers = new Set<string>();
  for (const socket of sockets) {
    for (const to of [internetPeer, vpcPeer]) {
      for (let n = 0; n < 10; n++) answers.add(socket.send(to, `${text} ${n}`));
    }
  }
  return answers;
}

/** Opens an identity's sockets, one for each address, and a TCP connection that is alive. */
async function openSockets(world: LeakWorld, manner: SocketManner) {
  const udp = [publicIps[0], privateIps[0]].map((ip) => boundUdp(world.pod, ip, manner));
  const tcp = await liveTcp(
    { netns: world.pod, address: privateIps[0], transparent: manner.transparent === true },
    { netns: world.vpc, address: internetPeer },
  );
  tcp.send('before');
  await tcp.received('before');
  return {
    udp,
    tcp,
    [Symbol.dispose]: () => {
      for (const socket of [...udp, tcp]) socket[Symbol.dispose]();
    },
  };
}

/** Waits until the kernel has tried at least once more to send what TCP could not send. */
async function tcpTriedAgain({ pod }: LeakWorld): Promise<void> {
  await vi.waitFor(
    () => {
      const established = pod
        .readFile('/proc/net/tcp')
        .split('\n')
        .map((line) => line.trim().split(/\s+/))
        .filter((fields) => fields[3] === '01');
      const tries = established.map((fields) => Number(fields[6]) + Number(fields[8]));
      expect(Math.max(0, ...tries)).toBeGreaterThan(0);
    },
    { interval: 10, timeout: 10_000 },
  );
}

const reason = whyNoNamespaces();
const needs = reason === undefined ? '' : ` (skipped: ${reason})`;

describe.skipIf(reason !== undefined)(`net1 lost${needs}`, () => {
  it.each(cases)('$net1 $loss: nothing of the identity leaves by eth0', async ({ net1, loss }) => {
    for (const transparent of [false, true]) {
      using world = await leakWorld(net1);
      using tap = tapEth0(world);
      await settle(world, wanted);
      using sockets = await openSockets(world, { transparent });
      expect(sendAll(sockets.udp, 'before')).toEqual(new Set(['sent']));
      await lose(world, loss);
      const answers = sendAll(sockets.udp, 'after');
      expect(answers.has('sent')).toBe(false);
      sockets.tcp.send('after');
      await tcpTriedAgain(world);
      expect(await tap.leaked()).toEqual([]);
    }
  });

  it.each(cases)('$net1 $loss: control: without the closing route it does', async (given) => {
    using world = await leakWorld(given.net1);
    using tap = tapEth0(world);
    await settle(world, wanted);
    // once no link has the source, the kernel refuses it by itself, except for transparent sockets
    using sockets = await openSockets(world, { transparent: given.loss === 'deletion' });
    await openTable(world);
    await lose(world, given.loss);
    expect(sendAll(sockets.udp, 'after')).toContain('sent');
    sockets.tcp.send('after');
    await tap.waitForLeak(({ protocol }) => protocol === 'tcp');
    const leaked = await tap.leaked();
    expect(new Set(leaked.map(({ protocol }) => protocol))).toEqual(new Set(['udp', 'tcp']));
    expect(leaked.map(({ source }) => source)).toContain(privateIps[0]);
  });

  it('a flap is healed by the next plan, and a live connection goes on', async () => {
    using world = await leakWorld('macvlan');
    using tap = tapEth0(world);
    await settle(world, wanted);
    using sockets = await openSockets(world, {});
    await lose(world, 'flap');
    sockets.tcp.send('after');
    await tcpTriedAgain(world);
    await settle(world, wanted);
    await sockets.tcp.received('beforeafter');
    expect(sendAll(sockets.udp, 'healed')).toEqual(new Set(['sent']));
    expect(await tap.leaked()).toEqual([]);
  });
});

describe.skipIf(reason !== undefined)(`release${needs}`, () => {
  it('of one identity loses no packet of the other, either way', async () => {
    using world = await leakWorld('macvlan');
    using tap = tapEth0(world);
    const [leaving, staying] = identities;
    if (leaving === undefined || staying === undefined) throw new Error('two identities');
    await settle(world, wanted);
    using outside = boundUdp(world.vpc, internetPeer);
    using inVpc = boundUdp(world.vpc, vpcPeer);
    using priv = boundUdp(world.pod, staying.privateIp);
    using pub = boundUdp(world.pod, staying.publicIp);
    // there and back on both paths
    const ways = [
      [priv, outside],
      [pub, inVpc],
      [outside, priv],
      [inVpc, pub],
    ] as const;
    let exchanged = 0;
    /** Packets are on their way while a step is carried out; then each must be there, in order. */
    const during = async (step: () => Promise<void>): Promise<void> => {
      const texts = Array.from({ length: 10 }, () => `packet ${exchanged++}`);
      for (const text of texts) {
        for (const [here, there] of ways) expect(here.send(there.address, text)).toBe('sent');
      }
      await step();
      for (const text of texts) {
        for (const [here, there] of ways) {
          expect(await there.next()).toEqual({ from: here.address, text });
        }
      }
    };
    // neighbours are found one packet at a time: of a burst to an unknown one the kernel keeps some
    for (const [here, there] of ways) {
      expect(here.send(there.address, 'first')).toBe('sent');
      expect(await there.next()).toEqual({ from: here.address, text: 'first' });
    }
    await during(async () => {});
    for (let round = 0; round < 10; round++) {
      for (const target of [{ ...wanted, identities: [], releasing: [leaving] }, wanted]) {
        await settle(world, target, during);
      }
    }
    expect(exchanged).toBe(210);
    expect(await tap.leaked()).toEqual([]);
  });

  it('of the last identity refuses what is still bound to it', async () => {
    using world = await leakWorld('veth');
    using tap = tapEth0(world);
    await settle(world, wanted);
    using sockets = await openSockets(world, {});
    await settle(world, { ...wanted, identities: [], releasing: identities });
    expect(sendAll(sockets.udp.slice(1), 'after')).toEqual(new Set(['EHOSTUNREACH']));
    sockets.tcp.send('after');
    await tcpTriedAgain(world);
    expect(await tap.leaked()).toEqual([]);
  });

  it('control: were the rules removed with it, a bound socket would leave by eth0', async () => {
    using world = await leakWorld('veth');
    using tap = tapEth0(world);
    await settle(world, wanted);
    using sockets = await openSockets(world, {});
    await settle(world, { ...wanted, identities: [], releasing: identities });
    await world.podLinks.links.set({ name: 'net1' }, { up: false });
    for (const { from, priority, protocol } of await world.podLinks.rules.list()) {
      if (protocol === 227 && from !== undefined) {
        await world.podLinks.rules.remove({ from, priority, protocol });
      }
    }
    expect(sendAll(sockets.udp.slice(1), 'after')).toEqual(new Set(['sent']));
    expect((await tap.leaked()).length).toBeGreaterThan(0);
  });
});
