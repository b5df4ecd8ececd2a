import type { PlayedCall } from '../acts/call-act.ts';
import { renderCompactCall, renderWholeCall } from '../calls/call-ladder.ts';
import { elide, hang, layTable, maxColumns, shorten } from './layout.ts';
import type { Paint } from './paint.ts';
import type { CallLeg, CallRow, TupleFacts } from './report.ts';
import { isTrue, judgeCall } from './verdict-calls.ts';

/** Act 1's calls: a sentence on each, and the ladder of the one that is set up. */
export function renderStockCalls(played: readonly PlayedCall[], paint: Paint): readonly string[] {
  if (played.length === 0) return [];
  return [
    '',
    ...hang('  ', 'Calls through the gateway of act 2, on that eth0:'),
    ...played.flatMap(({ row, seen }) => [
      ...hang('    ', `${row.direction}: ${sumOfStock(row)}`),
      ...(row.observed.length === 0
        ? []
        : paintLadder(renderCompactCall(seen, row.direction), paint)),
    ]),
  ];
}

function sumOfStock({ called, setUpMs, dropped = 0, legs, wanted }: CallRow): string {
  const at = `The Internet gateway dropped ${dropped}.`;
  if (setUpMs === undefined) return `INVITE to ${called} gets no answer. ${at}`;
  const [internet, vpc] = (['internet', 'vpc'] as const).map((peer) =>
    legs.find((leg) => leg.peer === peer),
  );
  const bye = internet?.ended === true ? 'answered' : 'lost';
  const [out, back] = [internet, vpc].map((leg) => `${leg?.rtpReceived ?? 0} of ${wanted}`);
  return `RTP out ${out}, back ${back}; BYE is ${bye}. ${at}`;
}

function titleOf({ direction, called }: CallRow): string {
  return direction === 'inward'
    ? `Inward: the Internet calls ${called}, the gateway calls into the VPC`
    : `Outward: the VPC calls ${called}, the gateway calls the Internet`;
}

/** Act 2's calls: a short ladder each, the whole one when a promise broke, and what each far side was told and saw. */
export function renderCalls(played: readonly PlayedCall[], paint: Paint): readonly string[] {
  return [
    ...played.flatMap(({ row, seen }) => {
      const holds = judgeCall(row).every(({ ok }) => ok);
      const ladder = holds
        ? paintLadder(renderCompactCall(seen, row.direction), paint)
        : renderWholeCall(seen).map((line) => paintMarks(line, paint));
      return ['', `  ${paint.bold(titleOf(row))}`, ...ladder];
    }),
    '',
    ...renderLegs(
      played.map(({ row }) => row),
      paint,
    ),
  ];
}

function renderLegs(calls: readonly CallRow[], paint: Paint): readonly string[] {
  const table = layTable(
    [
      { title: 'call' },
      { title: 'at the' },
      { title: 'SIP told = seen' },
      { title: 'RTP told = seen' },
      { title: 'sent', align: 'right' },
      { title: 'got', align: 'right' },
      { title: 'private', align: 'right' },
      { title: '' },
    ],
    calls.flatMap((call) =>
      call.legs.map((leg) => [
        call.direction,
        leg.peer === 'internet' ? 'Internet peer' : 'VPC client',
        tuples(leg.sip),
        tuples(leg.rtp),
        String(leg.rtpSent),
        String(leg.rtpReceived),
        String(leg.privateAddressesSeen.length),
        isSound(call, leg) ? 'ok' : 'FAIL',
      ]),
    ),
  );
  return [
    paint.dim(table.heading),
    ...table.lines.map((line) =>
      line.endsWith('FAIL')
        ? paint.red(elide(line, maxColumns))
        : line.replace(/ok$/, (mark) => paint.green(mark)),
    ),
  ];
}

function isSound(call: CallRow, leg: CallLeg): boolean {
  const { privateAddressesSeen } = leg;
  return judgeCall({ ...call, legs: [leg], privateAddressesSeen }).every(({ ok }) => ok);
}

function tuples(facts: TupleFacts): string {
  const told = facts.advertised.join(',') || 'nothing';
  // what was seen instead stands in the verdict
  return isTrue(facts) ? told : `${shorten(told, 18)} ≠ seen`;
}

function paintLadder([head = '', ...lines]: readonly string[], paint: Paint): readonly string[] {
  return [paint.dim(head), ...lines.map((line) => paintMarks(line, paint))];
}

/** Colours the marks of a ladder. */
function paintMarks(line: string, paint: Paint): string {
  return line.replaceAll('✓', paint.green('✓')).replaceAll('✗', paint.red('✗'));
}
