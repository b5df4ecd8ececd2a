import { tupleText, type Tuple } from '@truetuple/sip-engine';
import { printable, type Glyphs } from './glyphs.ts';
import { hostOf, type HostNames } from './host.ts';
import type { LadderCall, LadderRow } from './ladder-call.ts';
import { gutter, headLine, laneLine, layLanes, wrapWords, type Lanes } from './lanes.ts';
import { rowLabel, rowNotes, seconds } from './row-text.ts';

export interface Drawing {
  readonly width: number;
  readonly glyphs: Glyphs;
  readonly names: HostNames;
}

/** The rows of one call under the names of its hosts. */
export function renderRows(call: LadderCall, drawing: Drawing): readonly string[] {
  const { names, width, glyphs } = drawing;
  const hosts = hostsOf(call, names);
  const lanes = layLanes([...hosts.keys()], width, glyphs);
  const startMs = call.rows[0]?.atMs ?? 0;
  if (hosts.size === 0) return [];
  if (lanes === undefined) return call.rows.flatMap((row) => listRow(row, drawing, startMs));
  const addresses = (host: string): string => {
    const all = [...(hosts.get(host) ?? [])];
    return all.length === 1 && all[0] === host ? '' : all.join(' ');
  };
  return [
    headLine(lanes, (host) => host),
    ...[headLine(lanes, addresses)].filter((line) => line !== ''),
    laneLine(lanes),
    ...call.rows.flatMap((row) => laneRow(row, lanes, drawing, startMs)),
    laneLine(lanes),
  ];
}

/** The hosts in the order in which they appear, with their addresses. */
function hostsOf({ rows }: LadderCall, names: HostNames): ReadonlyMap<string, ReadonlySet<string>> {
  const hosts = new Map<string, Set<string>>();
  for (const { source, destination } of rows) {
    for (const tuple of [source, destination]) {
      const host = hostOf(names, tuple);
      const addresses = hosts.get(host) ?? new Set();
      hosts.set(host, addresses.add(tuple.address));
    }
  }
  return hosts;
}

function laneRow(
  row: LadderRow,
  lanes: Lanes,
  { names, glyphs }: Drawing,
  startMs: number,
): readonly string[] {
  const from = lanes.positions.get(hostOf(names, row.source)) ?? gutter;
  const to = lanes.positions.get(hostOf(names, row.destination)) ?? gutter;
  const left = Math.min(from, to);
  const columns = Math.max(Math.abs(to - from), lanes.gap) - 3;
  const time = seconds(row.atMs - startMs).padStart(gutter - 1);
  const arrow =
    from === to ? loopText(row, glyphs, columns) : arrowText(row, glyphs, columns, to > from);
  const notes = rowNotes(row, glyphs, startMs).flatMap((note) => wrapWords(note, columns, '  '));
  return [
    laneLine(lanes, { at: 0, text: time }, { at: left + 2, text: arrow }),
    ...notes.map((text) =>
      laneLine(lanes, { at: left + 2, text: printable(text, glyphs, lanes.width - left - 2) }),
    ),
  ];
}

/** From one lifeline to another: the ports at both ends, the label between. */
function arrowText(row: LadderRow, glyphs: Glyphs, columns: number, isRightwards: boolean): string {
  const ports = [row.source.port, row.destination.port].map(String);
  const stroke = row.kind === 'message' ? glyphs.message : glyphs.media;
  const space = columns - ports.join('').length - 2;
  const withPorts = space >= 12;
  const length = withPorts ? space : columns;
  // a stroke of two and the head at the least, and blanks around the label
  const label = ` ${printable(rowLabel(row, glyphs), glyphs, length - 5)} `;
  const rest = length - label.length - 1;
  const before = Math.max(1, Math.floor(rest / 2));
  const strokes = [stroke.repeat(before), stroke.repeat(Math.max(1, rest - before))];
  const body = strokes.join(label);
  if (isRightwards) {
    const line = `${body}${glyphs.right}`;
    return withPorts ? `${ports[0]} ${line} ${ports[1]}` : line;
  }
  const line = `${glyphs.left}${body}`;
  return withPorts ? `${ports[1]} ${line} ${ports[0]}` : line;
}

function loopText(row: LadderRow, glyphs: Glyphs, columns: number): string {
  const { source, destination } = row;
  const text = `${source.port} ${glyphs.right} ${destination.port} ${rowLabel(row, glyphs)}`;
  return printable(text, glyphs, columns);
}

/** For more hosts than there are columns for. */
function listRow(
  row: LadderRow,
  { width, glyphs, names }: Drawing,
  startMs: number,
): readonly string[] {
  const time = seconds(row.atMs - startMs).padStart(gutter - 1);
  const hostText = (tuple: Tuple): string => {
    const host = hostOf(names, tuple);
    return host === tuple.address ? tupleText(tuple) : `${host} ${tupleText(tuple)}`;
  };
  const ends = `${hostText(row.source)} ${glyphs.right} ${hostText(row.destination)}`;
  const notes = rowNotes(row, glyphs, startMs).flatMap((note) => wrapWords(note, width - 12, '  '));
  return [
    `${time} ${ends}: ${rowLabel(row, glyphs)}`,
    ...notes.map((note) => `${' '.repeat(11)}${note}`),
  ].map((line) => printable(line, glyphs, width));
}
