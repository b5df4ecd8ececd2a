import { bindAddressFor } from '../identity/bind-address.ts';
import type { PublicIdentity } from '../identity/public-identity.ts';
import { isIpv4Address, type Ipv4Address } from '../identity/address.ts';
import type { DatagramSocket, Endpoint } from './datagram-port.ts';
import { gatherPath, type PathToGather, type WirePorts } from './gather-path.ts';
import type { ProbingPeer } from './probing-peer.ts';
import type { StunServerName } from '../identity/stun-server-name.ts';
import type { StunTiming } from './stun/stun-timing.ts';
import type { PathEvidence, Peers } from './wire-evidence.ts';

/** What is known of an identity whose packets are asked about. */
export type WireIdentity = Pick<
  PublicIdentity,
  'publicIp' | 'delivery' | 'bind' | 'vpcCidrs' | 'subnetCidr' | 'routedCidrs' | 'ports'
>;

export interface WireQuestion {
  readonly identity: WireIdentity;
  readonly servers: readonly StunServerName[];
  readonly ports: readonly number[];
  readonly reservedPort: number | undefined;
  /** The only ports that may be bound for it; undefined: all of them. */
  readonly bindsOnly: readonly number[] | undefined;
  readonly applicationSockets: readonly DatagramSocket[];
  readonly wantsInbound: boolean;
  readonly probingPeers: readonly ProbingPeer[];
  readonly timing: StunTiming;
  readonly signal: AbortSignal | undefined;
}

export interface WireEvidence {
  readonly paths: readonly PathEvidence[];
  /** Names that nobody knows an address of. */
  readonly serversNotFound: readonly string[];
}

/** So many sockets are open at once. */
const portsAtOnce = 8;

/** Asks every server for every port, from the source that its network is to be sent to with. */
export async function gatherWire(ports: WirePorts, question: WireQuestion): Promise<WireEvidence> {
  const found = await Promise.all(question.servers.map((name) => findServer(ports, name)));
  const serversNotFound = question.servers.flatMap((name, index) =>
    found[index] === undefined ? [nameOf(name)] : [],
  );
  const servers = found.filter((server) => server !== undefined);
  const all = question.ports.flatMap((port) => pathsOf(question, { port, servers }));
  const paths: PathEvidence[] = [];
  for (let index = 0; index < all.length; index += portsAtOnce) {
    const some = all.slice(index, index + portsAtOnce);
    paths.push(...(await Promise.all(some.map((path) => gatherPath(ports, path)))));
  }
  return { paths: await throughReservedPort(ports, question, { all, paths }), serversNotFound };
}

interface Server {
  readonly server: string;
  readonly at: Endpoint;
}

async function findServer(
  { datagrams }: WirePorts,
  name: StunServerName,
): Promise<Server | undefined> {
  const { host, port } = name;
  const [address] = isIpv4Address(host) ? [host] : await datagrams.resolve(host);
  return address === undefined ? undefined : { server: nameOf(name), at: { address, port } };
}

function nameOf({ host, port }: StunServerName): string {
  return `${host}:${port}`;
}

interface PeersOfPath {
  readonly peers: Peers;
  readonly source: Ipv4Address;
  readonly some: readonly Server[];
}

function pathsOf(
  question: WireQuestion,
  { port, servers }: { readonly port: number; readonly servers: readonly Server[] },
): PathToGather[] {
  const { identity, applicationSockets, wantsInbound, timing, signal } = question;
  const { publicIp, bind } = identity;
  const senders = wantsInbound ? question.probingPeers : [];
  const isVpc = ({ at }: Server): boolean => bindAddressFor(identity, at.address) === bind.vpc;
  // where one socket serves all peers, it is one path
  const byPeers: readonly PeersOfPath[] =
    bind.internet === bind.vpc
      ? [{ peers: 'all', source: bind.internet, some: servers }]
      : [
          {
            peers: 'internet',
            source: bind.internet,
            some: servers.filter((server) => !isVpc(server)),
          },
          { peers: 'vpc', source: bind.vpc, some: servers.filter(isVpc) },
        ];
  return byPeers
    .map((path) => ({
      ...path,
      probingPeers: senders.filter((sender) => path.peers === 'all' || sender.peers === path.peers),
    }))
    .filter(({ some, probingPeers }) => some.length + probingPeers.length > 0)
    .map(({ peers, source, some, probingPeers }) => ({
      port,
      peers,
      source,
      mayBind: question.bindsOnly === undefined || question.bindsOnly.includes(port),
      servers: some,
      publicIp,
      applicationSockets,
      wantsInbound,
      probingPeers,
      timing,
      signal,
    }));
}

/** A reserved port is asked once for each path, and stands for all ports that are held there. */
async function throughReservedPort(
  ports: WirePorts,
  { reservedPort }: WireQuestion,
  {
    all,
    paths,
  }: { readonly all: readonly PathToGather[]; readonly paths: readonly PathEvidence[] },
): Promise<PathEvidence[]> {
  if (reservedPort === undefined) return [...paths];
  const stands = new Map<Peers, PathEvidence>();
  const throughIt: PathEvidence[] = [];
  for (const [index, path] of paths.entries()) {
    const asked = all[index];
    if (path.bindRefusedWith !== 'EADDRINUSE' || asked === undefined) {
      throughIt.push(path);
      continue;
    }
    const stand =
      stands.get(path.peers) ?? (await gatherPath(ports, { ...asked, port: reservedPort }));
    stands.set(path.peers, stand);
    const { local, answers, inbound } = stand;
    const isHeldToo = stand.through === 'none';
    throughIt.push(
      isHeldToo ? path : { ...path, through: 'reserved-port', local, answers, inbound },
    );
  }
  return throughIt;
}
