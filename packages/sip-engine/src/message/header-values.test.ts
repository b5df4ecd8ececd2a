import { describe, expect, it } from 'vitest';
import { isEqualUri } from './compare-uris.ts';
import { cseqText, parseCSeq } from './cseq.ts';
import { headerKey } from './header-name.ts';
import { isIpv4, isIpv6, isSameHost } from './ip-literal.ts';
import { nameAddrText, parseNameAddr, tagOf } from './name-addr.ts';
import { findParameter, parameterValue, withParameter, withoutParameter } from './parameter.ts';
import { splitValues } from './scan.ts';
import { parseUri, type Uri, uriText } from './uri.ts';
import { isOwnVia, parseVia, viaBranch, viaReceived, viaResponseDestination } from './via.ts';

function uri(text: string): Uri {
  const parsed = parseUri(text);
  if (parsed === undefined) throw new Error(`${text} is no URI`);
  return parsed;
}

function via(text: string): NonNullable<ReturnType<typeof parseVia>> {
  const parsed = parseVia(text);
  if (parsed === undefined) throw new Error(`${text} is no Via`);
  return parsed;
}

describe('header names', () => {
  it.each([
    ['Via', 'via'], ['v', 'via'], ['V', 'via'], ['VIA', 'via'], ['i', 'call-id'], ['m', 'contact'], ['l', 'content-length'],
    ['c', 'content-type'], ['f', 'from'], ['s', 'subject'], ['k', 'supported'], ['t', 'to'], ['e', 'content-encoding'],
    ['r', 'refer-to'], ['x', 'session-expires'], ['b', 'referred-by'], ['o', 'event'], ['u', 'allow-events'], ['j', 'reject-contact'],
    ['n', 'identity-info'], ['y', 'identity'], ['d', 'request-disposition'], ['a', 'accept-contact'], ['z', 'z'], ['Constructor', 'constructor'],
  ])('%s is looked up as %s', (name, key) => {
    expect(headerKey(name)).toBe(key);
  }); // prettier-ignore
});

describe('parseUri', () => {
  it('reads every part', () => {
    expect(uri('sips:al%20ice;x:pa%3Ass@[2001:db8::1]:5061;transport=tcp;lr?subject=a&b')).toEqual({
      kind: 'sip',
      scheme: 'sips',
      user: 'al%20ice;x',
      password: 'pa%3Ass',
      host: '2001:db8::1',
      port: 5061,
      parameters: [
        { name: 'transport', value: 'tcp' },
        { name: 'lr', value: undefined },
      ],
      headers: [
        { name: 'subject', value: 'a' },
        { name: 'b', value: undefined },
      ],
    });
  });

  it.each([
    'sip:a@b',
    'sip:b',
    'sip:a:@b',
    'sip:[::1]',
    'tel:+1-555',
    'urn:service:sos',
    'sip:a@b;x=1;y?h=1',
  ])('%s is written as it was read', (text) => {
    expect(uriText(uri(text))).toBe(text);
  });

  it.each(['', 'sip', 'sip:', ':a', 'sip:@b', 'sip:a@', 'sip:a@b@c', 'sip:a@b;x=c@d', 'sip::p@b', 'sip:a@b:', 'sip:a@b:x', 'sip:a@b;', 'sip:a@b?', 'sip:a@b;;x', 'sip:a@b/x', 'sip:a b@c', 'sip:"a"@b', 'sip:a@[::1', 'sip:a@[1.2.3.4]', '1a:b', 'sip:\u00e9@b', 'sip:a%4@b'])(
    '%j is none',
    (text) => {
      expect(parseUri(text)).toBeUndefined();
    },
  ); // prettier-ignore
});

describe('isEqualUri (RFC 3261 19.1.4)', () => {
  it.each([
    ['sip:%61lice@atlanta.com;transport=TCP', 'sip:alice@AtLanTa.CoM;Transport=tcp'],
    ['sip:carol@chicago.com', 'sip:carol@chicago.com;newparam=5'],
    ['sip:carol@chicago.com;security=on', 'sip:carol@chicago.com;newparam=5'],
    ['sip:b.com;method=REGISTER?to=alice%40a.com', 'sip:b.com;method=REGISTER?to=alice%40a.com'],
    [
      'sip:a@a.com?subject=project%20x&priority=urgent',
      'sip:a@a.com?priority=urgent&subject=project%20x',
    ],
    ['sip:a@[2001:db8::1]', 'sip:a@[2001:DB8:0:0:0:0:0:1]'],
    ['sip:a@b;x=1', 'sip:a@b;x=1;lr'],
    ['tel:+1', 'tel:+1'],
    ['sip:a@b;x=1;x=2', 'sip:a@b;x=1;x=2'],
  ])('%s equals %s', (one, other) => {
    expect(isEqualUri(uri(one), uri(other))).toBe(true);
    expect(isEqualUri(uri(other), uri(one))).toBe(true);
  });

  it.each([
    ['sip:ALICE@a.com;transport=udp', 'sip:alice@a.com;transport=udp'],
    ['sip:bob@biloxi.com', 'sip:bob@biloxi.com:5060'],
    ['sip:bob@biloxi.com', 'sip:bob@biloxi.com;transport=udp'],
    ['sip:bob@biloxi.com', 'sip:bob@biloxi.com:6000;transport=tcp'],
    ['sip:carol@chicago.com', 'sip:carol@chicago.com?Subject=next%20meeting'],
    ['sip:bob@phone21.box.example.com', 'sip:bob@192.0.2.4'],
    ['sip:carol@chicago.com;security=on', 'sip:carol@chicago.com;security=off'],
    ['sip:a@b', 'sips:a@b'],
    ['sip:a@b', 'sip:b'],
    ['sip:a:x@b', 'sip:a@b'],
    ['sip:a%3bb@c', 'sip:a;b@c'],
    ['tel:+1', 'tel:+2'],
    ['tel:+1', 'sip:+1@b'],
  ])('%s differs from %s', (one, other) => {
    expect(isEqualUri(uri(one), uri(other))).toBe(false);
    expect(isEqualUri(uri(other), uri(one))).toBe(false);
  });
});

describe('name-addr', () => {
  it.each([
    ['sip:a@b;tag=1', '<sip:a@b>;tag=1'],
    ['A. G. Bell <sip:a@b;lr>;tag=1;x', '"A. G. Bell" <sip:a@b;lr>;tag=1;x'],
    [String.raw`"a \"b\" \\c" <sip:a@b>`, String.raw`"a \"b\" \\c" <sip:a@b>`],
    ['"<sip:x@y>" <tel:+1>;q="1;2"', '"<sip:x@y>" <tel:+1>;q="1;2"'],
    ['<sip:a@b>', '<sip:a@b>'],
  ])('%s is written as %s', (read, written) => {
    const value = parseNameAddr(read);
    expect(value && nameAddrText(value)).toBe(written);
  });

  it('has the parameters of a bare addr-spec as its own', () => {
    const value = parseNameAddr('sip:a@b;tag=9;lr');
    expect(value?.uri).toMatchObject({ parameters: [] });
    expect(value && tagOf(value)).toBe('9');
  });

  it.each(['', '<>', 'sip:a@b?x=1', 'sip:a@b, sip:c@d', '"a" sip:a@b', '<sip:a@b> x', 'a, b <sip:a@b>', '<sip:a@b>;', '*'])(
    '%j is none',
    (text) => {
      expect(parseNameAddr(text)).toBeUndefined();
    },
  ); // prettier-ignore
});

describe('values, parameters, CSeq', () => {
  it('are split at commas that separate', () => {
    expect(splitValues('<sip:a@b;x=1,2>, "x, \\", y" <sip:c@d> ,z')).toEqual([
      '<sip:a@b;x=1,2>',
      '"x, \\", y" <sip:c@d>',
      'z',
    ]);
  });

  it('are found without regard to case, and set where they stand', () => {
    const parameters = [
      { name: 'Branch', value: 'x' },
      { name: 'rport', value: undefined },
    ];
    expect(parameterValue(parameters, 'branch')).toBe('x');
    expect(findParameter(parameters, 'rport')).toEqual({ name: 'rport', value: undefined });
    expect(findParameter(parameters, 'ttl')).toBeUndefined();
    expect(withParameter(parameters, 'branch', 'y')[0]).toEqual({ name: 'branch', value: 'y' });
    expect(withoutParameter(parameters, 'branch')).toHaveLength(1);
  });

  it('CSeq keeps its number and method', () => {
    expect(parseCSeq('0009 INVITE')).toEqual({ sequence: 9, method: 'INVITE' });
    expect(cseqText({ sequence: 2_147_483_647, method: 'BYE' })).toBe('2147483647 BYE');
    expect(parseCSeq('9INVITE')).toBeUndefined();
    expect(parseCSeq('9 INVITE x')).toBeUndefined();
  });
});

describe('Via', () => {
  const ours = [
    { host: '198.51.100.7', port: 5070 },
    { host: '2001:db8::7', port: undefined },
  ];

  it.each([
    ['SIP/2.0/UDP 198.51.100.7:5070;branch=z9hG4bKx', true],
    ['SIP/2.0/UDP 198.51.100.7;branch=z9hG4bKx', false],
    ['SIP/2.0/UDP [2001:DB8:0::7]:5060;branch=z9hG4bKx', true],
    ['SIP/2.0/TLS [2001:db8::7]:5060', false],
    ['SIP/2.0/TLS [2001:db8::7]:5061', true],
    ['SIP/2.0/UDP 192.0.2.1:5070', false],
  ])('%s is ours: %s', (text, isOurs) => {
    expect(isOwnVia(via(text), ours)).toBe(isOurs);
  });

  it('gives its branch and received', () => {
    expect(viaBranch(via('SIP/2.0/UDP a;branch=z9hG4bKx'))).toBe('z9hG4bKx');
    expect(viaReceived(via('SIP/2.0/UDP a;received=[::1]'))).toBe('::1');
    expect(viaReceived(via('SIP/2.0/UDP a;received=1.2.3.4'))).toBe('1.2.3.4');
    expect(viaReceived(via('SIP/2.0/UDP a'))).toBeUndefined();
  });

  it.each([
    ['SIP/2.0/UDP 10.0.0.1:5062;branch=1', 5062],
    ['SIP/2.0/UDP host.example', 5060],
    ['SIP/2.0/UDP 10.0.0.1:5062;rport', 40_000],
    ['SIP/2.0/UDP 10.0.0.1:5062;rport=1;maddr=203.0.113.9;received=203.0.113.9', 40_000],
  ])('%s is answered at the source, port %d', (text, port) => {
    const source = { address: '192.0.2.9', port: 40_000 };
    expect(viaResponseDestination(via(text), source)).toEqual({ address: '192.0.2.9', port });
  });
});

describe('IP literals', () => {
  it.each(['0.0.0.0', '255.255.255.255', '192.0.2.1'])('%s is IPv4', (text) => {
    expect(isIpv4(text)).toBe(true);
  });
  it.each(['256.1.1.1', '1.2.3', '1.2.3.4.5', '01.2.3.4', '1.2.3.', '1.2.3.x', ''])(
    '%j is not',
    (text) => {
      expect(isIpv4(text)).toBe(false);
    },
  );
  it.each([
    '::',
    '::1',
    '1::',
    '2001:db8::1',
    '1:2:3:4:5:6:7:8',
    '::ffff:1.2.3.4',
    '1:2:3:4:5:6:1.2.3.4',
  ])('%s is IPv6', (text) => {
    expect(isIpv6(text)).toBe(true);
  });
  it.each([
    ':',
    ':::',
    '1::2::3',
    '1:2:3:4:5:6:7',
    '1:2:3:4:5:6:7:8:9',
    '1:2:3:4:5:6:7::8',
    '12345::',
    'g::',
    '1.2.3.4::',
    '::1%eth0',
    '1:',
  ])('%j is not', (text) => {
    expect(isIpv6(text)).toBe(false);
  });
  it('are the same host in any spelling', () => {
    expect(isSameHost('2001:db8::1', '2001:DB8:0:0::1')).toBe(true);
    expect(isSameHost('::ffff:1.2.3.4', '::ffff:102:304')).toBe(true);
    expect(isSameHost('A.example', 'a.EXAMPLE')).toBe(true);
    expect(isSameHost('1.2.3.4', '1.2.3.5')).toBe(false);
    expect(isSameHost('::1', '::2')).toBe(false);
  });
});
