import type { JudgedTuple, LadderRow, MediaRow, MessageRow } from '@truetuple/sip-gateway/ladder';
import { describe, expect, it } from 'vitest';
import { parseTuple, type Tuple } from '../traffic/flow.ts';
import { layCompactLadder } from './compact-ladder.ts';

const client = parseTuple('10.0.1.100:5060');
const gateway = parseTuple('203.0.113.50:5060');
const told = parseTuple('10.0.1.50:5060');
const peer = parseTuple('198.51.100.50:5060');
const names: Readonly<Record<string, string>> = {
  [client.address]: 'client',
  [peer.address]: 'peer',
};

function message(
  atMs: number,
  ends: readonly [Tuple, Tuple],
  parts: Partial<MessageRow>,
): MessageRow {
  const { method, status, times = 1, hasSdp = false, told: judgements = [] } = parts;
  return {
    kind: 'message',
    atMs,
    lastAtMs: atMs,
    times,
    source: ends[0],
    destination: ends[1],
    callId: '1',
    method,
    requestUri: undefined,
    status,
    reasonPhrase: undefined,
    cseq: parts.cseq ?? { sequence: 1, method: 'INVITE' },
    hasSdp,
    told: judgements,
  };
}

function rtp(atMs: number, source: Tuple, destination: Tuple, packets: number): MediaRow {
  const payloads = [{ payloadType: 0, encoding: 'PCMU', packets }];
  return {
    kind: 'media',
    protocol: 'rtp',
    atMs,
    lastAtMs: atMs,
    source,
    destination,
    callId: '1',
    packets,
    payloads,
    ssrc: 1,
    lost: 0,
  };
}

function judged(where: JudgedTuple['where'], advertised: Tuple, observed?: Tuple): JudgedTuple {
  const isSame = observed?.address === advertised.address;
  const verdict = observed === undefined ? 'not-seen' : isSame ? 'same' : 'different';
  return { where, media: undefined, advertised, observed, verdict };
}

function lay(
  rows: readonly LadderRow[],
  isDead: (row: LadderRow) => boolean = () => false,
): string {
  const lines = layCompactLadder({
    rows,
    lanes: ['client', 'gateway', 'peer'],
    nameOf: ({ address }) => names[address] ?? 'gateway',
    isDead: isDead as (row: Pick<LadderRow, 'source' | 'destination'>) => boolean,
  });
  return `\n${lines.slice(1).join('\n')}\n`;
}

const bye = { sequence: 2, method: 'BYE' };

describe('layCompactLadder', () => {
  it('draws a call in a line for each thing that happens', () => {
    const rows = [
      message(1000, [client, gateway], { method: 'INVITE', hasSdp: true }),
      message(1001, [gateway, client], { status: 100 }),
      message(1002, [gateway, peer], {
        method: 'INVITE',
        hasSdp: true,
        times: 2,
        told: [judged('Via', gateway, gateway), judged('c=,m=', gateway, gateway)],
      }),
      message(1003, [peer, gateway], { status: 180 }),
      message(1004, [peer, gateway], { status: 200, hasSdp: true }),
      rtp(1005, gateway, peer, 50),
      rtp(1006, peer, gateway, 49),
      message(2000, [peer, gateway], { method: 'BYE', cseq: bye }),
      message(2001, [gateway, peer], { status: 200, cseq: bye }),
    ];
    expect(lay(rows)).toBe(`
  0.000  │─── INVITE SDP ───►│                   │
  0.002  │                   │── INVITE SDP x2 ─►│ ✓ SIP 203.0.113.50:5060  ✓ RTP 203.0.113.50:5060
  0.004  │                   │◄──── 200 SDP ─────│
  0.005  │                   │◄══ PCMU 50+49 ═══►│   RTP from 203.0.113.50:5060
  1.000  │                   │◄─── BYE, 200 ─────│
`);
  });

  it('says what was told and what was seen instead, each in a line', () => {
    const both = [judged('Via', told, gateway), judged('Contact', told, gateway)];
    const row = message(0, [gateway, peer], {
      method: 'INVITE',
      told: [...both, judged('c=,m=', told, gateway)],
    });
    expect(lay([row])).toBe(`
  0.000  │                   │───── INVITE ─────►│ ✗ SIP 10.0.1.50:5060 ≠ 203.0.113.50:5060
         │                   │                   │ ✗ RTP 10.0.1.50:5060 ≠ 203.0.113.50:5060
`);
  });

  it('draws what is lost as lost, and says where it should have gone', () => {
    const rows = [
      rtp(0, peer, told, 10),
      rtp(1, gateway, peer, 10),
      message(2, [peer, told], { method: 'BYE', cseq: bye }),
    ];
    expect(lay(rows, ({ destination }) => destination === told)).toBe(`
  0.000  │                   │✗════ PCMU 10 ═════│ ✗ lost on its way to 10.0.1.50:5060
  0.001  │                   │═════ PCMU 10 ════►│   RTP from 203.0.113.50:5060
  0.002  │                   │✗────── BYE ───────│ ✗ lost on its way to 10.0.1.50:5060
`);
  });

  it('says which media was announced and never came', () => {
    const ok = message(0, [gateway, client], { status: 200, told: [judged('c=,m=', gateway)] });
    expect(lay([ok])).toContain('│ · RTP not seen');
  });
});
