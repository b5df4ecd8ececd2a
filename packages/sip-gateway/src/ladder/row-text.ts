import { tupleText } from '@truetuple/sip-engine';
import { glue, printable, type Glyphs } from './glyphs.ts';
import { isSameTuple } from './host.ts';
import type { JudgedTuple, LadderRow, MediaRow, MessageRow, PayloadCount } from './ladder-call.ts';

/** What stands on a row's arrow. */
export function rowLabel(row: LadderRow, glyphs: Glyphs): string {
  return row.kind === 'message' ? messageLabel(row, glyphs) : mediaLabel(row, glyphs);
}

/** What stands below its arrow, a paragraph each; times count from `startMs`. */
export function rowNotes(row: LadderRow, glyphs: Glyphs, startMs: number): readonly string[] {
  return row.kind === 'message'
    ? [...repetitionNote(row, startMs), ...toldNotes(row.told, glyphs)]
    : mediaNotes(row);
}

function messageLabel(row: MessageRow, glyphs: Glyphs): string {
  const { method, status, reasonPhrase, cseq, hasSdp, times } = row;
  const name = method ?? `${status} ${reasonPhrase ?? ''}`.trim();
  const about = hasSdp ? 'SDP' : method === undefined && (status ?? 0) >= 200 ? cseq.method : '';
  const aside = about === '' ? '' : ` (${about})`;
  const again = times > 1 ? ` ${glyphs.times}${times}` : '';
  return `${printable(name, glyphs, 40)}${printable(aside, glyphs, 24)}${again}`;
}

function repetitionNote(row: MessageRow, startMs: number): readonly string[] {
  const { times, lastAtMs } = row;
  return times > 1 ? [`last at ${seconds(lastAtMs - startMs)}`] : [];
}

/** Tuples that are the same, and judged the same, stand in one line. */
function toldNotes(told: readonly JudgedTuple[], glyphs: Glyphs): readonly string[] {
  const groups: JudgedTuple[][] = [];
  for (const each of told) {
    const group = groups.find(([first]) => first !== undefined && isAlike(first, each));
    if (group === undefined) groups.push([each]);
    else group.push(each);
  }
  return groups.map((group) => groupNote(group, glyphs));
}

function isAlike(one: JudgedTuple, other: JudgedTuple): boolean {
  return one.verdict === other.verdict && isSameTuple(one.advertised, other.advertised);
}

function groupNote(group: readonly JudgedTuple[], glyphs: Glyphs): string {
  const [first] = group;
  if (first === undefined) return '';
  const { verdict, advertised, observed } = first;
  const names = [
    ...new Set(group.map(({ where, media }) => (where === 'c=,m=' ? `c=,m=${media}` : where))),
  ];
  const told = `${glyphs.marks[verdict]} ${names.join(', ')} ${tupleText(advertised)}`;
  const seen = observed === undefined ? '' : tupleText(observed);
  const rest = {
    same: '',
    different: `, seen${glue}${seen}`,
    'not-seen': ` not${glue}seen`,
    'not-judged': '',
  };
  return printable(`${told}${rest[verdict]}`, glyphs, 200);
}

function mediaLabel({ protocol, packets, payloads }: MediaRow, glyphs: Glyphs): string {
  if (protocol === 'other') return `UDP ${packets}`;
  if (protocol === 'rtcp') return `RTCP ${packets}`;
  const names = payloads.map(payloadName);
  return printable(`RTP ${packets} ${names.join(', ')}`, glyphs, 48);
}

/** "PCMU", or with its number where the call gave the number its meaning: "opus/111". */
function payloadName({ payloadType, encoding }: PayloadCount): string {
  if (encoding === undefined) return `type ${payloadType}`;
  return payloadType < firstDynamicType ? encoding : `${encoding}/${payloadType}`;
}

/** RFC 3551 6. */
const firstDynamicType = 96;

function mediaNotes(row: MediaRow): readonly string[] {
  const { protocol, source, ssrc, lost, packets, atMs, lastAtMs } = row;
  const parts = [`from${glue}${tupleText(source)}`];
  if (ssrc !== undefined) parts.push(`ssrc${glue}${ssrc.toString(16).padStart(8, '0')}`);
  if (protocol === 'rtp') parts.push(`lost${glue}${lost}`);
  if (packets > 1) parts.push(`${seconds(lastAtMs - atMs)}${glue}s`);
  return [parts.join(' ')];
}

/** "12.345", of milliseconds. */
export function seconds(ms: number): string {
  return (ms / 1000).toFixed(3);
}
