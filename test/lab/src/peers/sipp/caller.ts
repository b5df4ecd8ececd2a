import type { SippRead, SippReceive, SippSend } from './scenario.ts';

const target = 'sip:[service]@[remote_ip]:[remote_port]';

/** `sendrecv` and its kind: the direction line of a session description (RFC 8866, section 6.7). */
export type MediaDirection = 'sendrecv' | 'sendonly' | 'recvonly' | 'inactive';

/** A session description with one stream of G.711 at the port that sipp plays from: one for all its calls. */
export function sippSession(direction: MediaDirection = 'sendrecv'): readonly string[] {
  return [
    'v=0',
    'o=sipp [pid] [call_number] IN IP4 [local_ip]',
    's=-',
    'c=IN IP4 [local_ip]',
    't=0 0',
    'm=audio [rtpstream_audio_port] RTP/AVP 0',
    'a=rtpmap:0 PCMU/8000',
    `a=${direction}`,
  ];
}

/** The messages of a caller (RFC 3261, UAC). Branches are named by what they are for. */
export const caller = {
  /** Its Subject is one of its own, so that whoever gets it passed on can be told to belong to this call. */
  invite: (direction?: MediaDirection): SippSend => ({
    kind: 'send',
    head: [
      ...request('INVITE', 1, target, { branch: 'invite' }),
      'Subject: call [call_number] of [pid]',
    ],
    body: sippSession(direction),
    isRepeated: true,
  }),
  /** 100 and 180 that may come before what the scenario is about. */
  ringing: (): readonly SippReceive[] => [
    { kind: 'receive', what: 100, isOptional: true },
    { kind: 'receive', what: 180, isOptional: true },
  ],
  answered: (reads: readonly SippRead[] = []): SippReceive => ({
    kind: 'receive',
    what: 200,
    keepsRoute: true,
    reads,
  }),
  ack: (sequence = 1): SippSend => ({
    kind: 'send',
    head: inDialog('ACK', sequence, `ack-${sequence}`),
  }),
  reInvite: (sequence: number, direction: MediaDirection): SippSend => ({
    kind: 'send',
    head: inDialog('INVITE', sequence, `invite-${sequence}`),
    body: sippSession(direction),
    isRepeated: true,
  }),
  bye: (sequence = 2): SippSend => ({
    kind: 'send',
    head: inDialog('BYE', sequence, `bye-${sequence}`),
    isRepeated: true,
  }),
  cancel: (): SippSend => ({
    kind: 'send',
    head: request('CANCEL', 1, target, { branch: 'invite' }),
    isRepeated: true,
  }),
  /** The ACK of a final response that is no 2xx: in the INVITE's own transaction (section 17.1.1.3). */
  ackOfRefusal: (): SippSend => ({
    kind: 'send',
    head: request('ACK', 1, target, { branch: 'invite', toTag: '[peer_tag_param]' }),
  }),
  answerBye: (): SippSend => ({
    kind: 'send',
    head: [
      'SIP/2.0 200 OK',
      '[last_Via:]',
      '[last_From:]',
      '[last_To:]',
      '[last_Call-ID:]',
      '[last_CSeq:]',
    ],
  }),
} as const;

function request(
  method: string,
  sequence: number,
  uri: string,
  { branch, toTag = '' }: { readonly branch: string; readonly toTag?: string },
): readonly string[] {
  return [
    `${method} ${uri} SIP/2.0`,
    `Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=z9hG4bK-[pid]-[call_number]-${branch}`,
    'Max-Forwards: 70',
    'From: <sip:caller@[local_ip]:[local_port]>;tag=[pid]-[call_number]',
    `To: <${target}>${toTag}`,
    'Call-ID: [call_id]',
    `CSeq: ${sequence} ${method}`,
    'Contact: <sip:caller@[local_ip]:[local_port]>',
  ];
}

function inDialog(method: string, sequence: number, branch: string): readonly string[] {
  const [start = '', ...fields] = request(method, sequence, '[next_url]', {
    branch,
    toTag: '[peer_tag_param]',
  });
  return [start, ...fields, '[routes]'];
}
