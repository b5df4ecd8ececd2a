import type { Essentials } from '../message/essentials.ts';
import { valueOf } from '../message/header-list.ts';
import type { SipResponse } from '../message/message.ts';
import { lists } from '../message/session-expires.ts';
import type { Rack } from './rack.ts';

/** What a UAC heard of the reliable provisional responses to one INVITE in one dialog: RFC 3262 section 4. */
export interface HeardProvisionals {
  /** Of the INVITE. */
  readonly sequence: number;
  /** RSeq of the first one. */
  readonly first: number;
  /** RSeq of the last one in order. */
  readonly last: number;
  /** RSeq of the last one that has its PRACK; one below the first before any has. */
  readonly acknowledged: number;
  /** Since when a PRACK is due: greater for a later fork. */
  readonly turn: number;
}

interface Provisional {
  readonly response: SipResponse;
  readonly essentials: Essentials;
}

/** A reliable one that came before, or that is not the next one: nobody looks at it. */
export function isOutOfOrder(
  heard: HeardProvisionals | undefined,
  { response, essentials }: Provisional,
): boolean {
  const rseq = rseqOf(response);
  if (heard === undefined || rseq === undefined) return false;
  return heard.sequence === essentials.cseq.sequence && rseq !== heard.last + 1;
}

/** With this one, which is in order. */
export function heardNext(
  heard: HeardProvisionals | undefined,
  { response, essentials }: Provisional,
  turn: number,
): HeardProvisionals | undefined {
  const rseq = rseqOf(response);
  if (rseq === undefined) return heard;
  const { sequence } = essentials.cseq;
  if (heard?.sequence !== sequence) {
    return { sequence, first: rseq, last: rseq, acknowledged: rseq - 1, turn };
  }
  const isDue = heard.acknowledged < heard.last;
  return { ...heard, last: rseq, turn: isDue ? heard.turn : turn };
}

/** Whether this RAck names one of these. */
export function wasHeard(heard: HeardProvisionals | undefined, { rseq, sequence }: Rack): boolean {
  return heard?.sequence === sequence && rseq >= heard.first && rseq <= heard.last;
}

/** With the PRACK that says this. */
export function acknowledged(
  heard: HeardProvisionals | undefined,
  rack: Rack,
): HeardProvisionals | undefined {
  if (heard === undefined || !wasHeard(heard, rack)) return heard;
  return { ...heard, acknowledged: Math.max(heard.acknowledged, rack.rseq) };
}

/** undefined where no PRACK is asked for. */
function rseqOf(response: SipResponse): number | undefined {
  const text = valueOf(response, 'rseq')?.trim() ?? '';
  return /^\d{1,10}$/.test(text) && lists(response, 'require', '100rel') ? Number(text) : undefined;
}
