import { describe, expect, it } from 'vitest';
import { SipEngineError } from '../errors.ts';
import { addressList } from './address-list.ts';
import {
  appendHeader,
  headerField,
  headerValue,
  headerValues,
  prependHeader,
  withBody,
  withHeader,
  withoutHeader,
} from './header-list.ts';
import { emptyBody, type SipRequest } from './message.ts';
import { withObservedSource, withObservedSourceIn } from './observed-source.ts';
import { policyRefusal } from './request-policy.ts';
import { reasonPhrase } from './reason-phrase.ts';
import { responseTo } from './response-to.ts';
import { serialiseMessage } from './serialise-message.ts';

function request(lines: readonly (readonly [string, string])[], method = 'INVITE'): SipRequest {
  const headers = lines.map(([name, value]) => headerField(name, value));
  return { kind: 'request', method, requestUri: 'sip:b@c', headers, body: emptyBody };
}

const linesOf = ({ headers }: Pick<SipRequest, 'headers'>): readonly string[] =>
  headers.map(({ name, value }) => `${name}: ${value}`);

const base = request([
  ['v', 'SIP/2.0/UDP a;branch=1, SIP/2.0/UDP b'],
  ['Via', 'SIP/2.0/UDP c'],
  ['t', '<sip:b@c>'],
]);

describe('the header list', () => {
  it('is looked up by any spelling, values apart', () => {
    expect(headerValue(base, 'VIA')).toBe('SIP/2.0/UDP a;branch=1, SIP/2.0/UDP b');
    expect(headerValue(base, 'from')).toBeUndefined();
    expect(headerValues(base, 'v')).toEqual([
      'SIP/2.0/UDP a;branch=1',
      'SIP/2.0/UDP b',
      'SIP/2.0/UDP c',
    ]);
  });

  it('is changed into another one, in place', () => {
    const before = linesOf(base);
    expect(linesOf(withHeader(base, 'Via', 'x'))).toEqual(['Via: x', 't: <sip:b@c>']);
    expect(linesOf(withHeader(base, 'X', 'y'))).toEqual([...before, 'X: y']);
    expect(linesOf(withoutHeader(base, 'via'))).toEqual(['t: <sip:b@c>']);
    expect(linesOf(prependHeader(base, 'To', 'q'))).toEqual([
      ...before.slice(0, 2),
      'To: q',
      ...before.slice(2),
    ]);
    expect(linesOf(prependHeader(base, 'X', 'y'))).toEqual(['X: y', ...before]);
    expect(linesOf(appendHeader(base, 'via', 'z'))).toEqual([
      ...before.slice(0, 2),
      'via: z',
      ...before.slice(2),
    ]);
    expect(linesOf(base)).toEqual(before);
    expect(withBody(base, Uint8Array.of(1)).body).toEqual(Uint8Array.of(1));
  });

  it.each([
    ['X', 'a\r\nB: c'],
    ['X', 'a\0'],
    ['X: y', 'a'],
    ['', 'a'],
  ])('takes nothing that would break the message: %j, %j', (name, value) => {
    let error: unknown;
    try {
      headerField(name, value);
    } catch (thrown) {
      error = thrown;
    }
    expect(SipEngineError.is(error) && error.code).toBe('HeaderUnsafe');
  });
});

const textOf = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

describe('serialiseMessage', () => {
  it('always tells the length of the body', () => {
    const body = Uint8Array.of(0x61, 0x62);
    const wrong = withBody(
      request([
        ['l', '9'],
        ['X', '1'],
        ['Content-Length', '7'],
      ]),
      body,
    );
    expect(textOf(serialiseMessage(wrong))).toBe(
      'INVITE sip:b@c SIP/2.0\r\nl: 2\r\nX: 1\r\n\r\nab',
    );
    expect(textOf(serialiseMessage(request([['X', '\u00e9']])))).toBe(
      'INVITE sip:b@c SIP/2.0\r\nX: \u00e9\r\nContent-Length: 0\r\n\r\n',
    );
  });
});

describe('the topmost Via on arrival', () => {
  const source = { address: '192.0.2.9', port: 4711 };
  it.each([
    ['SIP/2.0/UDP 192.0.2.9:5060;branch=1', 'SIP/2.0/UDP 192.0.2.9:5060;branch=1'],
    ['SIP/2.0/UDP 10.0.0.1;branch=1', 'SIP/2.0/UDP 10.0.0.1;branch=1;received=192.0.2.9'],
    ['SIP/2.0/UDP host.example;branch=1', 'SIP/2.0/UDP host.example;branch=1;received=192.0.2.9'],
    [
      'SIP/2.0/UDP 192.0.2.9;rport;branch=1',
      'SIP/2.0/UDP 192.0.2.9;rport=4711;branch=1;received=192.0.2.9',
    ],
    ['SIP/2.0/UDP 192.0.2.9;received=203.0.113.1;branch=1', 'SIP/2.0/UDP 192.0.2.9;branch=1'],
    [
      'SIP/2.0/UDP 10.0.0.1;rport=1;received=203.0.113.1, SIP/2.0/UDP b',
      'SIP/2.0/UDP 10.0.0.1;rport=4711;received=192.0.2.9, SIP/2.0/UDP b',
    ],
    // nothing is added, so nothing is written anew
    ['sip / 2.0 / UDP  192.0.2.9 ;branch=1', 'sip / 2.0 / UDP  192.0.2.9 ;branch=1'],
    ['nonsense', 'nonsense'],
  ])('%s becomes %s', (written, stamped) => {
    const arrived = request([
      ['X', '1'],
      ['Via', written],
      ['Via', 'SIP/2.0/UDP z'],
    ]);
    const lines = ['X: 1', `Via: ${stamped}`, 'Via: SIP/2.0/UDP z'];
    expect(linesOf(withObservedSource(arrived, source))).toEqual(lines);
    expect(linesOf({ headers: withObservedSourceIn(arrived.headers, source) })).toEqual(lines);
  });

  it('takes an IPv6 source without brackets', () => {
    const arrived = request([['Via', 'SIP/2.0/UDP [2001:db8::1];rport']]);
    expect(linesOf(withObservedSource(arrived, { address: '2001:db8::2', port: 9 }))).toEqual([
      'Via: SIP/2.0/UDP [2001:db8::1];rport=9;received=2001:db8::2',
    ]);
  });
});

describe('responseTo', () => {
  const invite = request([
    ['v', 'SIP/2.0/UDP a'],
    ['Timestamp', '54'],
    ['t', 'sip:b@c'],
    ['From', '<sip:a@b>;tag=1'],
    ['Via', 'SIP/2.0/UDP b'],
    ['Call-ID', '1'],
    ['CSeq', '1 INVITE'],
    ['Subject', 'x'],
  ]);

  it('repeats what RFC 3261 8.2.6.2 names', () => {
    const trying = responseTo(invite, 100);
    expect(trying.reasonPhrase).toBe('Trying');
    expect(linesOf(trying)).toEqual([
      'v: SIP/2.0/UDP a', 'Timestamp: 54', 't: sip:b@c', 'From: <sip:a@b>;tag=1', 'Via: SIP/2.0/UDP b', 'Call-ID: 1', 'CSeq: 1 INVITE',
    ]); // prettier-ignore
    const busy = responseTo(invite, 486, {
      toTag: 'q',
      reasonPhrase: 'No',
      headers: [headerField('X', '1')],
    });
    expect(busy.reasonPhrase).toBe('No');
    expect(linesOf(busy)).toEqual([
      'v: SIP/2.0/UDP a', 't: sip:b@c;tag=q', 'From: <sip:a@b>;tag=1', 'Via: SIP/2.0/UDP b', 'Call-ID: 1', 'CSeq: 1 INVITE', 'X: 1',
    ]); // prettier-ignore
  });

  it.each([
    ['<sip:b@c>;tag=old', ''],
    ['<sip:b@c> ;x=">" ; TAG = old', ''],
    ['sip:b@c;tag=old', ''],
    ['"<x>" <sip:b@c>;tag="<old>"', ''],
    ['<sip:b@c;tag=of-the-uri>', ';tag=new'],
    ['b <sip:b@c>', ';tag=new'],
    ['"b" <sip:b@c>', ';tag=new'],
    ['<sip:b@c>;x=1', ';tag=new'],
    // not to be read: it goes back as it came
    ['"b <sip:b@c>', ''],
  ])('gives %s the tag %j', (to, added) => {
    const response = responseTo(withHeader(invite, 'To', to), 200, { toTag: 'new' });
    expect(headerValue(response, 'To')).toBe(`${to}${added}`);
  });

  it('takes no tag that would break the message', () => {
    expect(() => responseTo(invite, 200, { toTag: 'a\r\nb: c' })).toThrow(
      'which would break the message',
    );
  });

  it('has no phrase for a status that nobody registered', () => {
    expect(reasonPhrase(299)).toBe('');
  });
});

const asking = (method: string, requestUri: string): SipRequest => ({
  ...request(
    [
      ['Require', '100rel, nothingSupportsThis'],
      ['Require', 'norDoesThis'],
    ],
    method,
  ),
  requestUri,
});

describe('policyRefusal', () => {
  const policy = { schemes: ['sip', 'tel'], options: ['100rel'] };

  it('is 416 for a scheme nobody speaks', () => {
    expect(policyRefusal(asking('INVITE', 'soap.beep://192.0.2.1'), policy)).toEqual({
      status: 416,
      headers: [],
    });
    expect(policyRefusal(asking('INVITE', 'sips:a@b'), policy)?.status).toBe(416);
    expect(policyRefusal({ ...base, requestUri: 'tel:+1' }, policy)).toBeUndefined();
  });

  it('is 420 for what Require names, but not in ACK and CANCEL', () => {
    const refusal = policyRefusal(asking('INVITE', 'sip:a@b'), policy);
    expect(refusal?.status).toBe(420);
    expect(refusal?.headers[0]?.value).toBe('nothingSupportsThis, norDoesThis');
    expect(policyRefusal(asking('ACK', 'sip:a@b'), policy)).toBeUndefined();
    expect(policyRefusal(asking('CANCEL', 'sip:a@b'), policy)).toBeUndefined();
  });
});

describe('addressList', () => {
  it.each<readonly [string, readonly string[], string]>([
    ['no such header', [], ''],
    ['several, in order', ['<sip:a@b;lr>, "B, C" <sip:c@d>;q=0.5', 'sip:e@f;expires=9'], 'b d f'],
    ['a star', ['*'], 'star'],
    ['a star and more', ['*', '<sip:a@b>'], 'malformed *'],
    ['an empty value', ['<sip:a@b>,'], 'malformed '],
    [
      'a question mark without brackets',
      ['sip:a@b?Route=%3Csip:c%3E'],
      'malformed sip:a@b?Route=%3Csip:c%3E',
    ],
  ])('%s', (_name, values, expected) => {
    const list = addressList(request(values.map((value) => ['m', value])), 'Contact');
    const said =
      list.kind === 'addresses'
        ? list.addresses.map(({ uri }) => (uri.kind === 'sip' ? uri.host : '')).join(' ')
        : list.kind;
    expect(list.kind === 'malformed' ? `malformed ${list.text}` : said).toBe(expected);
  });

  it('has a star for Contact alone', () => {
    expect(addressList(request([['Route', '*']]), 'Route').kind).toBe('malformed');
  });
});
