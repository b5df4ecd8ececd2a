import type { CallLeg, CallRow } from './report.ts';

const sip = '203.0.113.50:5060';

/** A call in which every promise held, for tests of the pure parts. */
export function callRow(changes: Partial<CallRow> = {}): CallRow {
  const legs = [callLeg({ peer: 'internet' }), callLeg({ peer: 'vpc' })];
  return {
    name: 'inward-call',
    direction: 'inward',
    called: sip,
    setUpMs: 120,
    advertised: [sip, '203.0.113.50:20000'],
    observed: [sip, '203.0.113.50:20000'],
    wanted: 50,
    rtpSent: 100,
    rtpReceived: 100,
    privateAddressesSeen: [],
    dropped: 0,
    legs,
    ...changes,
  };
}

export function callLeg(changes: Partial<CallLeg> = {}): CallLeg {
  return {
    peer: 'internet',
    answered: true,
    ended: true,
    sip: { advertised: [sip], observed: [sip] },
    rtp: { advertised: ['203.0.113.50:20000'], observed: ['203.0.113.50:20000'] },
    rtpSent: 50,
    rtpReceived: 50,
    privateAddressesSeen: [],
    ...changes,
  };
}

/** A call out of a gateway on eth0: the peer talks to a tuple that leads nowhere. */
export function stockCallRow(changes: Partial<CallRow> = {}): CallRow {
  const told = { sip: ['10.0.1.50:5060'], rtp: ['10.0.1.50:20000'] };
  return callRow({
    name: 'stock-outward-call',
    direction: 'outward',
    wanted: 10,
    dropped: 11,
    legs: [
      callLeg({
        ended: false,
        sip: { advertised: told.sip, observed: ['203.0.113.7:31337'] },
        rtp: { advertised: told.rtp, observed: ['203.0.113.7:4711'] },
        rtpSent: 10,
        rtpReceived: 10,
        privateAddressesSeen: [{ address: '10.0.1.50', where: 'Contact' }],
      }),
      callLeg({ peer: 'vpc', ended: false, rtpSent: 10, rtpReceived: 0 }),
    ],
    ...changes,
  });
}
