import type { Clock } from '../identity/clock.ts';
import type { AddressFamily } from '../identity/ipv6-spec.ts';
import {
  isSameEndpoint,
  type DatagramPort,
  type DatagramSocket,
  type Endpoint,
  type RandomBytes,
} from './datagram-port.ts';
import type { ProbeRequest, ProbingPeer } from './probing-peer.ts';
import { StunClient } from './stun/stun-client.ts';
import { stunSchedule, type StunTiming } from './stun/stun-timing.ts';
import type {
  InboundTry,
  PathEvidence,
  Peers,
  ProbeOutcome,
  ServerAnswer,
} from './wire-evidence.ts';

/** Outside of a proof: sockets, time and chance. */
export interface WirePorts {
  readonly datagrams: DatagramPort;
  readonly randomBytes: RandomBytes;
  readonly clock: Clock;
}

export interface PathToGather {
  readonly port: number;
  readonly family: AddressFamily;
  readonly peers: Peers;
  readonly source: string;
  /** False: asked through a lent socket, or not at all. */
  readonly mayBind: boolean;
  readonly servers: readonly { readonly server: string; readonly at: Endpoint }[];
  /** The address that is advertised to these peers. */
  readonly advertisedAddress: string;
  /** Lent by the application; the one that is bound to the very tuple is used. */
  readonly applicationSockets: readonly DatagramSocket[];
  readonly wantsInbound: boolean;
  readonly probingPeers: readonly ProbingPeer[];
  readonly timing: StunTiming;
  readonly signal: AbortSignal | undefined;
}

/**
 * Asks all servers from one port of one source, over one socket. A port that somebody holds is left alone:
 * the evidence then says so, and nothing was sent.
 */
export async function gatherPath(ports: WirePorts, path: PathToGather): Promise<PathEvidence> {
  const { port, family, peers, source } = path;
  const local = { address: source, port };
  const asked = { port, family, peers, source, local };
  const lent = path.applicationSockets.find((socket) => isSameEndpoint(socket.local, local));
  if (lent !== undefined) {
    const seen = await askOver(ports, lent, path);
    return { ...asked, through: 'application-socket', ...seen };
  }
  if (!path.mayBind) {
    return { ...asked, through: 'none', answers: [], inbound: [] };
  }
  const opened = await ports.datagrams.open(local);
  if (opened.kind === 'refused') {
    const bindRefusedWith = opened.errno;
    return { ...asked, through: 'none', bindRefusedWith, answers: [], inbound: [] };
  }
  try {
    const seen = await askOver(ports, opened.socket, path);
    return { ...asked, through: 'own-socket', ...seen };
  } finally {
    await opened.socket.close();
  }
}

async function askOver(
  ports: WirePorts,
  socket: DatagramSocket,
  path: PathToGather,
): Promise<Pick<PathEvidence, 'answers' | 'inbound'>> {
  const { clock, randomBytes } = ports;
  const client = new StunClient({ socket, clock, randomBytes });
  try {
    const { timing, signal } = path;
    const answers = await Promise.all(
      path.servers.map(async ({ server, at }): Promise<ServerAnswer> => {
        const answer = await client.ask({ server: at, timing, signal });
        return { server, at, answer };
      }),
    );
    const inbound = path.wantsInbound ? await askInbound(ports, { client, path, answers }) : [];
    return { answers, inbound };
  } finally {
    client.close();
  }
}

interface Asked {
  readonly client: StunClient;
  readonly path: PathToGather;
  readonly answers: readonly ServerAnswer[];
}

/** Only places that nothing was sent to: an answer from any other may be return traffic of a stateful filter. */
async function askInbound(
  ports: WirePorts,
  { client, path, answers }: Asked,
): Promise<InboundTry[]> {
  const { timing, signal, probingPeers } = path;
  const alternates = answers.flatMap(({ server, at, answer }) => {
    const other = answer.kind === 'mapped' ? answer.otherAddress : undefined;
    const isUsable = other !== undefined && other.address !== at.address && !client.hasAsked(other);
    return isUsable ? [{ server, at, other }] : [];
  });
  const tries = alternates.map(async ({ server, at, other }): Promise<InboundTry> => {
    const answer = await client.ask({ server: at, answerFrom: other, timing, signal });
    return { by: 'alternate-address', server, other, answer };
  });
  const probes = probingPeers.map(async (probingPeer): Promise<InboundTry> => {
    const outcome = await awaitProbe(ports.clock, { client, path, probingPeer });
    return { by: 'probing-peer', outcome };
  });
  return Promise.all([...tries, ...probes]);
}

/** Waits for the packet as long as an answer of a server would be waited for. */
async function awaitProbe(
  clock: Clock,
  {
    client,
    path,
    probingPeer,
  }: Pick<Asked, 'client' | 'path'> & { readonly probingPeer: ProbingPeer },
): Promise<ProbeOutcome> {
  using probe = client.awaitProbe();
  const over = new AbortController();
  const signal =
    path.signal === undefined ? over.signal : AbortSignal.any([path.signal, over.signal]);
  const to = { address: path.advertisedAddress, port: path.port };
  const { giveUpAtMs } = stunSchedule(path.timing);
  const said = askPeer(probingPeer, { to, datagram: probe.datagram, signal });
  const silent = { kind: 'silent' } as const;
  const silence: Promise<ProbeOutcome> = clock.wait(giveUpAtMs, signal).then(
    () => silent,
    () => silent,
  );
  const failure = said.then((told) => (told.kind === 'failed' ? told : silence));
  try {
    const first = await Promise.race([probe.arrived, failure, silence]);
    path.signal?.throwIfAborted();
    if ('kind' in first) return first;
    // he may say where he sent from before the packet arrives, or after it, or never
    const told = await Promise.race([said, silence]);
    return {
      kind: 'arrived',
      from: first,
      sentFrom: told.kind === 'sent' ? told.sentFrom : undefined,
    };
  } finally {
    over.abort();
  }
}

type Said =
  | { readonly kind: 'sent'; readonly sentFrom: Endpoint | undefined }
  | Extract<ProbeOutcome, { readonly kind: 'failed' }>;

async function askPeer(probingPeer: ProbingPeer, request: ProbeRequest): Promise<Said> {
  try {
    const { sentFrom } = await probingPeer.probe(request);
    return { kind: 'sent', sentFrom };
  } catch (error) {
    return { kind: 'failed', why: error instanceof Error ? error.message : String(error) };
  }
}
