import { udpIn } from '../../socket/udp-in.ts';
import { boxAddresses } from '../../box/topology.ts';
import type { VpcBox } from '../../box/vpc-box.ts';
import type { Socket } from 'node:dgram';
import { Arrivals } from '../traffic/arrivals.ts';
import { closeSocket, sendDatagram, tupleOf } from '../traffic/datagram.ts';
import { roles, type Role } from '../traffic/flow.ts';
import { captureLink, type LinkCapture } from './kernel-captures.ts';
import { nominalPorts } from '../pod/pod-traffic.ts';
import { stockAppTuple, type StockPeer, type StockWorld } from '../acts/stock-path.ts';

/** Only lost packets use this up. */
const arrivalTimeoutMs = 1000;

/** The links that a call from the Internet passes, in order, and the host that takes it off each. */
const hops = [
  { host: 'igw', linkName: 'vpc', ends: 'Internet gateway' },
  { host: 'natgw', linkName: 'eth0', ends: 'VPC router' },
  { host: 'node', linkName: 'eth0', ends: 'NAT gateway' },
  { host: 'pod', linkName: 'eth0', ends: 'node' },
] as const;

const addresses = {
  app: boxAddresses.podEth0,
  first: boxAddresses.peer,
  second: boxAddresses.secondPeer,
} as const;

/** Act 1 in the box: an app on the pod's eth0, two peers on the Internet. */
export async function openKernelStock(
  box: VpcBox,
  directory: string | undefined,
): Promise<StockWorld> {
  await using opened = new AsyncDisposableStack();
  const atPeer = opened.use(
    await captureLink({
      namespace: box.namespaces.peer,
      linkName: 'pe0',
      file: 'stock-peer.pcap',
      directory,
    }),
  );
  const along: LinkCapture[] = [];
  for (const { host, linkName } of hops) {
    const namespace = box.namespaces[host];
    const file = `stock-${host}.pcap`;
    along.push(opened.use(await captureLink({ namespace, linkName, file, directory })));
  }
  const sockets = new Map<string, Socket>();
  const atApp = new Arrivals();
  for (const role of roles) {
    for (const host of ['app', 'first', 'second'] as const) {
      const namespace = host === 'app' ? box.namespaces.pod : box.namespaces.peer;
      const socket = await udpIn(namespace, addresses[host], nominalPorts[role]);
      opened.defer(() => closeSocket(socket));
      sockets.set(`${host} ${role}`, socket);
      if (host === 'app') atApp.listen(socket);
    }
  }
  const socketOf = (host: 'app' | StockPeer, role: Role): Socket => {
    const socket = sockets.get(`${host} ${role}`);
    if (socket === undefined) throw new Error(`no socket of ${host} for ${role}`);
    return socket;
  };
  const dropped = await countDrops(box);
  const resources = opened.move();
  return {
    observedBy: 'capture',
    appTuple: (role) => stockAppTuple(nominalPorts[role]),
    appToPeer: async (role, peer, payload) => {
      await sendDatagram(socketOf('app', role), payload, tupleOf(socketOf(peer, role)));
    },
    peerToApp: async (role, peer, to, payload) => {
      await sendDatagram(socketOf(peer, role), payload, to);
    },
    seenByPeer: (flow, _role, _peer, packets) => atPeer.tallyOf(flow, packets),
    seenByApp: (flow, _role, packets) => atApp.of(flow, packets, arrivalTimeoutMs),
    whereLost: (flow) => whereLost(flow, along, dropped),
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  };
}

/** The host that took the packets off the last link that saw them. */
async function whereLost(
  flow: string,
  along: readonly LinkCapture[],
  dropped: () => Promise<number>,
): Promise<string> {
  for (const [index, hop] of hops.entries()) {
    const seen = await along[index]?.tallyOf(flow, 0);
    if (seen !== undefined && seen.packets > 0) continue;
    return index === 0 ? `lost at ${hop.ends} (${await dropped()} dropped)` : `lost at ${hop.ends}`;
  }
  return 'lost in the pod';
}

/** How many packets the Internet gateway dropped since it was last asked: no Elastic IP, no way in. */
async function countDrops(box: VpcBox): Promise<() => Promise<number>> {
  let { no_dst: counted } = await box.dataPlane.counters();
  return async () => {
    const { no_dst: now } = await box.dataPlane.counters();
    const more = now - counted;
    counted = now;
    return more;
  };
}
