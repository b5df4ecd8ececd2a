import { sum } from '../identity/percentile.ts';
import type { Figures } from './figures.ts';
import { rates } from './settings.ts';

export interface Verdict {
  /** What has to hold, its bound included. */
  readonly what: string;
  readonly measured: string;
  readonly holds: boolean;
}

const uasCpuUs = 250;
const b2buaCpuUs = 600;
/** What the bare UAS cost a call on the machine that the two bounds above were set for. */
const bareCpuUsThere = 24;
const b2buaRssMb = 1_000;
const relayP99Ms = 0.5;

/** Every bound that the measured parts can judge. */
export function judge({ rounds, endurance, sipp, relay }: Figures): readonly Verdict[] {
  const verdicts: Verdict[] = [];
  const add = (what: string, measured: string, holds: boolean): void => {
    verdicts.push({ what, measured, holds });
  };
  const addRatio = (side: string, ratio: number, bound: number): void => {
    const what = `${side}: at most ${bound.toFixed(1)} times the bare UAS`;
    add(what, `${ratio.toFixed(1)} times`, ratio <= bound);
  };
  if (rounds !== undefined) {
    const { uas, b2bua } = rounds.cpuUsPerCall;
    add(`uas: at most ${uasCpuUs} us of CPU per call`, `${uas.toFixed(0)} us`, uas <= uasCpuUs);
    const what = `b2bua: at most ${b2buaCpuUs} us of CPU per call`;
    add(what, `${b2bua.toFixed(0)} us`, b2bua <= b2buaCpuUs);
    // microseconds are those of one machine, the ratio to a peer of the same rounds is not
    const { ratioToBare } = rounds;
    addRatio('uas', ratioToBare.uas, uasCpuUs / bareCpuUsThere);
    addRatio('b2bua', ratioToBare.b2bua, b2buaCpuUs / bareCpuUsThere);
  }
  if (endurance !== undefined) {
    const { uas, b2bua, busyB2bua } = endurance;
    add(
      `uas: ${rates.uas} calls/s with 0 failed and 0 retransmissions`,
      `${uas.failed} failed, ${uas.retransmissions} retransmissions`,
      uas.failed === 0 && uas.retransmissions === 0,
    );
    add(
      `b2bua: ${rates.b2bua} calls/s with 0 failed`,
      `${b2bua.failed} failed, ${b2bua.retransmissions} retransmissions`,
      b2bua.failed === 0,
    );
    // what it costs is asked for through that minute, at that rate or a higher one
    for (const { rate, failed, cpuUsPerCall } of [b2bua, busyB2bua]) {
      add(
        `b2bua: at most ${b2buaCpuUs} us of CPU per call through a minute of ${rate} calls/s, 0 failed`,
        `${cpuUsPerCall.toFixed(0)} us, ${failed} failed`,
        failed === 0 && cpuUsPerCall <= b2buaCpuUs,
      );
    }
    const { peakRssMb } = b2bua;
    const what = `b2bua: at most ${b2buaRssMb} MB of RSS`;
    add(what, `${peakRssMb.toFixed(0)} MB`, peakRssMb <= b2buaRssMb);
  }
  if (sipp !== undefined) {
    const what = `b2bua between sipp and sipp: ${sipp.rate} calls/s with 0 failed`;
    const hasHeld = sipp.failed === 0 && sipp.calls > 0;
    add(what, `${sipp.failed} of ${sipp.calls} failed`, hasHeld);
    const cost = `b2bua between sipp and sipp: at most ${b2buaCpuUs} us of CPU per call meanwhile`;
    add(cost, `${sipp.cpuUsPerCall.toFixed(0)} us`, hasHeld && sipp.cpuUsPerCall <= b2buaCpuUs);
  }
  if (relay !== undefined) {
    const { wire } = relay;
    // the Node peer's figure has that process's own waits in it, those on the wire only the relay's
    const [{ p99Ms }, by] =
      wire.kind === 'measured' ? [wire.busy, 'on the wire'] : [relay.busy, 'by a Node peer'];
    const what = `relay: p99 at most ${relayP99Ms} ms at ${rates.gatewaySetUps} set-ups/s, ${by}`;
    add(what, `${p99Ms.toFixed(3)} ms`, p99Ms <= relayP99Ms);
    const runs = [relay, ...(wire.kind === 'measured' ? [wire, wire.ordinary] : [])];
    const sent = sum(runs.map((run) => run.busy.sent));
    const lost = sent - sum(runs.map((run) => run.busy.received));
    add('relay: nothing lost meanwhile', `${lost} of ${sent}`, lost === 0);
    const failed = sum(runs.map((run) => run.load.failed));
    add(`gateway: ${rates.gatewaySetUps} calls/s with 0 failed`, `${failed} failed`, failed === 0);
  }
  return verdicts;
}
