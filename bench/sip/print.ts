import { formatMs, formatTable } from '../identity/table.ts';
import type { Verdict } from './bounds.ts';
import type { BesideBare } from './beside-bare.ts';
import type { LoadFigures } from './load-figures.ts';
import type { CeilingFigures } from './measure-ceiling.ts';
import type { EnduranceFigures } from './measure-endurance.ts';
import type { RelayFigures } from './measure-relay.ts';
import type { RoundFigures, Side } from './measure-rounds.ts';
import type { WireFigures } from './measure-wire.ts';
import type { WireReport } from './rtp-peer.ts';
import type { SippFigures } from './measure-sipp.ts';
import type { StubFigures } from './measure-stub.ts';
import type { RelayThread } from './sip-server.ts';

const titles: Readonly<Record<Side, string>> = {
  uas: 'srf createUAS on the engine',
  bare: 'bare dgram UAS',
  'npm-sip': "npm's sip",
  b2bua: 'srf createB2BUA on the engine',
};

export function printStub({ uas, b2bua }: StubFigures): readonly string[] {
  return [
    '',
    "drachtio-srf's own share: on a stub of its server in memory, saturated.",
    '',
    ...formatTable(
      ['', 'us CPU per call', 'calls/s'],
      [stubRow('createUAS', uas), stubRow('createB2BUA', b2bua)],
    ),
  ];
}

function stubRow(
  name: string,
  { cpuUsPerCall, callsPerSecond }: StubFigures['uas'],
): readonly string[] {
  return [name, cpuUsPerCall.toFixed(0), callsPerSecond.toFixed(0)];
}

export function printRounds({
  rounds,
  cpuUsPerCall,
  ratioToBare,
}: RoundFigures): readonly string[] {
  const sides = Object.keys(titles) as Side[];
  const rows = sides.map((side) => [
    titles[side],
    String(rounds[0]?.[side].rate ?? ''),
    cpuUsPerCall[side].toFixed(0),
    ratioToBare[side].toFixed(2),
    ...rounds.map((round) => round[side].cpuUsPerCall.toFixed(0)),
  ]);
  const heads = rounds.map((_, index) => `round ${index + 1}`);
  const counted = (of: (figures: LoadFigures) => number): string =>
    rounds.map((round) => sides.map((side) => of(round[side])).join(' ')).join(' | ');
  return [
    '',
    'CPU per call at a fixed rate: us, medians of the rounds.',
    '',
    ...formatTable(['', 'calls/s', 'us CPU per call', 'to bare', ...heads], rows),
    '',
    `  failed calls in each round, in the order of the lines: ${counted(({ failed }) => failed)}`,
    `  messages sent twice: ${counted(({ retransmissions }) => retransmissions)}`,
  ];
}

export function printEndurance({ uas, b2bua, busyB2bua }: EnduranceFigures): readonly string[] {
  return [
    '',
    'The rates of the bounds for a long time.',
    '',
    ...loadTable([
      [titles.uas, uas.figures],
      [titles.b2bua, b2bua.figures],
      [titles.b2bua, busyB2bua.figures],
    ]),
    '',
    `  the bare dgram UAS, before and after each, us CPU: ${[uas, b2bua, busyB2bua].map(bareText).join(' ')}`,
  ];
}

export function printCeiling(ceiling: CeilingFigures): readonly string[] {
  const sides = Object.keys(titles) as Side[];
  const rows = sides.flatMap((side): [string, LoadFigures][] => {
    const { best, broke } = ceiling[side];
    return [
      ...(best === undefined ? [] : [[titles[side], best] as [string, LoadFigures]]),
      ...(broke === undefined ? [] : [['  did not hold', broke] as [string, LoadFigures]]),
    ];
  });
  return [
    '',
    'The highest rate with nothing failed and nothing sent twice.',
    '',
    ...loadTable(rows),
  ];
}

function loadTable(rows: readonly (readonly [string, LoadFigures])[]): readonly string[] {
  const head = ['', 'calls/s', 'calls', 'failed', 'sent twice', 'us CPU', 'set-up p50 ms', 'p99'];
  return [
    ...formatTable(
      [...head, 'RSS MB', 'generator us', 'late ms'],
      rows.map(([name, figures]) => [
        name,
        String(figures.rate),
        String(figures.calls),
        String(figures.failed),
        String(figures.retransmissions),
        figures.cpuUsPerCall.toFixed(0),
        formatMs(figures.setUpP50Ms),
        formatMs(figures.setUpP99Ms),
        figures.peakRssMb.toFixed(0),
        figures.generatorUsPerCall.toFixed(0),
        figures.lateMs.toFixed(0),
      ]),
    ),
    ...rows.flatMap(([name, { reasons }]) =>
      Object.entries(reasons).map(([reason, count]) => `  ${name.trim()}: ${count} x ${reason}`),
    ),
  ];
}

function bareText({ bareCpuUsPerCall }: BesideBare<unknown>): string {
  return bareCpuUsPerCall.toFixed(0);
}

export function printSipp(sipp: BesideBare<SippFigures>): readonly string[] {
  const { rate, calls, failed, retransmissions, cpuUsPerCall } = sipp.figures;
  return [
    '',
    `Between two sipp processes at ${rate} calls/s: ${calls} calls, ${failed} failed, ${retransmissions} ` +
      `retransmissions, ${cpuUsPerCall.toFixed(0)} us CPU per call. The bare dgram UAS, before and after: ${bareText(sipp)} us.`,
  ];
}

export function printRelay({
  packetsPerSecond,
  thread,
  idle,
  busy,
  alone,
  load,
  wire,
}: RelayFigures): readonly string[] {
  const beside = `${load.rate} set-ups/s beside`;
  return [
    '',
    `One way through the embedded relay, ${packetsPerSecond} packets/s, by the clock of a Node peer; milliseconds. Its thread runs at ${classOf(thread)}.`,
    '',
    ...formatTable(
      ['', 'packets', 'lost', 'p50', 'p99', 'max'],
      [relayRow('no calls beside', idle), relayRow(beside, busy)],
    ),
    '',
    ...(wire.kind === 'measured'
      ? wireTable(wire, beside)
      : [`Not measured on the wire: ${wire.why}`]),
    '',
    ...loadTable([
      ['gateway, no media', alone],
      ['gateway, meanwhile', load],
      ...(wire.kind === 'measured'
        ? [
            ['gateway, wire peer', wire.load] as const,
            [`the same, ${classOf(wire.ordinary.thread)}`, wire.ordinary.load] as const,
          ]
        : []),
    ]),
  ];
}

/** How the kernel schedules the relay's thread (sched(7)). */
function classOf(thread: RelayThread | undefined): string {
  const { nice, realtimePriority = 0 } = thread ?? {};
  return realtimePriority === 0 ? `nice ${nice}` : `SCHED_RR ${realtimePriority}`;
}

function relayRow(
  name: string,
  { sent, received, p50Ms, p99Ms, maxMs }: RelayFigures['idle'],
): readonly string[] {
  const times = [p50Ms, p99Ms, maxMs].map(formatMs);
  return [name, String(sent), String(sent - received), ...times];
}

function wireTable(
  { idle, busy, floor, thread, ordinary }: WireFigures,
  beside: string,
): readonly string[] {
  const rows: readonly (readonly [string, WireReport])[] = [
    [`${classOf(thread)}, no calls beside`, idle],
    [`${classOf(thread)}, ${beside}`, busy],
    ['C forwarder, the same', floor],
    [`${classOf(ordinary.thread)}, the same`, ordinary.busy],
  ];
  return [
    "The same on the wire, by the kernel's timestamps of a C peer.",
    '',
    ...formatTable(
      ['', 'packets', 'lost', 'p50', 'p90', 'p99', 'p99.9', 'max', 'peer late p99'],
      rows.map(([name, { sent, received, ...times }]) => [
        name,
        String(sent),
        String(sent - received),
        ...[times.p50Ms, times.p90Ms, times.p99Ms, times.p999Ms, times.maxMs].map(formatMs),
        formatMs(times.lateP99Ms),
      ]),
    ),
  ];
}

export function printVerdicts(verdicts: readonly Verdict[]): readonly string[] {
  return [
    '',
    ...formatTable(
      ['bound', 'measured', ''],
      verdicts.map(({ what, measured, holds }) => [
        what,
        measured,
        holds ? 'holds' : 'DOES NOT HOLD',
      ]),
    ),
  ];
}
