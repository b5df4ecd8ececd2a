import { describe, expect, it } from 'vitest';
import { parseMessage } from '../message/parse-message.ts';
import type { SipRequest } from '../message/message.ts';
import type { Essentials } from '../message/essentials.ts';
import { headerValue } from '../message/header-list.ts';
import { serverKey, mergeKey } from './key.ts';
import { ackOf, cancelOf } from './same-transaction.ts';
import { responseTo } from '../message/response-to.ts';

interface Written {
  readonly method?: string;
  readonly via?: string;
  readonly toTag?: string;
  readonly sequence?: number;
}

function read({ method = 'INVITE', via = 'h;branch=z9hG4bK1', toTag, sequence = 1 }: Written): {
  message: SipRequest;
  essentials: Essentials;
} {
  const lines = [
    `${method} sip:b@c SIP/2.0`,
    `Via: SIP/2.0/UDP ${via}`,
    'From: <sip:a@c>;tag=f',
    `To: <sip:b@c>${toTag === undefined ? '' : `;tag=${toTag}`}`,
    'Call-ID: i',
    `CSeq: ${sequence} ${method}`,
    'Route: <sip:p;lr>',
    'Max-Forwards: 70',
  ];
  const parsed = parseMessage(Buffer.from(`${lines.join('\r\n')}\r\n\r\n`));
  if (parsed.kind !== 'message' || parsed.message.kind !== 'request') throw new Error(parsed.kind);
  return { message: parsed.message, essentials: parsed.essentials };
}

const keyOf = (written: Written, method?: string): string => {
  const { message, essentials } = read(written);
  return serverKey(message, essentials, method);
};

describe('17.2.3', () => {
  it.each([
    ['the ACK of a refusal belongs to its INVITE', { method: 'ACK', toTag: 't' }, true],
    ['the same branch in capitals is the same', { via: 'H;branch=Z9HG4BK1' }, true],
    ['another branch is another', { via: 'h;branch=z9hG4bK2' }, false],
    ['another sent-by is another', { via: 'g;branch=z9hG4bK1' }, false],
    ['another method is another', { method: 'BYE' }, false],
    ['a CANCEL is a transaction of its own', { method: 'CANCEL' }, false],
  ])('%s', (_what, written, isSame) => {
    expect(keyOf(written) === keyOf({})).toBe(isSame);
  });

  it('a CANCEL finds its INVITE', () => {
    expect(keyOf({ method: 'CANCEL' }, 'INVITE')).toBe(keyOf({}));
  });

  it('RFC 2543: without the magic cookie the whole request tells them apart', () => {
    const old = 'h;branch=1';
    expect(keyOf({ via: old, method: 'ACK', toTag: 't' })).toBe(keyOf({ via: old }));
    expect(keyOf({ via: old, sequence: 2 })).not.toBe(keyOf({ via: old }));
    expect(keyOf({ via: 'h' })).not.toBe(keyOf({ via: 'g' }));
  });

  it('8.2.2.2: copies by other ways merge, requests in dialogs do not', () => {
    const copy = read({ via: 'g;branch=z9hG4bK9' }).essentials;
    expect(mergeKey(copy)).toBe(mergeKey(read({}).essentials));
    expect(mergeKey(read({ toTag: 't' }).essentials)).toBeUndefined();
  });
});

it('17.1.1.3 and 9.1: ACK and CANCEL of an INVITE', () => {
  const { message } = read({});
  const ack = ackOf(message, responseTo(message, 486, { toTag: 'callee' }));
  const cancel = cancelOf(message);
  for (const each of [ack, cancel]) {
    expect(headerValue(each, 'via')).toBe('SIP/2.0/UDP h;branch=z9hG4bK1');
    expect(headerValue(each, 'route')).toBe('<sip:p;lr>');
    expect(headerValue(each, 'cseq')).toBe(`1 ${each.method}`);
    expect(each.requestUri).toBe('sip:b@c');
  }
  expect(headerValue(ack, 'to')).toBe('<sip:b@c>;tag=callee');
  expect(headerValue(cancel, 'to')).toBe('<sip:b@c>');
});
