import { isSessionTooShort, leastSessionField } from '../dialog/session-terms.ts';
import type { EngineContext } from './context.ts';
import { addressList, type AddressHeader } from '../message/address-list.ts';
import { headerField, valuesOf } from '../message/header-list.ts';
import type { HeaderField, SipRequest } from '../message/message.ts';
import type { NameAddr } from '../message/name-addr.ts';
import { requireRefusal, schemeRefusal } from '../message/request-policy.ts';
import { parseVia, viaBranch } from '../message/via.ts';
import type { ServerTransaction } from '../transaction/server-transaction.ts';

/** A final response of the engine's own. */
export interface Refusal {
  readonly status: number;
  readonly headers?: readonly HeaderField[];
}

/** RFC 3261 15.1.2, RFC 3311 5.2, RFC 3262 3: these belong to a call that is there, and the engine knows them by itself. */
const onlyInDialog = new Set(['BYE', 'UPDATE', 'PRACK']);
const schemes = ['sip', 'sips', 'tel'];

/**
 * Whether the Contact of a request can be the target of ours (8.1.1.8, 12.1.1): one SIP or SIPS URI.
 * @param least 0 where it may be left out
 */
export function isSoundTarget(request: SipRequest, least: 0 | 1): boolean {
  const contact = addressList(request, 'Contact');
  if (contact.kind !== 'addresses') return false;
  const { length } = contact.addresses;
  return length >= least && length <= 1 && areSip(contact.addresses);
}

/** RFC 4028 section 9: 422 for an interval that is too short. */
export function isSessionRefused({ supported }: EngineContext, request: SipRequest): boolean {
  return supported.includes('timer') && isSessionTooShort(request);
}

function areSipAddresses(request: SipRequest, header: AddressHeader): boolean {
  const list = addressList(request, header);
  return list.kind === 'addresses' && areSip(list.addresses);
}

function areSip(addresses: readonly NameAddr[]): boolean {
  return addresses.every(({ uri }) => uri.kind === 'sip');
}

/**
 * What keeps a request outside of any dialog from an application: RFC 3261 section 8.2.2, in its order. Whether anybody
 * takes its method (8.2.1) comes before: see {@link isForNobody}.
 */
export function checkNewRequest(
  context: EngineContext,
  transaction: ServerTransaction,
): Refusal | undefined {
  const { message, essentials } = transaction.inbound;
  const unspoken = schemeRefusal(message, schemes);
  if (unspoken !== undefined) return unspoken;
  // 8.2.2.2: one copy by another way has come before
  if (context.transactions.isMerged(transaction)) return { status: 482 };
  if (hasOwnVia(context, transaction)) return { status: 482 };
  const unsupported = requireRefusal(message, context.supported);
  if (unsupported !== undefined) return unsupported;
  if (onlyInDialog.has(message.method)) return { status: 481 };
  if (message.method !== 'INVITE') return undefined;
  // RFC 7332: a back-to-back user agent counts hops as a proxy does
  if (essentials.maxForwards === 0) return { status: 483 };
  if (!isSoundTarget(message, 1) || !areSipAddresses(message, 'Record-Route')) {
    return { status: 400 };
  }
  const isFull = context.dialogs.size >= context.dialogLimit;
  if (isSessionRefused(context, message)) return { status: 422, headers: [leastSessionField()] };
  return context.isDraining() || isFull
    ? { status: 503, headers: [headerField('Retry-After', '10')] }
    : undefined;
}

/** 8.2.1: there are applications, and none of them takes a request of this method outside of any dialog. */
export function isForNobody({ apps }: EngineContext, method: string): boolean {
  return apps.size > 0 && !onlyInDialog.has(method) && !apps.takes(method);
}

/**
 * A request of ours that came back, known by its branch. Not by sent-by: what we are called on one path (a private address)
 * may be what somebody else is called on another.
 */
function hasOwnVia({ branchMark }: EngineContext, { inbound }: ServerTransaction): boolean {
  return valuesOf(inbound.message, 'via').some((text) => {
    if (!text.includes(branchMark)) return false;
    const via = parseVia(text);
    return via !== undefined && viaBranch(via)?.endsWith(branchMark) === true;
  });
}
