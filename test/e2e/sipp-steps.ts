// What the two sides of a call do, as sipp's steps; and what each checks of what the gateway tells it.
import { callee, caller, type SippOptions, type SippRead } from '@truetuple/lab';
import { publicIp } from '../netns/tuple-matrix-situation.ts';

type Steps = SippOptions['steps'];

const dotted = publicIp.replaceAll('.', '[.]');

/** sipp fails a call whose Contact or session description says anything else. */
export const truth: readonly SippRead[] = [
  { from: 'Contact', matches: `^ *<sip:${dotted}:5060>`, as: 'contact' },
  { from: 'body', matches: `c=IN IP4 ${dotted}`, as: 'connection' },
  { from: 'body', matches: `o=[^ ]+ [0-9]+ [0-9]+ IN IP4 ${dotted}`, as: 'origin' },
  { from: 'body', matches: 'm=audio [1-9][0-9]* RTP/AVP 0', as: 'audio' },
];

/** Media for this long, then the caller hangs up. */
export function callerWhoTalks(mediaMs: number): Steps {
  return (file) => [
    caller.invite(),
    ...caller.ringing(),
    caller.answered(truth),
    caller.ack(),
    { kind: 'play', file },
    { kind: 'pause', ms: mediaMs },
    caller.bye(),
    { kind: 'receive', what: 200 },
  ];
}

/** Rings, answers, and talks until the caller hangs up. */
export const calleeWhoTalks: Steps = (file) => [
  callee.invited(truth),
  callee.ringing(),
  callee.answer(),
  { kind: 'receive', what: 'ACK' },
  { kind: 'play', file },
  { kind: 'receive', what: 'BYE' },
  callee.answerBye(),
];
