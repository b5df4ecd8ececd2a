import { describe, expect, it } from 'vitest';
import { requireOptions, type GatewayOptions } from './gateway-options.ts';
import { networks } from './testing/gateway-bench.ts';

const interfaces = { internet: 'internet', vpc: 'vpc', 'other-private': 'private' };
const rtpengine = { kind: 'rtpengine', control: { host: '127.0.0.1', port: 22_222 }, interfaces };
const good = {
  ...networks,
  signalling: { kind: 'embedded' },
  media: { kind: 'embedded' },
  route: () => ({ kind: 'refuse', status: 404 }),
} as const;
const server = { kind: 'drachtio-server', host: '127.0.0.1', secret: 'cymru' };

const translated = {
  ...networks.identity,
  delivery: 'translate',
  routedCidrs: ['10.0.1.0/24'],
  bind: { internet: networks.identity.privateIp, vpc: networks.identity.privateIp },
};

/** As they come from JavaScript or from a file. */
const check = (changes: object): void => requireOptions({ ...good, ...changes } as GatewayOptions);

describe('options that are taken', () => {
  it.each([
    ['both in this process', {}],
    ['a drachtio-server', { signalling: server }],
    ['an rtpengine', { media: rtpengine }],
    ['another SIP port', { sipPort: 5070 }],
    ['who may call', { signalling: { kind: 'embedded', acceptFrom: ['198.51.100.7/32'] } }],
    ['delivery translate', { identity: translated }],
    ['the same routed subnets', { identity: translated, routedCidrs: ['10.0.1.0/24'] }],
    ['timers of zero', { timeouts: { setup: 0 } }],
    ...[0, 1, 99].map((realtimePriority): [string, object] => [
      `realtime priority ${realtimePriority}`,
      { media: { kind: 'embedded', realtimePriority } },
    ]),
    ['header fields that are about the call', { passHeaders: ['X-Trace', 'P-Asserted-Identity'] }],
  ])('%s', (_title, changes) => expect(() => check(changes)).not.toThrow());
});

describe('options that are refused, by name', () => {
  it.each([
    ['no signalling', { signalling: undefined }, 'signalling.kind is undefined'],
    ['signalling of the old form', { signalling: 'embedded' }, 'signalling.kind'],
    ['signalling of no known kind', { signalling: { kind: 'kamailio' } }, '"kamailio"'],
    ['no media', { media: undefined }, 'media.kind is undefined'],
    ['media of no known kind', { media: { kind: 'asterisk' } }, '"asterisk"'],
    ...['rule', 'dnat', 'any', 'proxy'].map((delivery): [string, object, string] => [
      `delivery ${delivery}`,
      { identity: { ...networks.identity, delivery } },
      `identity.delivery is "${delivery}"`,
    ]),
    [
      'routed subnets that the kernel does not translate towards',
      { identity: translated, routedCidrs: ['10.0.3.0/24'] },
      'the kernel translates towards 10.0.1.0/24',
    ],

    ['no route', { route: undefined }, 'route'],
    ['a SIP port that is none', { sipPort: 70_000 }, 'sipPort is 70000'],
    ['an address that is none', { otherPrivateAddress: 'eth0' }, '"eth0"'],
    ['an address of no host', { otherPrivateAddress: '0.0.0.0' }, '"0.0.0.0"'],
    ['a duration that is none', { timeouts: { ack: -1 } }, 'timeouts.ack'],
    ['a timer that is none', { signalling: { kind: 'embedded', timing: { t1Ms: NaN } } }, 't1Ms'],
    ...([[], '10.0.0.0/8', null].map((acceptFrom) => [
      `callers ${JSON.stringify(acceptFrom)}`,
      { signalling: { kind: 'embedded', acceptFrom } },
      `signalling.acceptFrom is ${JSON.stringify(acceptFrom)}`,
    ]) as [string, object, string][]),
    ...(['10.0.0.1/8', '10.0.0.0', '10.0.0.0/33', '::/0', 7].map((cidr) => [
      `callers from ${JSON.stringify(cidr)}`,
      { signalling: { kind: 'embedded', acceptFrom: ['10.0.0.0/8', cidr] } },
      `signalling.acceptFrom has ${JSON.stringify(cidr)}`,
    ]) as [string, object, string][]),
    ['a server without a secret', { signalling: { ...server, secret: '' } }, 'secret'],
    ['a secret that breaks the frame', { signalling: { ...server, secret: 'a|b' } }, 'secret'],
    ['a server without a host', { signalling: { ...server, host: '' } }, 'signalling leads to ""'],
    ['a header field of one leg', { passHeaders: ['Subject', 'Contact'] }, '"Contact"'],
    ['the short name of one', { passHeaders: ['v'] }, '"v"'],
    ['a header field that is no name', { passHeaders: ['X: 1'] }, '"X: 1"'],
    ['an odd first port', { media: { kind: 'embedded', ports: { first: 3, last: 9 } } }, '3'],
    ['a nice value that is none', { media: { kind: 'embedded', nice: -21 } }, 'media.nice is -21'],
    ...[-1, 100, 1.5, '1', null].map((realtimePriority): [string, object, string] => [
      `realtime priority ${JSON.stringify(realtimePriority)}`,
      { media: { kind: 'embedded', realtimePriority } },
      `media.realtimePriority is ${JSON.stringify(realtimePriority)}`,
    ]),
    ['rtpengine nowhere', { media: { ...rtpengine, control: undefined } }, 'media.control'],
    [
      'rtpengine with one interface',
      { media: { ...rtpengine, interfaces: { internet: 'i' } } },
      'vpc',
    ],
    ['rtpengine with none', { media: { ...rtpengine, interfaces: undefined } }, 'internet'],
  ])('%s', (_title, changes, named) => {
    expect(() => check(changes)).toThrow(
      expect.objectContaining({
        code: 'ConfigInvalid',
        message: expect.stringContaining(named) as unknown,
      }),
    );
  });
});

it.each([
  ['nothing at all', undefined],
  ['no identity', { ...good, identity: undefined }],
  ['what holds the identity', { ...good, identity: { identity: networks.identity } }],
])('%s: says what is wanted', (_title, options) => {
  expect(() => requireOptions(options as unknown as GatewayOptions)).toThrow(
    expect.objectContaining({
      code: 'ConfigInvalid',
      message: expect.stringContaining('identity is no public identity') as unknown,
    }),
  );
});
