// A dual-stack identity on a macvlan net1 of a real kernel: what the far side sees, and what stays shut.
import type { Socket } from 'node:dgram';
import { once } from 'node:events';
import { bindAddressFor, ensurePublicIdentity, type HeldIdentity } from '@truetuple/core';
import { simulatedNode, type SimulatedEc2 } from '@truetuple/core/testing';
import { udpIn } from '@truetuple/lab';
import { describe, expect, it } from 'vitest';
import { addIpv6, dualStackEc2, dualStackSpec, ipv6Peers as peers } from './dual-stack-world.ts';
import { internetPeer, leakWorld, type LeakWorld } from './fail-closed-world.ts';
import { whyNoNamespaces } from './netns-rights.ts';

const reason = whyNoNamespaces();
const needs = reason === undefined ? '' : ` (skipped: ${reason})`;
const address = '2001:db8:0:202::50';

interface Held extends AsyncDisposable {
  readonly world: LeakWorld;
  readonly held: HeldIdentity;
  readonly ec2: SimulatedEc2;
  /** Ensures once more, as a keep would put back what is lost. */
  readonly again: () => Promise<HeldIdentity>;
}

/** Simulated EC2, real kernel. */
async function dualStack(): Promise<Held> {
  const world = await leakWorld('macvlan');
  await addIpv6(world);
  const ec2 = dualStackEc2((await world.podLinks.links.get({ name: 'net1' }))?.macAddress);
  const node = simulatedNode({ ec2, kernel: world.kernel });
  const again = (): Promise<HeldIdentity> => ensurePublicIdentity(dualStackSpec(address), { node });
  const held = await again();
  return { world, held, ec2, again, [Symbol.asyncDispose]: async () => world[Symbol.dispose]() };
}

/** Sends, and answers what the far side saw of the sender. */
async function seenBy(far: Socket, near: Socket, to: string): Promise<string> {
  const arrived = once(far, 'message') as Promise<[Buffer, { address: string; port: number }]>;
  near.send('hello', far.address().port, to);
  const [, from] = await arrived;
  return `${from.address} ${from.port}`;
}

function sent(socket: Socket, to: string): Promise<string> {
  return new Promise((resolve) => {
    socket.send('hello', 5060, to, (error) =>
      resolve(error === null ? 'sent' : ((error as NodeJS.ErrnoException).code ?? 'refused')),
    );
  });
}

describe.skipIf(reason !== undefined)(`a dual-stack identity on net1${needs}`, () => {
  it.each(Object.entries(peers))(
    '%s peers see the advertised IPv6 tuple, and reach it',
    async (_kind, peer) => {
      await using run = await dualStack();
      const { identity } = run.held;
      const bound = bindAddressFor(identity, peer);
      expect(bound).toBe(identity.publicIpv6?.address);
      await using near = await udpIn(run.world.pod, bound, 5060);
      await using far = await udpIn(run.world.vpc, peer, 5060);
      expect(await seenBy(far, near, peer)).toBe(`${address} 5060`);
      expect(await seenBy(near, far, address)).toBe(`${peer} 5060`);
    },
  );

  it('beside it the IPv4 side is as ever', async () => {
    await using run = await dualStack();
    const bound = bindAddressFor(run.held.identity, internetPeer);
    await using near = await udpIn(run.world.pod, bound, 5060);
    await using far = await udpIn(run.world.vpc, internetPeer, 5060);
    expect(await seenBy(far, near, internetPeer)).toBe('10.0.2.128 5060');
  });

  it('net1 down: nothing leaves by eth0, the address stays; ensured again, the socket goes on', async () => {
    await using run = await dualStack();
    const { pod, vpc, podLinks } = run.world;
    await using near = await udpIn(pod, address, 5060);
    await using far = await udpIn(vpc, peers.internet, 5060);
    await podLinks.links.set({ name: 'net1' }, { up: false });
    expect(await sent(near, peers.internet)).toBe('EHOSTUNREACH');
    await podLinks.links.set({ name: 'net1' }, { up: true });
    expect(await sent(near, peers.internet)).toBe('EHOSTUNREACH');
    await run.again();
    expect(await seenBy(far, near, peers.internet)).toBe(`${address} 5060`);
  });

  it('without the closed table the same packet would leave by eth0', async () => {
    await using run = await dualStack();
    const { pod, podLinks } = run.world;
    await using near = await udpIn(pod, address, 5060);
    await podLinks.routes.remove({
      family: 'ipv6',
      type: 'unreachable',
      destination: '::/0',
      table: 200,
      // IPv6 goes by the metric, not by the type
      metric: 0xffff_ffff,
    });
    await podLinks.links.set({ name: 'net1' }, { up: false });
    expect(await sent(near, peers.internet)).toBe('sent');
  });

  it('released: the address is off net1 and off the network interface, a bound socket is refused', async () => {
    await using run = await dualStack();
    await using near = await udpIn(run.world.pod, address, 5060);
    await run.held.release();
    expect(await sent(near, peers.internet)).toBe('EHOSTUNREACH');
    const { networkInterfaces } = run.ec2.snapshot();
    expect(networkInterfaces.flatMap(({ ipv6Addresses = [] }) => ipv6Addresses)).toEqual([]);
    const left = await run.world.podLinks.addresses.list({ family: 'ipv6' });
    expect(left.map((one) => one.address)).not.toContain(`${address}/128`);
  });
});
