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
  // microseconds are those of one machine in one hour: the bare UAS of the same run says what they are on the one of the bound
  const addCpu = (whose: string, boundUs: number, us: number, bareUs: number): void => {
    add(`${whose}: at most ${boundUs} us of CPU per call`, `${us.toFixed(0)} us`, us <= boundUs);
    const usThere = (us * bareCpuUsThere) / bareUs;
    add(
      `${whose}: the same where the bare UAS takes ${bareCpuUsThere}`,
      `${usThere.toFixed(0)} us (here ${bareUs.toFixed(0)})`,
      usThere <= boundUs,
    );
  };
  if (rounds !== undefined) {
    const { cpuUsPerCall, ratioToBare } = rounds;
    for (const [side, boundUs] of [
      ['uas', uasCpuUs],
      ['b2bua', b2buaCpuUs],
    ] as const) {
      addCpu(side, boundUs, cpuUsPerCall[side], cpuUsPerCall[side] / ratioToBare[side]);
    }
  }
  if (endurance !== undefined) {
    const { uas, b2bua, busyB2bua } = endurance;
    const { failed, retransmissions } = uas.figures;
    add(
      `uas: ${rates.uas} calls/s with 0 failed and 0 retransmissions`,
      `${failed} failed, ${retransmissions} retransmissions`,
      failed === 0 && retransmissions === 0,
    );
    addCpu(
      `uas through a minute of ${rates.uas} calls/s`,
      uasCpuUs,
      uas.figures.cpuUsPerCall,
      uas.bareCpuUsPerCall,
    );
    for (const { figures, bareCpuUsPerCall } of [b2bua, busyB2bua]) {
      const { rate, calls } = figures;
      const minute = `b2bua through a minute of ${rate} calls/s`;
      add(
        `${minute}: 0 failed`,
        `${figures.failed} of ${calls} failed, ${figures.retransmissions} retransmissions`,
        figures.failed === 0 && calls > 0,
      );
      addCpu(minute, b2buaCpuUs, figures.cpuUsPerCall, bareCpuUsPerCall);
    }
    const { peakRssMb } = b2bua.figures;
    const what = `b2bua: at most ${b2buaRssMb} MB of RSS`;
    add(what, `${peakRssMb.toFixed(0)} MB`, peakRssMb <= b2buaRssMb);
  }
  if (sipp !== undefined) {
    const { rate, calls, failed, cpuUsPerCall } = sipp.figures;
    const minute = `b2bua between sipp and sipp at ${rate} calls/s`;
    add(`${minute}: 0 failed`, `${failed} of ${calls} failed`, failed === 0 && calls > 0);
    addCpu(minute, b2buaCpuUs, cpuUsPerCall, sipp.bareCpuUsPerCall);
  }
  if (relay !== undefined) {
    const { wire } = relay;
    // the Node peer's figure has that process's own waits in it, those on the wire only the relay's
    const onWire =
      wire.kind === 'measured'
        ? [
            { ...wire, by: 'on the wire' },
            { ...wire.ordinary, by: 'on the wire, with no realtime thread' },
          ]
        : [];
    const runs = [...onWire, { ...relay, by: 'by a Node peer' }];
    const what = `relay: p99 at most ${relayP99Ms} ms at ${rates.gatewaySetUps} set-ups/s`;
    for (const { by, busy } of runs) {
      add(`${what}, ${by}`, `${busy.p99Ms.toFixed(3)} ms`, busy.p99Ms <= relayP99Ms);
    }
    const sent = sum(runs.map((run) => run.busy.sent));
    const lost = sent - sum(runs.map((run) => run.busy.received));
    add('relay: nothing lost meanwhile', `${lost} of ${sent}`, lost === 0);
    const failed = sum(runs.map((run) => run.load.failed));
    add(`gateway: ${rates.gatewaySetUps} calls/s with 0 failed`, `${failed} failed`, failed === 0);
  }
  return verdicts;
}
