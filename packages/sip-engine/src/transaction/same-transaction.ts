import { headerField } from '../message/header-list.ts';
import {
  emptyBody,
  type HeaderField,
  type SipRequest,
  type SipResponse,
} from '../message/message.ts';

/** 17.1.1.3: the ACK of a final response that is no 2xx, in the transaction of its INVITE. */
export function ackOf(invite: SipRequest, response: SipResponse): SipRequest {
  return sameTransaction(invite, 'ACK', response.headers);
}

/** 9.1: the CANCEL of an INVITE, with its topmost Via alone. */
export function cancelOf(invite: SipRequest, more: readonly HeaderField[] = []): SipRequest {
  const cancel = sameTransaction(invite, 'CANCEL', invite.headers);
  return { ...cancel, headers: [...cancel.headers, ...more] };
}

function sameTransaction(
  invite: SipRequest,
  method: string,
  toFrom: readonly HeaderField[],
): SipRequest {
  const one = (key: string, from: readonly HeaderField[] = invite.headers): HeaderField[] =>
    from.filter((field) => field.key === key).slice(0, 1);
  const sequence = one('cseq')[0]?.value.split(/\s+/)[0] ?? '1';
  return {
    kind: 'request',
    method,
    requestUri: invite.requestUri,
    headers: [
      ...one('via'),
      headerField('Max-Forwards', '70'),
      ...one('from'),
      ...one('to', toFrom),
      ...one('call-id'),
      headerField('CSeq', `${sequence} ${method}`),
      ...invite.headers.filter((field) => field.key === 'route'),
    ],
    body: emptyBody,
  };
}
