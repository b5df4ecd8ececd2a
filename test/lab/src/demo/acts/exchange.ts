import { closeSocket, sendDatagram } from '../traffic/datagram.ts';
import { flowName, flows, formatTuple, parseTuple, type Flow, type Role } from '../traffic/flow.ts';
import { sendPaced } from '../traffic/paced-sender.ts';
import { encodePayload, flowMark } from '../traffic/payload.ts';
import type { PodProcess } from '../pod/pod-process.ts';
import type { FlowRow } from '../report/report.ts';
import type { PeerSocket, Stage } from '../stage.ts';
import { Tally, type FlowTally } from '../traffic/tally.ts';

export interface ExchangePlan {
  /** Packets of each flow. */
  readonly count: number;
  readonly paceMs: number;
  /** How long the last packets may take after the last one was sent; only lost packets use it up. */
  readonly settleMs: number;
}

export const defaultExchange: ExchangePlan = { count: 250, paceMs: 5, settleMs: 800 };

interface Exchange {
  readonly stage: Stage;
  readonly pod: PodProcess;
  readonly plan: ExchangePlan;
  readonly peers: readonly PeerSocket[];
  readonly advertised: Readonly<Record<Role, string>>;
  readonly arrivals: Tally;
  readonly completed: Completion;
  readonly sent: Map<string, number>;
}

/** Act 2's traffic: all flows at once, both sides calling and answering. */
export async function exchangePackets(
  stage: Stage,
  pod: PodProcess,
  advertised: Readonly<Record<Role, string>>,
  plan: ExchangePlan = defaultExchange,
): Promise<readonly FlowRow[]> {
  const peers = await stage.openPeers();
  try {
    const exchange: Exchange = {
      stage,
      pod,
      plan,
      peers,
      advertised,
      arrivals: new Tally(),
      completed: new Completion(flows.map(({ name }) => name)),
      sent: new Map(),
    };
    listen(exchange);
    const known = pod.next('doors-known', 2000);
    pod.say({ kind: 'know-doors', doors: await stage.natDoors(peers) });
    await known;
    await Promise.all([callPod(exchange), podCalls(exchange)]);
    await exchange.completed.within(plan.settleMs);
    return await describe(exchange);
  } finally {
    await Promise.all(peers.map(({ socket }) => closeSocket(socket)));
  }
}

/** Flows that are still short of a packet; settled when none is. */
class Completion {
  readonly #open: Set<string>;
  readonly #settled = Promise.withResolvers<void>();

  constructor(names: readonly string[]) {
    this.#open = new Set(names);
  }

  done(flow: string): void {
    this.#open.delete(flow);
    if (this.#open.size === 0) this.#settled.resolve();
  }

  async within(ms: number): Promise<void> {
    const { promise: late, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, ms);
    await Promise.race([this.#settled.promise, late]);
    clearTimeout(timer);
  }
}

function listen({ peers, pod, plan, arrivals, completed, sent }: Exchange): void {
  for (const { socket } of peers) {
    socket.on('message', (bytes, { address, port }) => {
      const counted = arrivals.count(bytes, { address, port });
      if (counted?.packets === plan.count) completed.done(counted.flow);
    });
  }
  pod.onEvent((event) => {
    if (event.kind === 'complete') completed.done(event.flow);
    if (event.kind === 'called') sent.set(event.flow, event.sent);
  });
}

/** Every far side calls the tuple that the pod advertises, and nothing else. */
async function callPod({ stage, peers, plan, advertised, sent }: Exchange): Promise<void> {
  const callers = peers.filter(({ use }) => use === 'called');
  await Promise.all(
    callers.map(async (caller) => {
      const flow = flowName(caller.peer, caller.role, 'in');
      const way = await stage.wayToPod(caller, parseTuple(advertised[caller.role]));
      const own = formatTuple(caller.tuple);
      const accepted = await sendPaced({
        ...plan,
        send: async (sequence) => {
          const payload = encodePayload({ flow, sequence, advertised: own });
          // what nothing carries was sent all the same: it is lost on its way
          return way === undefined || sendDatagram(caller.socket, payload, way);
        },
      });
      sent.set(flow, accepted);
    }),
  );
}

/** The pod calls ports of the far sides from which nothing was ever sent. */
async function podCalls({ pod, peers, plan, sent }: Exchange): Promise<void> {
  const calls = peers
    .filter(({ use }) => use === 'fresh')
    .map(({ peer, role, tuple }) => ({ flow: flowName(peer, role, 'out'), peer, role, to: tuple }));
  const { promise, resolve } = Promise.withResolvers<void>();
  pod.onEvent(() => {
    if (calls.every(({ flow }) => sent.has(flow))) resolve();
  });
  pod.say({ kind: 'call', calls, paceMs: plan.paceMs });
  const timer = setTimeout(resolve, plan.count * plan.paceMs + 5000);
  await promise;
  clearTimeout(timer);
}

async function describe(exchange: Exchange): Promise<readonly FlowRow[]> {
  const { pod, arrivals, sent } = exchange;
  const answer = pod.next('tally', 2000);
  pod.say({ kind: 'tell-tally' });
  const { received, replied } = await answer;
  for (const flow of flows) {
    if (flow.way === 'reply') sent.set(flow.name, replied[flow.name] ?? 0);
  }
  return Promise.all(
    flows.map((flow) =>
      describeFlow(exchange, flow, received[flow.name] ?? arrivals.of(flow.name)),
    ),
  );
}

const hostNames = { internet: 'Internet peer', vpc: 'VPC client' } as const;

async function describeFlow(
  { stage, plan, peers, advertised, sent }: Exchange,
  flow: Flow,
  atApplication: FlowTally,
): Promise<FlowRow> {
  const { name, peer, role, way } = flow;
  const toPod = way === 'in';
  const captured = await stage.captured(name, toPod ? 'pod' : peer, atApplication.packets);
  const seen = captured?.tally ?? atApplication;
  const count = sent.get(name) ?? 0;
  const caller = peers.find((p) => p.peer === peer && p.role === role && p.use === 'called');
  const said = toPod && caller !== undefined ? formatTuple(caller.tuple) : advertised[role];
  return {
    name,
    peer,
    role,
    way,
    from: toPod ? hostNames[peer] : 'pod',
    to: toPod ? 'pod' : hostNames[peer],
    advertised: seen.advertised[0] ?? said,
    observed: seen.sources,
    observedBy: captured === undefined ? 'receiving socket' : 'capture',
    wanted: plan.count,
    sent: count,
    received: seen.packets,
    receivedByApplication: atApplication.packets,
    lost: Math.max(0, count - Math.min(seen.packets, atApplication.packets)),
    repeated: Math.max(...[seen, atApplication].map(({ copies, packets }) => copies - packets)),
    ...(captured === undefined ? {} : { capture: { file: captured.file, mark: flowMark(name) } }),
  };
}
