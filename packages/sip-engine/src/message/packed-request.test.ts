import { fc, test } from '@fast-check/vitest';
import { expect, it } from 'vitest';
import { headerField } from './header-list.ts';
import { emptyBody, type SipRequest } from './message.ts';
import { packRequest, unpackRequest } from './packed-request.ts';

const names = ['From', 'to', 'Call-ID', 'CSeq', 'Contact', 'Authorization', 'X-Trace'];
const value = fc.string({ unit: 'grapheme', maxLength: 40 }).filter((text) => !/[\r\n]/.test(text));
const field = fc
  .tuple(fc.constantFrom(...names), value)
  .map(([name, text]) => headerField(name, text.replaceAll(/^[ \t]+|[ \t]+$/g, '')));

test.prop([fc.array(field, { maxLength: 8 })])('a packed request is the same again', (headers) => {
  const request: SipRequest = {
    kind: 'request',
    method: 'INVITE',
    requestUri: 'sip:callee@198.51.100.7:5060;transport=udp',
    headers,
    body: emptyBody,
  };
  expect(unpackRequest(packRequest(request))).toEqual(request);
});

it('keeps the case of names, and values with colons and semicolons', () => {
  const headers = [headerField('f', '"A: B" <sip:a@b>;tag=1'), headerField('CSeq', '1 INVITE')];
  const packed = packRequest({ kind: 'request', method: 'INVITE', requestUri: 'sip:a', headers });
  expect(packed).toBe('INVITE sip:a\r\nf: "A: B" <sip:a@b>;tag=1\r\nCSeq: 1 INVITE');
  expect(unpackRequest(packed).headers).toEqual(headers);
});
