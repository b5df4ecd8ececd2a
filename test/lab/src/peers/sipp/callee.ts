import { sippSession, type MediaDirection } from './caller.ts';
import type { SippRead, SippReceive, SippSend } from './scenario.ts';

const tag = ';tag=[pid]-[call_number]';

/** The messages of a callee (RFC 3261, UAS). */
export const callee = {
  invited: (reads: readonly SippRead[] = []): SippReceive => ({
    kind: 'receive',
    what: 'INVITE',
    keepsRoute: true,
    reads: [...reads, ...dialogReads],
  }),
  reInvited: (reads: readonly SippRead[] = []): SippReceive => ({
    kind: 'receive',
    what: 'INVITE',
    reads,
  }),
  ringing: (): SippSend => ({ kind: 'send', head: response(180, 'Ringing', tag) }),
  earlyMedia: (): SippSend => ({
    kind: 'send',
    head: response(183, 'Session Progress', tag),
    body: sippSession(),
  }),
  answer: (): SippSend => ({
    kind: 'send',
    head: response(200, 'OK', tag),
    body: sippSession(),
    isRepeated: true,
  }),
  answerReInvite: (direction: MediaDirection): SippSend => ({
    kind: 'send',
    head: response(200, 'OK'),
    body: sippSession(direction),
    isRepeated: true,
  }),
  refuse: (status: number): SippSend => ({
    kind: 'send',
    head: response(status, 'Refused', tag),
    isRepeated: true,
  }),
  /** Answers the INVITE of a call whose CANCEL was received last. */
  refuseCancelled: (): SippSend => ({
    kind: 'send',
    head: [
      'SIP/2.0 487 Request Terminated',
      '[last_Via:]',
      '[last_From:]',
      `[last_To:]${tag}`,
      '[last_Call-ID:]',
      'CSeq: [cseq] INVITE',
    ],
    isRepeated: true,
  }),
  answerCancel: (): SippSend => ({ kind: 'send', head: response(200, 'OK', tag) }),
  answerBye: (): SippSend => ({ kind: 'send', head: response(200, 'OK') }),
  bye: (): SippSend => ({
    kind: 'send',
    head: [
      'BYE [next_url] SIP/2.0',
      'Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=z9hG4bK-[pid]-[call_number]-bye',
      'Max-Forwards: 70',
      `From:[$own]${tag}`,
      'To:[$remote]',
      'Call-ID: [call_id]',
      'CSeq: 1 BYE',
      'Contact: <sip:callee@[local_ip]:[local_port]>',
      '[routes]',
    ],
    isRepeated: true,
  }),
} as const;

/** What a request of the callee's own needs of the INVITE. */
const dialogReads: readonly SippRead[] = [
  { from: 'From', matches: '.*', as: 'remote' },
  { from: 'To', matches: '.*', as: 'own' },
];

function response(status: number, reason: string, toTag = ''): readonly string[] {
  return [
    `SIP/2.0 ${status} ${reason}`,
    '[last_Via:]',
    '[last_From:]',
    `[last_To:]${toTag}`,
    '[last_Call-ID:]',
    '[last_CSeq:]',
    ...(status < 300
      ? ['Contact: <sip:callee@[local_ip]:[local_port]>', '[last_Record-Route:]']
      : []),
  ];
}
