import { percentile } from '../identity/percentile.ts';
import type { LoadReport } from './load-child.ts';
import type { ServerAccount } from './sip-server.ts';

/** What one load showed. */
export interface LoadFigures {
  readonly rate: number;
  readonly calls: number;
  readonly failed: number;
  readonly reasons: Readonly<Record<string, number>>;
  /** Of requests, ours and the server's, and of final responses. */
  readonly retransmissions: number;
  readonly cpuUsPerCall: number;
  /** From INVITE to 200, in milliseconds. */
  readonly setUpP50Ms: number;
  readonly setUpP99Ms: number;
  readonly rssMb: number;
  readonly peakRssMb: number;
  /** The longest time that the load generator itself was late with a call, in milliseconds. */
  readonly lateMs: number;
  /** What a call cost the generator, leg B included. */
  readonly generatorUsPerCall: number;
}

/** @param after the account that has in it what the calls cost */
export function loadFigures(
  rate: number,
  load: LoadReport,
  before: ServerAccount,
  after: ServerAccount,
): LoadFigures {
  const { placed, retransmissions, repeats, repeatsToCallee, setUpMs, callee } = load;
  // what the caller saw succeed and leg B did not, and what leg B was sent that belongs to no call
  const atCallee = callee === undefined ? 0 : callee.open + callee.strange;
  const seenToFail = load.failed + atCallee;
  return {
    rate,
    calls: placed,
    failed: Math.max(seenToFail, after.refused - before.refused),
    reasons: load.reasons,
    retransmissions: retransmissions + repeats + repeatsToCallee,
    cpuUsPerCall: (after.cpuUs - before.cpuUs) / placed,
    setUpP50Ms: percentile(setUpMs, 50),
    setUpP99Ms: percentile(setUpMs, 99),
    rssMb: after.rssBytes / 1e6,
    peakRssMb: after.peakRssBytes / 1e6,
    lateMs: load.lateMs,
    generatorUsPerCall: load.cpuUs / placed,
  };
}
