import { headerValue, parseNameAddr } from '@truetuple/sip-engine';
import { hostOf, type HostNames } from './host.ts';
import type { UnreadableMessage } from './ladder-call.ts';
import type { SeenMessage } from './seen-message.ts';

/** The messages of one Call-ID, in the order of time. */
export interface Leg {
  readonly callId: string;
  readonly messages: SeenMessage[];
  readonly unreadable: UnreadableMessage[];
}

/** Legs of one call, in the order of their beginnings. */
export type LegGroup = readonly Leg[];

interface Placed {
  readonly leg: Leg;
  readonly group: Leg[];
  /** When its INVITE was answered for good, or may be taken as forgotten. */
  readonly untilMs: number;
  hasNext: boolean;
}

/** No INVITE waits longer (timer C of RFC 3261 is a little over three minutes). */
const longestWaitMs = 300_000;

/**
 * Puts the legs of a back-to-back user agent together: the second begins with an INVITE of a host that was called in the first
 * and has not answered yet. Where several calls come into question, whom the INVITE is for or from decides; if that does not
 * either, the legs stay apart.
 */
export function pairLegs(legs: readonly Leg[], names: HostNames): readonly LegGroup[] {
  const groups: Leg[][] = [];
  let waiting: Placed[] = [];
  for (const leg of legs) {
    const startMs = leg.messages[0]?.first.atMs ?? 0;
    waiting = waiting.filter(({ untilMs }) => untilMs >= startMs);
    const before = previousOf(leg, waiting, names);
    const group = before?.group ?? [];
    if (before !== undefined) before.hasNext = true;
    else groups.push(group);
    group.push(leg);
    waiting.push({ leg, group, untilMs: answeredAt(leg, startMs), hasNext: false });
  }
  return groups;
}

function previousOf(leg: Leg, placed: readonly Placed[], names: HostNames): Placed | undefined {
  const [start] = leg.messages;
  if (start === undefined || !isInvite(start)) return undefined;
  const caller = hostOf(names, start.first.source);
  const waiting = placed.filter((each) => isCalled(each.leg, caller, start.first.atMs, names));
  const free = waiting.filter(({ hasNext }) => !hasNext);
  const choice = free.length > 0 ? free : waiting;
  if (choice.length <= 1) return choice[0];
  const alike = choice.filter((each) => isAlike(each.leg, start));
  return alike.length === 1 ? alike[0] : undefined;
}

/** Whether that host has this leg's INVITE at that time. */
function isCalled({ messages }: Leg, host: string, atMs: number, names: HostNames): boolean {
  return messages.some(
    (each) =>
      isInvite(each) && each.first.atMs <= atMs && hostOf(names, each.first.destination) === host,
  );
}

function answeredAt({ messages }: Leg, startMs: number): number {
  const final = messages.find(
    ({ message, essentials }) =>
      message.kind === 'response' && message.status >= 200 && essentials.cseq.method === 'INVITE',
  );
  return final?.first.atMs ?? startMs + longestWaitMs;
}

function isAlike({ messages: [start] }: Leg, other: SeenMessage): boolean {
  if (start === undefined) return false;
  return ['from', 'to'].every((name) => userIn(start, name) === userIn(other, name));
}

function userIn({ message }: SeenMessage, name: string): string | undefined {
  const uri = parseNameAddr(headerValue(message, name) ?? '')?.uri;
  return uri?.kind === 'sip' ? uri.user : undefined;
}

function isInvite({ message }: SeenMessage): boolean {
  return message.kind === 'request' && message.method === 'INVITE';
}
