import type { SipEngineCounts, Tuple } from '@truetuple/sip-engine';
import type { RelayCounts } from '@truetuple/sip-gateway';

/** What the bench can start and call. */
export type ServerName = 'uas' | 'b2bua' | 'bare' | 'npm-sip' | 'gateway';

/** Nice value and realtime priority of the media relay's thread. */
export type RelayThread = Pick<RelayCounts, 'nice' | 'realtimePriority'>;

/** A server under load: where it listens, and how to look at it and stop it. */
export interface SipServer {
  readonly local: Tuple;
  /** The engine's account; undefined where no engine is. */
  readonly counts: () => SipEngineCounts | undefined;
  /** Calls that the application itself saw fail. */
  readonly refused: () => number;
  /** What the media relay's thread has, where there is one. */
  readonly relayThread?: RelayThread;
  readonly close: () => Promise<void>;
}

/** What a server process tells when asked. */
export interface ServerAccount {
  /** User and system time of the whole process since its start, all threads, in microseconds. */
  readonly cpuUs: number;
  readonly rssBytes: number;
  /** The greatest RSS since its start. */
  readonly peakRssBytes: number;
  readonly counts: SipEngineCounts | undefined;
  readonly refused: number;
  readonly relayThread: RelayThread | undefined;
}
