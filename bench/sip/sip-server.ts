import type { SipEngineCounts, Tuple } from '@truetuple/sip-engine';

/** What the bench can start and call. */
export type ServerName = 'uas' | 'b2bua' | 'bare' | 'npm-sip' | 'gateway';

/** A server under load: where it listens, and how to look at it and stop it. */
export interface SipServer {
  readonly local: Tuple;
  /** The engine's account; undefined where no engine is. */
  readonly counts: () => SipEngineCounts | undefined;
  /** Calls that the application itself saw fail. */
  readonly refused: () => number;
  /** Nice value of the media relay's thread, where there is one. */
  readonly relayNice?: number | undefined;
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
  readonly relayNice: number | undefined;
}
