import { tupleText } from '@truetuple/sip-engine';
import type { JudgedTuple, LadderCall, MessageRow } from './ladder-call.ts';
import { hostOf } from './host.ts';
import { printable } from './glyphs.ts';
import type { Drawing } from './render-call.ts';
import { seconds } from './row-text.ts';

/** What stands above a call: which it is, how it ended, its Call-IDs. */
export function callTitle(
  call: LadderCall,
  number: number,
  offsetMs: number,
  drawing: Drawing,
): readonly string[] {
  const { glyphs, width } = drawing;
  const start = offsetMs > 0 ? `, begins at ${seconds(offsetMs)}` : '';
  const title = `Call ${number}: ${startText(call)}, ${endText(call, drawing)}${start}`;
  return [title, ...call.callIds.map((callId) => `  Call-ID ${callId}`)].map((line) =>
    printable(line, glyphs, width),
  );
}

/** What stands below it: how many advertised tuples were the observed ones. */
export function callSummary(call: LadderCall, { glyphs }: Drawing): string {
  const told = messagesOf(call).flatMap((row) => row.told);
  const count = (verdict: JudgedTuple['verdict']): number =>
    told.filter((each) => each.verdict === verdict).length;
  const { same, different } = glyphs.marks;
  const seen = `advertised = observed: ${same} ${count('same')}, ${different} ${count('different')}`;
  return `  ${seen}, not seen ${count('not-seen')}`;
}

/** What of it could not be read. */
export function unreadableLines(call: LadderCall, { glyphs, width }: Drawing): readonly string[] {
  const startMs = call.rows[0]?.atMs ?? call.unreadable[0]?.atMs ?? 0;
  return call.unreadable.map(({ atMs, source, destination, because }) => {
    const ends = `${tupleText(source)} ${glyphs.right} ${tupleText(destination)}`;
    const line = `  ${glyphs.marks.different} unreadable at ${seconds(atMs - startMs)}, ${ends}: ${because}`;
    return printable(line, glyphs, width);
  });
}

function messagesOf({ rows }: LadderCall): readonly MessageRow[] {
  return rows.filter((row) => row.kind === 'message');
}

function startText(call: LadderCall): string {
  const [first] = messagesOf(call);
  if (first === undefined) return 'nothing of it can be read';
  return first.method === undefined
    ? 'begun before the capture'
    : `${first.method} ${first.requestUri}`;
}

function endText(call: LadderCall, { names }: Drawing): string {
  const rows = messagesOf(call);
  const [first] = rows;
  const bye = rows.find(({ method }) => method === 'BYE');
  if (bye !== undefined && first !== undefined) {
    const after = seconds(bye.atMs - first.atMs);
    return `BYE from ${hostOf(names, bye.source)} at ${after} s`;
  }
  const final = rows.findLast(
    ({ callId, status = 0, cseq }) =>
      status >= 200 && callId === first?.callId && cseq.method === first.cseq.method,
  );
  if (final === undefined) return 'no final response seen';
  return `${final.status} ${final.reasonPhrase}`;
}
