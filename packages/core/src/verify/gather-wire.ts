import { bindAddressFor } from '../identity/bind-address.ts';
import type { PublicIdentity } from '../identity/public-identity.ts';
import { isIpv4Address } from '../identity/address.ts';
import type { AddressFamily } from '../identity/ipv6-spec.ts';
import { familyOf, formatEndpoint, type DatagramSocket, type Endpoint } from './datagram-port.ts';
import { gatherPath, type PathToGather, type WirePorts } from './gather-path.ts';
import type { ProbingPeer } from './probing-peer.ts';
import type { StunServerName } from '../identity/stun-server-name.ts';
import type { StunTiming } from './stun/stun-timing.ts';
import type { PathEvidence, Peers } from './wire-evidence.ts';

/** What is known of an identity whose packets are asked about. */
export type WireIdentity = Pick<
  PublicIdentity,
  | 'publicIp'
  | 'publicIpv6'
  | 'delivery'
  | 'bind'
  | 'vpcCidrs'
  | 'subnetCidr'
  | 'routedCidrs'
  | 'ports'
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
  readonly serversNotFound: readonly string[];
}

/** So many sockets are open at once. */
const portsAtOnce = 8;

/** Asks every server for every port, from the source that its network is to be sent to with. */
export async function gatherWire(ports: WirePorts, question: WireQuestion): Promise<WireEvidence> {
  const families: readonly AddressFamily[] =
    question.identity.publicIpv6 === undefined ? ['ipv4'] : ['ipv4', 'ipv6'];
  const found = await Promise.all(
    question.servers.map((name) => findServer(ports, name, families)),
  );
  const serversNotFound = question.servers.flatMap((name, index) =>
    found[index]?.length === 0 ? [nameOf(name)] : [],
  );
  const servers = found.flat();
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

/** Where a server is asked: once in each family in which it has an address. */
async function findServer(
  { datagrams }: WirePorts,
  name: StunServerName,
  families: readonly AddressFamily[],
): Promise<readonly Server[]> {
  const { host, port } = name;
  const isLiteral = isIpv4Address(host) || host.includes(':');
  const found = await Promise.all(
    families.map(async (family) => {
      if (isLiteral) return familyOf(host) === family ? host : undefined;
      return (await datagrams.resolve(host, family))[0];
    }),
  );
  return found.flatMap((address) =>
    address === undefined ? [] : [{ server: nameOf(name), at: { address, port } }],
  );
}

function nameOf({ host, port }: StunServerName): string {
  return formatEndpoint({ address: host, port });
}

interface PeersOfPath {
  readonly family: AddressFamily;
  readonly peers: Peers;
  readonly source: string;
  readonly advertisedAddress: string;
  readonly some: readonly Server[];
}

function pathsOf(
  question: WireQuestion,
  { port, servers }: { readonly port: number; readonly servers: readonly Server[] },
): PathToGather[] {
  const { identity, applicationSockets, wantsInbound, timing, signal } = question;
  const senders = wantsInbound ? question.probingPeers : [];
  const byPeers = [...ipv4Paths(identity, servers), ...ipv6Paths(identity, servers)];
  return byPeers
    .map((path) => ({
      ...path,
      probingPeers: senders.filter(
        ({ family = 'ipv4', peers }) =>
          family === path.family && (path.peers === 'all' || peers === path.peers),
      ),
    }))
    .filter(({ some, probingPeers }) => some.length + probingPeers.length > 0)
    .map(({ family, peers, source, advertisedAddress, some, probingPeers }) => ({
      port,
      family,
      peers,
      source,
      advertisedAddress,
      mayBind: question.bindsOnly === undefined || question.bindsOnly.includes(port),
      servers: some,
      applicationSockets,
      wantsInbound,
      probingPeers,
      timing,
      signal,
    }));
}

function ipv4Paths(identity: WireIdentity, servers: readonly Server[]): PeersOfPath[] {
  const { bind, publicIp: advertisedAddress } = identity;
  const some = servers.filter(({ at }) => familyOf(at.address) === 'ipv4');
  const isVpc = ({ at }: Server): boolean => bindAddressFor(identity, at.address) === bind.vpc;
  const family = 'ipv4' as const;
  // where one socket serves all peers, it is one path
  if (bind.internet === bind.vpc) {
    return [{ family, peers: 'all', source: bind.internet, advertisedAddress, some }];
  }
  const outside = some.filter((server) => !isVpc(server));
  const inside = some.filter(isVpc);
  return [
    { family, peers: 'internet', source: bind.internet, advertisedAddress, some: outside },
    { family, peers: 'vpc', source: bind.vpc, advertisedAddress, some: inside },
  ];
}

/** One address is advertised and bound for every peer. */
function ipv6Paths({ publicIpv6 }: WireIdentity, servers: readonly Server[]): PeersOfPath[] {
  if (publicIpv6 === undefined) return [];
  const { address } = publicIpv6;
  const some = servers.filter(({ at }) => familyOf(at.address) === 'ipv6');
  return [{ family: 'ipv6', peers: 'all', source: address, advertisedAddress: address, some }];
}

/** A reserved port is asked once for each path, and stands for all ports that are held there, or may be. */
async function throughReservedPort(
  ports: WirePorts,
  { reservedPort }: WireQuestion,
  {
    all,
    paths,
  }: { readonly all: readonly PathToGather[]; readonly paths: readonly PathEvidence[] },
): Promise<PathEvidence[]> {
  if (reservedPort === undefined) return [...paths];
  const stands = new Map<string, PathEvidence>();
  const throughIt: PathEvidence[] = [];
  for (const [index, path] of paths.entries()) {
    const asked = all[index];
    const { bindRefusedWith = 'EADDRINUSE' } = path;
    if (path.through !== 'none' || bindRefusedWith !== 'EADDRINUSE' || asked === undefined) {
      throughIt.push(path);
      continue;
    }
    const key = `${path.family} ${path.peers}`;
    const stand =
      stands.get(key) ?? (await gatherPath(ports, { ...asked, port: reservedPort, mayBind: true }));
    stands.set(key, stand);
    const { local, answers, inbound } = stand;
    const isHeldToo = stand.through === 'none';
    throughIt.push(
      isHeldToo ? path : { ...path, through: 'reserved-port', local, answers, inbound },
    );
  }
  return throughIt;
}
