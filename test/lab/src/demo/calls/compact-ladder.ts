import type { JudgedTuple, LadderRow } from '@truetuple/sip-gateway/ladder';
import { elide, maxColumns } from '../report/layout.ts';
import { formatTuple, type Tuple } from '../traffic/flow.ts';

/** The hosts of a ladder from left to right, by their names; the gateway is the middle one. */
export type Lanes = readonly [string, string, string];

export interface CompactLadder {
  readonly rows: readonly LadderRow[];
  readonly lanes: Lanes;
  readonly nameOf: (tuple: Tuple) => string;
  /** What passed at its sender's, and is known to have been lost behind it. */
  readonly isDead: (row: Pick<LadderRow, 'source' | 'destination'>) => boolean;
}

const columns = [9, 29, 49] as const;
const notesAt = 51;
const arrowLength = columns[1] - columns[0] - 1;

/**
 * A call in as few lines as tell it: no provisional response, a BYE and its answer as one, the RTP of a leg as one where it passes
 * between the same two tuples both ways; beside each message of the gateway whether what it says of itself is what is seen.
 */
export function layCompactLadder(ladder: CompactLadder): readonly string[] {
  const rows = drawnRows(ladder.rows.filter(isTold));
  const start = rows[0]?.row.atMs ?? 0;
  return [headLine(ladder.lanes), ...rows.flatMap((row) => rowLines(row, ladder, start))];
}

function headLine(lanes: Lanes): string {
  const names = lanes.map((name, lane) => ({
    at: (columns[lane] ?? 0) - Math.floor(name.length / 2),
    text: name,
  }));
  return place([...names, { at: notesAt + 3, text: 'gateway tells = is seen at' }]);
}

interface DrawnRow {
  readonly row: LadderRow;
  /** The answer to a BYE, the way back of a stream. */
  readonly back: LadderRow | undefined;
}

function isTold(row: LadderRow): boolean {
  return row.kind === 'media'
    ? row.protocol === 'rtp'
    : row.status === undefined || row.status >= 200;
}

function drawnRows(rows: readonly LadderRow[]): readonly DrawnRow[] {
  const taken = new Set<LadderRow>();
  return rows.flatMap((row) => {
    if (taken.has(row)) return [];
    const back = rows.find((other) => isBackOf(row, other));
    if (back !== undefined) taken.add(back);
    return [{ row, back }];
  });
}

function isBackOf(row: LadderRow, other: LadderRow): boolean {
  if (!isSame(row.source, other.destination) || !isSame(row.destination, other.source))
    return false;
  if (row.kind === 'media') return other.kind === 'media';
  const isAnswer = other.kind === 'message' && other.status !== undefined;
  return isAnswer && row.method === 'BYE' && other.cseq.method === 'BYE';
}

function isSame(one: Tuple, other: Tuple): boolean {
  return formatTuple(one) === formatTuple(other);
}

function rowLines(drawn: DrawnRow, ladder: CompactLadder, startMs: number): readonly string[] {
  const { row } = drawn;
  const laneOf = (tuple: Tuple): number => Math.max(0, ladder.lanes.indexOf(ladder.nameOf(tuple)));
  const [from, to] = [laneOf(row.source), laneOf(row.destination)];
  const isDead = ladder.isDead(row);
  const arrow = drawArrow({ ...drawn, isRightwards: to > from, isDead });
  const bars = columns.map((at) => ({ at, text: '│' }));
  const time = { at: 0, text: ((row.atMs - startMs) / 1000).toFixed(3).padStart(7) };
  const drawing = [time, ...bars, { at: (columns[Math.min(from, to)] ?? 0) + 1, text: arrow }];
  const [note = '', ...more] = notesOf(drawn, ladder, isDead);
  return [
    place([...drawing, { at: notesAt, text: note }]),
    ...more.map((text) => place([...bars, { at: notesAt, text }])),
  ].map((line) => elide(line, maxColumns));
}

interface Arrow extends DrawnRow {
  readonly isRightwards: boolean;
  readonly isDead: boolean;
}

function drawArrow({ row, back, isRightwards, isDead }: Arrow): string {
  const stroke = row.kind === 'media' ? '═' : '─';
  const label = ` ${labelOf(row, back)} `;
  const rest = Math.max(2, arrowLength - label.length - 2);
  const body = `${stroke.repeat(Math.floor(rest / 2))}${label}${stroke.repeat(Math.ceil(rest / 2))}`;
  const far = isDead ? '✗' : isRightwards ? '►' : '◄';
  const isBothWays = back?.kind === 'media';
  const near = isBothWays ? (isRightwards ? '◄' : '►') : stroke;
  return isRightwards ? `${near}${body}${far}` : `${far}${body}${near}`;
}

function labelOf(row: LadderRow, back: LadderRow | undefined): string {
  if (row.kind === 'media') {
    const packets = back?.kind === 'media' ? `${row.packets}+${back.packets}` : `${row.packets}`;
    return `${row.payloads[0]?.encoding ?? 'RTP'} ${packets}`;
  }
  const { method, status, cseq, hasSdp, times } = row;
  const name = method ?? (cseq.method === 'INVITE' ? `${status}` : `${status} ${cseq.method}`);
  const answer = back?.kind === 'message' ? `, ${back.status}` : '';
  return `${name}${answer}${hasSdp ? ' SDP' : ''}${times > 1 ? ` x${times}` : ''}`;
}

function notesOf(
  { row, back }: DrawnRow,
  { nameOf, lanes }: CompactLadder,
  isDead: boolean,
): readonly string[] {
  if (isDead) return [`✗ lost on its way to ${formatTuple(row.destination)}`];
  if (row.kind === 'message') {
    const notes = judgedNotes(row.told);
    const line = notes.join('  ');
    return line.length <= maxColumns - notesAt ? [line] : notes;
  }
  const ours = [row, back].find((one) => one !== undefined && nameOf(one.source) === lanes[1]);
  return ours === undefined ? [] : [`  RTP from ${formatTuple(ours.source)}`];
}

/** Via and Contact are SIP's, c= and m= RTP's. */
function judgedNotes(told: readonly JudgedTuple[]): readonly string[] {
  const sip = told.filter(({ where }) => where === 'Via' || where === 'Contact');
  const rtp = told.filter(({ where }) => where === 'c=,m=');
  return [...judgedNote('SIP', sip), ...judgedNote('RTP', rtp)];
}

function judgedNote(what: string, told: readonly JudgedTuple[]): readonly string[] {
  const telling = told.find(({ verdict }) => verdict === 'different') ?? told[0];
  if (telling === undefined) return [];
  const { verdict, advertised, observed } = telling;
  switch (verdict) {
    case 'same':
      return [`✓ ${what} ${formatTuple(advertised)}`];
    case 'different': {
      const seen = observed === undefined ? 'nothing' : formatTuple(observed);
      return [`✗ ${what} ${formatTuple(advertised)} ≠ ${seen}`];
    }
    case 'not-seen':
      return [`· ${what} not seen`];
    case 'not-judged':
      return [];
    default:
      return verdict satisfies never;
  }
}

interface Placed {
  readonly at: number;
  readonly text: string;
}

/** Texts at their columns; the one that comes later covers what it meets. */
function place(texts: readonly Placed[]): string {
  let line = '';
  for (const { at, text } of texts) {
    line = `${line.padEnd(at).slice(0, at)}${text}${line.slice(at + text.length)}`;
  }
  return line.trimEnd();
}
