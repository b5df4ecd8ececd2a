import { openUdpPeer, type UdpPeer } from '@truetuple/lab';
import { openConntrack } from '@truetuple/netlink/conntrack';
import { matchConnectionState, openNftables } from '@truetuple/netlink/nftables';
import { describe, expect, it } from 'vitest';
import type { DeliveryPlan } from '../../packages/core/src/identity/delivery.ts';
import { whyNoNamespaces } from './netns-rights.ts';
import { exchange, patienceMs } from './tuple-matrix-hosts.ts';
import {
  identities,
  routedCidrs,
  twoLinkWorld,
  vpcPeer,
  type TwoLinkWorld,
} from './two-link-world.ts';

const { first } = identities;
const port = 5060;
const advertised = `${first.publicIp}:${port}`;
const translate: DeliveryPlan = { delivery: 'translate', routedCidrs };

/** Somebody else in the pod, a firewall or a mesh, asks for the state of connections: all are tracked from now on. */
async function trackAll({ pod }: TwoLinkWorld): Promise<void> {
  using nft = await openNftables({ netns: pod });
  const chain = { family: 'ip', table: 'firewall', chain: 'input' } as const;
  await nft.transaction((t) => {
    t.addTable(chain);
    t.addChain({ ...chain, hook: { name: 'input', priority: 0 } });
    t.addRule({ ...chain, expressions: [...matchConnectionState('established'), accept] });
  });
}
const accept = { kind: 'accept' } as const;

async function flows({ pod }: TwoLinkWorld): Promise<string[]> {
  await using conntrack = await openConntrack({ netns: pod });
  const all = await conntrack.flows.list({ family: 'ipv4' });
  return all.map(({ original }) => `${original.source} ${original.destination}`);
}

function inVpc(world: TwoLinkWorld): Promise<UdpPeer> {
  return openUdpPeer({ namespace: world.vpc, address: vpcPeer, port });
}

function inPod(world: TwoLinkWorld, address: string): Promise<UdpPeer> {
  return openUdpPeer({ namespace: world.pod, address, port });
}

const reason = whyNoNamespaces();
const needs = reason === undefined ? '' : ` (skipped: ${reason})`;

describe.skipIf(reason !== undefined)(`a pod whose connections are tracked${needs}`, () => {
  it('translate works as without, and its flows are not tracked, whoever begins', async () => {
    using world = await twoLinkWorld();
    await trackAll(world);
    await world.hold(first, translate);
    const [peer, pod] = [await inVpc(world), await inPod(world, first.privateIp)];
    expect(await exchange(peer, advertised, pod)).toEqual({
      calleeSaw: peer.tuple,
      callerSaw: advertised,
    });
    expect(await flows(world)).toEqual([]);
    await pod.send(peer.tuple, 'by itself');
    const seen = await peer.waitFor(
      ({ payload }) => payload.toString() === 'by itself',
      patienceMs,
    );
    expect(seen.from).toBe(advertised);
    expect(await flows(world)).toEqual([]);
    await Promise.all([peer.close(), pod.close()]);
  });

  it('what is not translated is tracked: the control', async () => {
    using world = await twoLinkWorld();
    await trackAll(world);
    await world.hold(first, { delivery: 'both' });
    const [peer, pod] = [await inVpc(world), await inPod(world, first.publicIp)];
    await exchange(peer, advertised, pod);
    expect(await flows(world)).toEqual([`${vpcPeer} ${first.publicIp}`]);
    await Promise.all([peer.close(), pod.close()]);
  });

  it('dnat takes over a flow that was tracked before it was there', async () => {
    using world = await twoLinkWorld();
    await trackAll(world);
    await world.hold(first, { delivery: 'both' });
    const peer = await inVpc(world);
    const before = await inPod(world, first.publicIp);
    await exchange(peer, advertised, before);
    await before.close();
    await world.hold(first, { delivery: 'dnat' });
    const after = await inPod(world, first.privateIp);
    await peer.send(advertised, 'again');
    const heard = await after.waitFor(({ payload }) => payload.toString() === 'again', patienceMs);
    expect(heard.from).toBe(peer.tuple);
    await Promise.all([peer.close(), after.close()]);
  });
});
