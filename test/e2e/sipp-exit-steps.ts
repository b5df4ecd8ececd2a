// The ways a call can go, for both of its sides: each ends with sipp content and nothing unexpected.
import { callee, caller, type SippOptions, type SippRead } from '@truetuple/lab';
import { truth } from './sipp-steps.ts';

type Steps = SippOptions['steps'];

export interface Exit {
  readonly name: string;
  readonly caller: Steps;
  /** Without: the call never gets to anybody. */
  readonly callee?: Steps;
  readonly haveMedia: boolean;
  /** The caller hears the callee before the answer. */
  readonly hasEarlyMedia?: true;
  readonly user?: string;
}

const trying = { kind: 'receive', what: 100, isOptional: true } as const;
const acknowledged = { kind: 'receive', what: 'ACK' } as const;

const says = (what: string, as: string): SippRead => ({ from: 'body', matches: what, as });

const earlyMedia: Exit = {
  name: 'early media, then an answer',
  haveMedia: true,
  hasEarlyMedia: true,
  caller: (file) => [
    caller.invite(),
    trying,
    { kind: 'receive', what: 183, reads: truth },
    { kind: 'play', file },
    caller.answered(),
    caller.ack(),
    { kind: 'receive', what: 'BYE' },
    caller.answerBye(),
  ],
  callee: (file) => [
    callee.invited(truth),
    callee.earlyMedia(),
    { kind: 'play', file },
    { kind: 'pause', ms: 400 },
    callee.answer(),
    acknowledged,
    { kind: 'pause', ms: 100 },
    callee.bye(),
    { kind: 'receive', what: 200 },
  ],
};

const cancelled: Exit = {
  name: 'CANCEL while it rings',
  haveMedia: false,
  caller: () => [
    caller.invite(),
    trying,
    { kind: 'receive', what: 180 },
    caller.cancel(),
    { kind: 'receive', what: 200 },
    { kind: 'receive', what: 487 },
    caller.ackOfRefusal(),
  ],
  callee: () => [callee.invited(truth), callee.ringing(), ...cancelledThere()],
};

/** What a callee that rings does when its INVITE is cancelled. */
function cancelledThere(): ReturnType<Steps> {
  return [
    { kind: 'receive', what: 'CANCEL' },
    callee.answerCancel(),
    callee.refuseCancelled(),
    acknowledged,
  ];
}

const calleeHangsUp: Exit = {
  name: 'BYE from the callee',
  haveMedia: true,
  caller: (file) => [
    caller.invite(),
    ...caller.ringing(),
    caller.answered(truth),
    caller.ack(),
    { kind: 'play', file },
    { kind: 'receive', what: 'BYE' },
    caller.answerBye(),
  ],
  callee: (file) => [
    callee.invited(truth),
    callee.answer(),
    acknowledged,
    { kind: 'play', file },
    { kind: 'pause', ms: 300 },
    callee.bye(),
    { kind: 'receive', what: 200 },
  ],
};

const heldAndResumed: Exit = {
  name: 're-INVITE to hold and to resume',
  haveMedia: true,
  caller: (file) => [
    caller.invite(),
    ...caller.ringing(),
    caller.answered(truth),
    caller.ack(),
    { kind: 'play', file },
    { kind: 'pause', ms: 200 },
    caller.reInvite(2, 'sendonly'),
    trying,
    caller.answered([says('a=recvonly', 'held')]),
    caller.ack(2),
    { kind: 'pause', ms: 100 },
    caller.reInvite(3, 'sendrecv'),
    trying,
    caller.answered([says('a=sendrecv', 'resumed')]),
    caller.ack(3),
    { kind: 'pause', ms: 200 },
    caller.bye(4),
    { kind: 'receive', what: 200 },
  ],
  callee: (file) => [
    callee.invited(truth),
    callee.answer(),
    acknowledged,
    { kind: 'play', file },
    callee.reInvited([says('a=sendonly', 'held')]),
    callee.answerReInvite('recvonly'),
    acknowledged,
    callee.reInvited([says('a=sendrecv', 'resumed')]),
    callee.answerReInvite('sendrecv'),
    acknowledged,
    { kind: 'receive', what: 'BYE' },
    callee.answerBye(),
  ],
};

/** The caller's side of a call that ends with this status. */
export function refusedWith(status: number): Steps {
  return () => [
    caller.invite(),
    ...caller.ringing(),
    { kind: 'receive', what: status },
    caller.ackOfRefusal(),
  ];
}

/** The callee says one status, the caller gets one that is about its own call. */
function refused(said: number, got: number): Exit {
  return {
    name: `${said} from the callee is ${got} to the caller`,
    haveMedia: false,
    caller: refusedWith(got),
    callee: () => [callee.invited(truth), callee.refuse(said), acknowledged],
  };
}

const neverAnswered: Exit = {
  name: 'a callee that rings for ever is cancelled, and the caller gets 408',
  haveMedia: false,
  caller: refusedWith(408),
  callee: () => [callee.invited(truth), callee.ringing(), ...cancelledThere()],
};

const unknown: Exit = {
  name: 'a user that leads nowhere is 404',
  haveMedia: false,
  user: 'stranger',
  caller: refusedWith(404),
};

const silent: Exit = {
  name: 'a call in which nobody sends media is ended towards both',
  haveMedia: false,
  caller: () => [
    caller.invite(),
    ...caller.ringing(),
    caller.answered(truth),
    caller.ack(),
    { kind: 'receive', what: 'BYE' },
    caller.answerBye(),
  ],
  callee: () => [
    callee.invited(truth),
    callee.answer(),
    acknowledged,
    { kind: 'receive', what: 'BYE' },
    callee.answerBye(),
  ],
};

export const exits: readonly Exit[] = [
  earlyMedia,
  cancelled,
  calleeHangsUp,
  heldAndResumed,
  refused(486, 486),
  refused(603, 603),
  refused(404, 404),
  refused(503, 500),
  refused(302, 480),
  neverAnswered,
  unknown,
  silent,
];
