// What must hold of a gateway's SIP whatever the network loses or doubles, by a capture of its own link.
import { headerValue } from '@truetuple/sip-engine';
import type { CapturedPacket } from '@truetuple/lab';
import { sipOf, type SipDatagram } from './link-wire.ts';

interface Seen extends SipDatagram {
  readonly atMs: number;
  /** Among all that the link carried. */
  readonly place: number;
}

/** RFC 3261, sections 17.1.1.2 and 17.1.2.2: so often a request goes out within 64*T1 at most. */
const mostSent = { INVITE: 7, other: 11 } as const;

/**
 * What is wrong with it, one line each.
 * @param lifeMs 64*T1: how long the transaction of an answered INVITE is there
 */
export function wrongTransactions(
  packets: readonly CapturedPacket[],
  lifeMs: number,
): readonly string[] {
  const seen = packets.flatMap((packet, place): readonly Seen[] => {
    const sip = sipOf(packet);
    return sip === undefined ? [] : [{ ...sip, place, atMs: Number(packet.atNs / 1_000_000n) }];
  });
  const [taken, sent] = [
    seen.filter(({ direction }) => direction === 'incoming'),
    seen.filter(({ direction }) => direction === 'outgoing'),
  ];
  return [
    ...wronglyAnswered(taken.filter(isRequest), sent.filter(isFinal)),
    ...unacknowledged(taken.filter(isSuccess), sent, lifeMs),
    ...wronglyRepeated(sent.filter(isRequest)),
  ];
}

/** Sections 17.2 and 8.2: each request has one final response, which every repeat of it says. */
function wronglyAnswered(requests: readonly Seen[], finals: readonly Seen[]): readonly string[] {
  const answers = grouped(finals);
  return [...grouped(requests)].flatMap(([key]) => {
    const told = new Set(answers.get(key)?.map(({ text }) => text));
    return told.size === 1 ? [] : [`${key} has ${told.size} answers: ${[...told].join()}`];
  });
}

/** Section 13.2.2.4: each 2xx to an INVITE, however often it comes; one ACK does for what came before the call had it. */
function unacknowledged(
  successes: readonly Seen[],
  sent: readonly Seen[],
  lifeMs: number,
): readonly string[] {
  const acks = grouped(
    sent.filter(({ name }) => name === 'ACK'),
    dialogOf,
  );
  return [...grouped(successes, dialogOf)].flatMap(([key, all]) => {
    const [{ atMs: firstMs } = { atMs: 0 }] = all;
    const lastAck = acks.get(key)?.at(-1)?.place ?? -1;
    const late = all.filter(({ atMs, place }) => atMs < firstMs + lifeMs && place > lastAck);
    return late.length > 0 ? [`${key}: ${late.length} 200s and no ACK after them`] : [];
  });
}

function wronglyRepeated(requests: readonly Seen[]): readonly string[] {
  return [...grouped(requests)].flatMap(([key, all]) => {
    const [first] = all;
    const most = first?.name === 'INVITE' ? mostSent.INVITE : mostSent.other;
    const isChanged = all.some(({ text }) => text !== first?.text);
    return [
      ...(all.length > most ? [`${key} was sent ${all.length} times`] : []),
      ...(isChanged ? [`${key} changed when it was repeated`] : []),
    ];
  });
}

function grouped(
  seen: readonly Seen[],
  keyOf: (each: Seen) => string = transactionOf,
): ReadonlyMap<string, readonly Seen[]> {
  return Map.groupBy(seen, keyOf);
}

/** Section 17.2.3, with the Call-ID for whoever reads it. */
function transactionOf({ message, callId }: Seen): string {
  const branch = /branch=([^;,\s]+)/.exec(headerValue(message, 'via') ?? '')?.[1] ?? '';
  return `${callId} ${headerValue(message, 'cseq')} ${branch}`;
}

function dialogOf({ message, callId }: Seen): string {
  const sequence = /^\d+/.exec(headerValue(message, 'cseq') ?? '')?.[0] ?? '';
  return `${callId} ${sequence} ${headerValue(message, 'to')}`;
}

function isRequest({ message, name }: Seen): boolean {
  return message.kind === 'request' && name !== 'ACK';
}

function isFinal({ message }: Seen): boolean {
  return message.kind === 'response' && message.status >= 200;
}

function isSuccess({ name }: Seen): boolean {
  return name === '200 INVITE';
}
