import { expect, it } from 'vitest';
import { parseSippStatistics } from './statistics.ts';

/** Columns as sipp 3.6.1 writes them, those that are read among some that are not. */
const names =
  'StartTime;CallRate(P);CurrentCall;SuccessfulCall(P);SuccessfulCall(C);FailedCall(P);FailedCall(C);FailedCannotSendMessage(C);FailedUnexpectedMessage(P);FailedUnexpectedMessage(C);FailedRegexpDoesntMatch(C);OutOfCallMsgs(P);OutOfCallMsgs(C);DeadCallMsgs(C);Retransmissions(P);Retransmissions(C);';
const early = '2026-01-01;1.0;3;2;2;0;0;0;0;0;0;0;0;0;0;0;';
const last = '2026-01-01;1.0;0;1;9;1;3;0;0;2;1;0;4;5;0;7;';

it('the last snapshot counts, and its cumulative columns', () => {
  expect(parseSippStatistics(`${names}\n${early}\n${last}\n`)).toEqual({
    successful: 9,
    failed: 3,
    retransmissions: 7,
    unexpected: 11,
    current: 0,
    reasons: { UnexpectedMessage: 2, RegexpDoesntMatch: 1 },
  });
});

it.each([
  ['nothing', ''],
  ['only names', names],
  ['a line that was cut', `${names}\n2026-01-01;1.0;3;2`],
  ['other columns', 'StartTime;Calls\n1;2'],
])('%s is an error that names the column', (_, text) => {
  expect(() => parseSippStatistics(text)).toThrow(/SuccessfulCall\(C\) says ""/);
});
