import type { Ipv4Address } from '../../address.ts';
import type { GatewayErrorDetails } from '../../errors.ts';
import type { BudgetVerdict, CallMedia, MediaEvent, RelayCounts } from '../../media/media-relay.ts';
import type { PortRange } from '../../media/port-pool.ts';
import type { RelayTurn } from '../../media/relay-turn.ts';
import type { ToldStreams } from '../../sdp/describe-for-leg.ts';

/** What the worker is started with. */
export interface WorkerSettings {
  readonly addresses: readonly Ipv4Address[];
  readonly ports: PortRange;
  readonly quarantineMs: number;
  readonly mediaTimeoutMs: number;
  readonly holdTimeoutMs: number;
  /** How often quarantines and silences are looked at. */
  readonly tickMs: number;
  /** Nice value that the thread shall have. */
  readonly nice: number;
  /** Whether it watches what a realtime thread may take of a core. */
  readonly hasBudget: boolean;
}

export type WorkerRequest =
  | { readonly kind: 'offer'; readonly turn: RelayTurn }
  | { readonly kind: 'answer'; readonly turn: RelayTurn }
  | { readonly kind: 'release'; readonly callId: string }
  | { readonly kind: 'statistics'; readonly callId: string }
  | { readonly kind: 'counts' }
  | { readonly kind: 'thread-id' }
  | { readonly kind: 'close' };

/** What a request of each kind gives back. */
export interface WorkerResults {
  readonly offer: ToldStreams;
  readonly answer: ToldStreams;
  readonly release: undefined;
  readonly statistics: CallMedia | undefined;
  readonly counts: Omit<RelayCounts, 'realtimePriority'>;
  /** The kernel's (gettid(2)); undefined where there is no /proc of this PID namespace. */
  readonly 'thread-id': number | undefined;
  readonly close: undefined;
}

/** A request and the number that its reply carries. The relay posts several at once to its worker, in their order. */
export interface WorkerCall {
  readonly id: number;
  readonly request: WorkerRequest;
}

export type WorkerMessage =
  | {
      readonly kind: 'done';
      readonly id: number;
      readonly result: WorkerResults[WorkerRequest['kind']];
    }
  | { readonly kind: 'failed'; readonly id: number; readonly error: GatewayErrorDetails }
  | { readonly kind: 'event'; readonly event: MediaEvent }
  | { readonly kind: 'budget'; readonly verdict: BudgetVerdict };
