import { ReliableProvisionals } from '../dialog/reliable-provisionals.ts';
import { drawBelow, type EngineContext } from './context.ts';
import type { Pending } from './pending.ts';
import { headerField } from '../message/header-list.ts';
import { lists } from '../message/session-expires.ts';
import type { AppHeader, AppSip } from '../wire/app-message.ts';

/** A provisional response as it may go: reliable with an RSeq, or not. */
export interface Provisional {
  readonly sip: AppSip;
  readonly rseq: number | undefined;
}

const tag = '100rel';

/**
 * RFC 3262 section 3: a provisional response is reliable when the caller requires it, or when the application does and the caller
 * supports it. Where that cannot be, the application's Require is taken back.
 */
export function provisionalOf(
  context: EngineContext,
  pending: Pending,
  sip: AppSip,
  status: number,
): Provisional {
  const { request, method } = pending.transaction;
  if (status <= 100 || status >= 200 || method !== 'INVITE') return { sip, rseq: undefined };
  const isBuilt = context.supported.includes(tag);
  const isRequired = isBuilt && lists(request, 'require', tag);
  const isPossible = isRequired || (isBuilt && lists(request, 'supported', tag));
  const isWanted = sip.headers.some(requires100rel);
  if (!isPossible || !(isRequired || isWanted)) {
    if (!isWanted) return { sip, rseq: undefined };
    const headers = sip.headers.flatMap(withoutTag);
    return { sip: { ...sip, headers }, rseq: undefined };
  }
  pending.reliable ??= new ReliableProvisionals(context.clock, context.timing, firstOf(context));
  const more = isWanted ? [] : [headerField('Require', tag)];
  const headers = [...sip.headers, ...more];
  return { sip: { ...sip, headers }, rseq: pending.reliable.next };
}

/** At random, far from the end of its range. */
function firstOf(context: EngineContext): number {
  return drawBelow(context, 1_000_000) + 1;
}

function requires100rel({ key, value }: AppHeader): boolean {
  return key === 'require' && tagsIn(value).includes(tag);
}

function withoutTag(header: AppHeader): readonly AppHeader[] {
  if (!requires100rel(header)) return [header];
  const left = tagsIn(header.value).filter((each) => each !== tag);
  return left.length === 0 ? [] : [{ ...header, value: left.join(', ') }];
}

function tagsIn(value: string): readonly string[] {
  return value.split(',').map((each) => each.trim().toLowerCase());
}
