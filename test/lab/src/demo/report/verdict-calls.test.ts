import { describe, expect, it } from 'vitest';
import type { CallRow } from './report.ts';
import { callLeg, callRow, stockCallRow } from './sample-calls.ts';
import { judgeCall, judgeStockCalls } from './verdict-calls.ts';

function broken(call: CallRow): readonly string[] {
  return judgeCall(call)
    .filter(({ ok }) => !ok)
    .map(({ name }) => name);
}

const [internet, vpc] = [callLeg(), callLeg({ peer: 'vpc' })];
const { setUpMs: _none, ...unanswered } = callRow();

describe('judgeCall', () => {
  it('finds nothing wrong with a call in which every promise held', () => {
    expect(broken(callRow())).toEqual([]);
    expect(judgeCall(callRow()).map(({ name }) => name)).toHaveLength(5);
  });

  const told = { advertised: ['203.0.113.50:5062'], observed: ['203.0.113.50:5060'] };
  const two = {
    advertised: ['203.0.113.50:5060'],
    observed: ['203.0.113.50:5060', '203.0.113.7:1'],
  };
  const silent = { advertised: ['203.0.113.50:5060'], observed: [] };
  const both = { advertised: ['203.0.113.50:1', '203.0.113.50:2'], observed: ['203.0.113.50:1'] };
  it.each<[string, readonly string[], CallRow]>([
    ['an INVITE without a 200', ['completes'], unanswered],
    [
      'a leg that is not answered',
      ['completes'],
      callRow({ legs: [callLeg({ answered: false }), vpc] }),
    ],
    ['a BYE that is lost', ['completes'], callRow({ legs: [internet, callLeg({ ended: false })] })],
    ['another Contact', ['sip-tuple'], callRow({ legs: [callLeg({ sip: told }), vpc] })],
    ['SIP from two sources', ['sip-tuple'], callRow({ legs: [internet, callLeg({ sip: two })] })],
    ['two tuples told', ['rtp-tuple'], callRow({ legs: [callLeg({ rtp: both }), vpc] })],
    ['no RTP at all', ['rtp-tuple'], callRow({ legs: [callLeg({ rtp: silent }), vpc] })],
    ['a lost RTP packet', ['media'], callRow({ legs: [callLeg({ rtpReceived: 49 }), vpc] })],
    ['an RTP packet not sent', ['media'], callRow({ legs: [callLeg({ rtpSent: 49 }), vpc] })],
    [
      'a private address',
      ['no-private-address'],
      callRow({ privateAddressesSeen: [{ address: '10.0.2.128', where: 'Call-ID' }] }),
    ],
  ])('names the row of %s', (_what, rows, call) => {
    expect(broken(call)).toEqual(rows.map((row) => `inward-call-${row}`));
  });

  it('says what was told and what was seen', () => {
    const [verdict] = judgeCall(callRow({ legs: [callLeg({ sip: told }), vpc] })).filter(
      ({ ok }) => !ok,
    );
    expect(verdict?.why).toBe(
      'SIP at the Internet peer: 203.0.113.50:5062 advertised, 203.0.113.50:5060 observed',
    );
  });
});

describe('judgeStockCalls', () => {
  const [leg, client] = stockCallRow().legs;
  const inward: CallRow = {
    ...stockCallRow({ name: 'stock-inward-call', direction: 'inward', dropped: 1 }),
    observed: [],
  };

  it('holds when the fault shows in both, and has no row where none were made', () => {
    expect(judgeStockCalls([inward, stockCallRow()])).toMatchObject([{ ok: true }]);
    expect(judgeStockCalls([])).toEqual([]);
  });

  it.each<[string, RegExp, CallRow]>([
    [
      'a call that comes in',
      /10.0.1.50:5060 was seen/,
      { ...inward, observed: ['10.0.1.50:5060'] },
    ],
    ['an INVITE that vanished', /not seen to be dropped/, { ...inward, dropped: 0 }],
    [
      'RTP that comes back',
      /RTP came back/,
      stockCallRow({ legs: [callLeg({ ...leg }), callLeg({ ...client, rtpReceived: 1 })] }),
    ],
    [
      'a BYE that is answered',
      /BYE .* answered/,
      stockCallRow({ legs: [callLeg({ ...leg, ended: true })] }),
    ],
    [
      'a true SIP tuple',
      /SIP came from/,
      stockCallRow({ legs: [callLeg({ ...leg, sip: callLeg().sip })] }),
    ],
    [
      'a true RTP tuple',
      /RTP came from/,
      stockCallRow({ legs: [callLeg({ ...leg, rtp: callLeg().rtp })] }),
    ],
    [
      'a call that was not answered',
      /not answered/,
      stockCallRow({ legs: [callLeg({ ...leg, answered: false })] }),
    ],
    [
      'RTP that does not go out',
      /did not even go out/,
      stockCallRow({ legs: [callLeg({ ...leg, rtpReceived: 9 })] }),
    ],
    ['drops that are not seen', /were not seen/, stockCallRow({ dropped: 10 })],
  ])('does not hold for %s', (_what, why, call) => {
    const [verdict] = judgeStockCalls([call]);
    expect(verdict?.ok).toBe(false);
    expect(verdict?.why).toMatch(why);
  });
});
