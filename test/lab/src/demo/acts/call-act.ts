import type { SipCall } from '../../peers/sip-call.ts';
import type { SipUserAgent } from '../../peers/sip-user-agent.ts';
import { interleave } from '../calls/interleave.ts';
import type { SeenCall } from '../calls/call-ladder.ts';
import type { Phones, Recording } from '../calls/phones.ts';
import { isAnswerToBye, readLeg } from '../calls/read-leg.ts';
import type { CallDirection, CallLeg, CallRow } from '../report/report.ts';
import { formatTuple, peerClasses, type PeerClass, type Tuple } from '../traffic/flow.ts';

export interface CallScript {
  /** Stable: of its row, and of its captures in `--pcap`. */
  readonly name: string;
  readonly direction: CallDirection;
  /** Where the gateway says it is called. */
  readonly gateway: Tuple;
  /** Packets of each side. */
  readonly packets: number;
  /** How long the answer to INVITE may take. */
  readonly inviteMs: number;
  /** Who is waited for until all RTP is heard. */
  readonly hearing: readonly PeerClass[];
  /** How long that may take; only what is lost uses it up. */
  readonly hearMs: number;
  /** How long the answer to BYE may take, likewise. */
  readonly byeMs: number;
}

export interface PlayedCall {
  readonly row: CallRow;
  readonly seen: SeenCall;
}

/** inward: the Internet calls the gateway, which calls the VPC; outward: the other way round. */
const callerOf = { inward: 'internet', outward: 'vpc' } as const;
const calleeOf = { inward: 'vpc', outward: 'internet' } as const;

interface Sides {
  readonly caller: SipUserAgent;
  readonly callee: SipUserAgent;
}

/** One call from INVITE to BYE; what came of it is read from what the far sides' links had. */
export async function playCall(phones: Phones, script: CallScript): Promise<PlayedCall> {
  using recording = await phones.record(script.name);
  const start = performance.now();
  const answered = await setUpCall(phones, script);
  const setUpMs = performance.now() - start;
  if (answered !== undefined) {
    await talk(phones, answered, script);
    // of the two it is the Internet's side that hangs up: its BYE goes to the Contact that it was told
    const byInternet = script.direction === 'inward' ? answered.caller : answered.callee;
    const other = script.direction === 'inward' ? answered.callee : answered.caller;
    const status = await byInternet.hangUp(script.byeMs);
    if (status !== undefined) await ended({ recording, call: other, script });
  }
  return await describeCall({ phones, recording, script, ...(answered && { setUpMs }) });
}

type SetUp = Pick<CallScript, 'direction' | 'gateway' | 'inviteMs'>;

export interface AnsweredCall {
  readonly caller: SipCall;
  readonly callee: SipCall;
}

/** Undefined when the caller got no 200, or the callee no call. */
export async function setUpCall(
  phones: Phones,
  { direction, gateway, inviteMs }: SetUp,
): Promise<AnsweredCall | undefined> {
  const { caller, callee } = sidesOf(phones, direction);
  const incoming = callee.nextCall();
  const outcome = await caller.invite(
    `sip:${direction}@${formatTuple(gateway)}`,
    gateway,
    inviteMs,
  );
  if (outcome.kind !== 'answered') return undefined;
  const answered = await within(incoming, inviteMs);
  return answered === undefined ? undefined : { caller: outcome.call, callee: answered };
}

/** Both sides talk to where they were told to, at once; resolves when those who can have heard all. */
async function talk(phones: Phones, calls: AnsweredCall, script: CallScript): Promise<void> {
  const { direction, packets, hearing, hearMs } = script;
  const { caller, callee } = sidesOf(phones, direction);
  const awaited = hearing.map((peer) => phones.agents[peer].media);
  const heard = awaited.map((media) => media.heard + packets);
  const say = async (agent: SipUserAgent, { media }: SipCall): Promise<void> => {
    if (media !== undefined) await agent.media.send(media, packets);
  };
  await Promise.all([say(caller, calls.caller), say(callee, calls.callee)]);
  await Promise.all(awaited.map((media, at) => media.hears(heard[at] ?? 0, hearMs)));
}

export function sidesOf({ agents }: Phones, direction: CallDirection): Sides {
  return { caller: agents[callerOf[direction]], callee: agents[calleeOf[direction]] };
}

interface CallToDescribe {
  readonly phones: Phones;
  readonly recording: Recording;
  readonly script: CallScript;
  readonly setUpMs?: number;
}

async function describeCall(call: CallToDescribe): Promise<PlayedCall> {
  const { phones, recording, script, setUpMs } = call;
  const dropped = await recording.dropped();
  const legOf = (peer: PeerClass): CallLeg =>
    readLeg({
      peer,
      sip: phones.agents[peer].tuple,
      rtp: phones.agents[peer].media.tuple,
      seen: recording.seen(peer),
      file: recording.file(peer),
    });
  const legs = peerClasses.map(legOf);
  const all = (pick: (leg: CallLeg) => readonly string[]): readonly string[] => [
    ...new Set(legs.flatMap(pick)),
  ];
  const sum = (pick: (leg: CallLeg) => number): number =>
    legs.reduce((total, leg) => total + pick(leg), 0);
  return {
    row: {
      name: script.name,
      direction: script.direction,
      called: formatTuple(script.gateway),
      ...(setUpMs === undefined ? {} : { setUpMs }),
      advertised: all(({ sip, rtp }) => [...sip.advertised, ...rtp.advertised]),
      observed: all(({ sip, rtp }) => [...sip.observed, ...rtp.observed]),
      wanted: script.packets,
      rtpSent: sum(({ rtpSent }) => rtpSent),
      rtpReceived: sum(({ rtpReceived }) => rtpReceived),
      privateAddressesSeen: legs
        .filter(({ peer }) => peer === 'internet')
        .flatMap(({ privateAddressesSeen }) => privateAddressesSeen),
      ...(dropped === undefined ? {} : { dropped }),
      legs,
    },
    seen: {
      datagrams: interleave(recording.seen('internet'), recording.seen('vpc')),
      far: { internet: phones.agents.internet.tuple, vpc: phones.agents.vpc.tuple },
    },
  };
}

interface Ending {
  readonly recording: Recording;
  /** The side that did not hang up: the BYE comes to it. */
  readonly call: SipCall;
  readonly script: CallScript;
}

async function ended({ recording, call, script }: Ending): Promise<void> {
  await within(call.ended, script.byeMs);
  await recording.until('vpc', isAnswerToBye, script.byeMs);
}

async function within<T>(promise: Promise<T>, ms: number): Promise<T | undefined> {
  const { promise: late, resolve } = Promise.withResolvers<undefined>();
  const timer = setTimeout(() => resolve(undefined), ms);
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
