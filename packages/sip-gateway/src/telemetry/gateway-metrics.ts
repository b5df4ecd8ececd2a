import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { KeepEvent } from '@truetuple/core';
import type { SipEngineCounts } from '@truetuple/sip-engine';
import type { TakenIdentity } from '../commands/taken-identity.ts';
import type { GatewayAlarm, GatewayEvent } from '../gateway-event.ts';
import type { Gateway } from '../gateway.ts';

const prefix = 'truetuple_gateway_';
/** Seconds: from an answering machine to the longest ringing. */
const setupBuckets = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120];

/** What a gateway's events and counts say, in Prometheus' text format. No label grows with traffic. */
export class GatewayMetrics {
  readonly #registry = new Registry();
  readonly #started = this.#counter('calls_started_total', 'Calls taken up', ['caller', 'callee']);
  readonly #refused = this.#counter(
    'calls_refused_total',
    'Calls refused before B was called; an INVITE that is itself refused (400, 415, 420, 483, and 482 when it is merged) is none',
    ['status'],
  );
  readonly #ended = this.#counter('calls_ended_total', 'Calls that are over', [
    'caller',
    'callee',
    'cause',
  ]);
  readonly #alarms = this.#counter('alarms_total', 'What a person has to look at', ['kind']);
  readonly #setup = new Histogram({
    name: `${prefix}call_setup_seconds`,
    help: "From A's INVITE to A's 200",
    buckets: setupBuckets,
    registers: [this.#registry],
  });
  readonly #kept = this.#counter('identity_keep_events_total', 'What the keep did', ['kind']);
  #readMedia: () => Promise<void> = async () => undefined;

  constructor(isReady: () => boolean) {
    collectDefaultMetrics({ register: this.#registry });
    this.#gauge('ready', '1 while new calls are taken', () => Number(isReady()));
    // an alarm on a rate needs the zero before
    for (const kind of Object.keys(keepEventKinds)) this.#kept.inc({ kind }, 0);
  }

  #counter<L extends string>(name: string, help: string, labelNames: readonly L[]): Counter<L> {
    const registers = [this.#registry];
    return new Counter({ name: prefix + name, help, labelNames: [...labelNames], registers });
  }

  /** A count that somebody else keeps: it grows as long as this process lives. */
  #counted(name: string, help: string, read: () => number): void {
    const registers = [this.#registry];
    const counter: Counter = new Counter({
      name: prefix + name,
      help,
      registers,
      collect: (): void => {
        counter.reset();
        counter.inc(read());
      },
    });
  }

  #gauge(name: string, help: string, read: () => number): void {
    const gauge: Gauge = new Gauge({
      name: prefix + name,
      help,
      registers: [this.#registry],
      collect: (): void => gauge.set(read()),
    });
  }

  /** The identity that is held, as a gauge of 1 with its values as labels, and whether it is proven. */
  holds(taken: Pick<TakenIdentity, 'identity' | 'unproven'>): void {
    const info: Gauge = new Gauge({
      name: `${prefix}identity_info`,
      help: 'The public identity that this gateway is told on',
      labelNames: ['public_ip', 'private_ip', 'network_interface_id', 'generation'],
      registers: [this.#registry],
      collect: () => {
        const { publicIp, privateIp, networkInterfaceId, generation } = taken.identity;
        info.reset();
        info.set(
          {
            public_ip: publicIp,
            private_ip: privateIp,
            network_interface_id: networkInterfaceId,
            generation: String(generation),
          },
          1,
        );
      },
    });
    this.#gauge('identity_proven', '1 while the identity is proven', () =>
      Number(taken.unproven() === undefined),
    );
  }

  /** Reads the gateway's own account whenever it is asked for. */
  watches(gateway: Pick<Gateway, 'counts' | 'media'>): void {
    this.#gauge('calls', 'Calls that are up or being set up', () => gateway.counts().calls);
    this.#watchMedia(gateway);
    if (gateway.counts().sip === undefined) return;
    for (const [field, name, help] of sipGauges) {
      this.#gauge(name, help, () => gateway.counts().sip?.[field] ?? 0);
    }
    for (const [field, name, help] of sipCounters) {
      this.#counted(name, help, () => gateway.counts().sip?.[field] ?? 0);
    }
  }

  /** The relay is asked once for all that it counts. What it cannot tell is left out. */
  #watchMedia({ media }: Pick<Gateway, 'media'>): void {
    const registers = [this.#registry];
    const help = 'Media packets: taken from the negotiated peer, or dropped';
    const packets = this.#counter('media_packets_total', help, ['leg', 'outcome']);
    const pairs = new Gauge({
      name: `${prefix}media_port_pairs`,
      help: 'Pairs of RTP and RTCP ports: free, in use, or resting after a call',
      labelNames: ['state'],
      registers,
    });
    const nice = new Gauge({
      name: `${prefix}media_thread_nice`,
      help: 'Nice value of the thread that relays: above what was asked for when the process may not raise it',
      registers,
    });
    const realtime = new Gauge({
      name: `${prefix}media_thread_realtime_priority`,
      help: 'Realtime priority of the thread that relays, 0 while it is no realtime thread',
      registers,
    });
    this.#readMedia = async (): Promise<void> => {
      const counts = await media().catch(() => undefined);
      packets.reset();
      pairs.reset();
      nice.remove();
      realtime.remove();
      if (counts?.nice !== undefined) nice.set(counts.nice);
      if (counts?.realtimePriority !== undefined) realtime.set(counts.realtimePriority);
      for (const [leg, carried] of Object.entries(counts?.media ?? {})) {
        packets.inc({ leg, outcome: 'taken' }, carried.packets);
        packets.inc({ leg, outcome: 'dropped' }, carried.dropped);
      }
      for (const [state, count] of Object.entries(counts?.pairs ?? {})) {
        pairs.set({ state }, count);
      }
    };
  }

  take(event: GatewayEvent): void {
    switch (event.kind) {
      case 'call-started':
        this.#started.inc({ caller: event.caller, callee: event.callee });
        break;
      case 'call-refused':
        this.#refused.inc({ status: String(event.status) });
        break;
      case 'media-refused':
        // the call's own end is counted, with its cause
        break;
      case 'call-answered':
        this.#setup.observe(event.setupMs / 1000);
        break;
      case 'call-ended': {
        const { caller, callee, cause } = event;
        this.#ended.inc({ caller, callee, cause });
        break;
      }
      case 'realtime-budget':
        // what the thread has is a gauge
        break;
      case 'signalling-lost':
      case 'signalling-refused':
      case 'relay-failed':
        this.#alarms.inc({ kind: event.kind });
        break;
      default:
        event satisfies never;
    }
  }

  alarm({ kind }: GatewayAlarm): void {
    this.#alarms.inc({ kind });
  }

  takeKeep({ kind }: KeepEvent): void {
    this.#kept.inc({ kind });
  }

  async text(): Promise<string> {
    await this.#readMedia();
    return this.#registry.metrics();
  }

  get contentType(): string {
    return this.#registry.contentType;
  }
}

/** A record, so that the compiler asks for each kind that a keep may tell. */
const keepEventKinds: Readonly<Record<KeepEvent['kind'], true>> = {
  repaired: true,
  degraded: true,
  restored: true,
  unsure: true,
  'gateway-unreachable': true,
  'gateway-reachable': true,
  'gateway-changed': true,
  'wire-silent': true,
  'wire-answers': true,
  lost: true,
};

type SipMetric = readonly [keyof SipEngineCounts, string, string];

const sipGauges: readonly SipMetric[] = [
  ['transactions', 'sip_transactions', 'SIP transactions that are open'],
  ['dialogs', 'sip_dialogs', 'SIP dialogs that are open'],
];

const sipCounters: readonly SipMetric[] = [
  ['retransmissionsIn', 'sip_retransmissions_in_total', 'Requests that came again'],
  ['retransmissionsOut', 'sip_retransmissions_out_total', 'Messages that were sent again'],
  ['overload', 'sip_overload_total', 'Requests refused because a limit was reached'],
  ['strangers', 'sip_strangers_total', 'Datagrams dropped since nothing is accepted from there'],
  ['malformed', 'sip_malformed_total', 'Datagrams that were no usable message'],
  ['guardRefusals', 'sip_guard_refusals_total', 'Messages not sent because they told an untruth'],
];
