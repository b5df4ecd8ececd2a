import * as v from 'valibot';
import { isIpv4Address, type Cidr, type Ipv4Address } from '../address.ts';
import type { GatewayConfig } from './shape.ts';

const text = v.pipe(v.string('is not text; put it in quotes'), v.minLength(1, 'is empty'));
const ipv4 = v.custom<Ipv4Address>(
  (value) => typeof value === 'string' && isIpv4Address(value),
  'is not an IPv4 address',
);
const cidr = v.custom<Cidr>(
  (value) => typeof value === 'string' && isNetwork(value),
  'is not an IPv4 network with zero host bits, such as 10.0.0.0/16',
);
const port = whole(1, 65_535);
const duration = whole(0, 2 ** 31 - 1);
const some = whole(1, 2 ** 31 - 1);

function whole(least: number, most: number): v.GenericSchema<unknown, number> {
  const range = `is not a whole number from ${least} to ${most}`;
  return v.pipe(
    v.number(range),
    v.integer(range),
    v.minValue(least, range),
    v.maxValue(most, range),
  );
}

function isNetwork(value: string): boolean {
  const [address = '', length = ''] = value.split('/');
  if (!isIpv4Address(address) || !/^(?:[12]?\d|3[0-2])$/u.test(length)) return false;
  const bits = address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
  return value.split('/').length === 2 && bits % 2 ** (32 - Number(length)) === 0;
}

const identity = v.variant('kind', [
  v.strictObject({
    kind: v.literal('ensure'),
    /** An IdentitySpec of @truetuple/core, which reads it. */
    spec: v.record(v.string(), v.unknown(), 'is not a map of settings'),
    keepIntervalMs: v.exactOptional(some),
  }),
  v.strictObject({
    kind: v.literal('file'),
    directory: v.exactOptional(
      v.pipe(text, v.regex(/^\//u, 'is not an absolute path')),
      '/run/truetuple',
    ),
    waitMs: v.exactOptional(some, 120_000),
  }),
]);

const networks = v.strictObject({
  routedCidrs: v.exactOptional(v.array(cidr, 'is not a list')),
  privateCidrs: v.exactOptional(v.array(cidr, 'is not a list')),
  otherPrivateAddress: v.exactOptional(ipv4),
});

const secretFrom = v.union(
  [
    v.strictObject({ env: v.pipe(text, v.regex(/^[A-Za-z_]\w*$/u)) }),
    v.strictObject({ file: v.pipe(text, v.regex(/^\//u)) }),
  ],
  'is neither { env: NAME } nor { file: /absolute/path }',
);

const timing = v.strictObject({
  t1Ms: v.exactOptional(some),
  t2Ms: v.exactOptional(some),
  t4Ms: v.exactOptional(some),
  timerDMs: v.exactOptional(some),
  ringLimitMs: v.exactOptional(some),
});

const signalling = v.variant('kind', [
  v.strictObject({
    kind: v.literal('embedded'),
    timing: v.exactOptional(timing),
    limits: v.exactOptional(
      v.strictObject({ transactions: v.exactOptional(some), dialogs: v.exactOptional(some) }),
    ),
  }),
  v.strictObject({
    kind: v.literal('drachtio-server'),
    host: text,
    port: v.exactOptional(port),
    secretFrom,
    pingMs: v.exactOptional(some),
    pongMs: v.exactOptional(some),
    connectMs: v.exactOptional(some),
  }),
]);

const media = v.variant('kind', [
  v.strictObject({
    kind: v.literal('embedded'),
    ports: v.exactOptional(v.strictObject({ first: port, last: port })),
    quarantineMs: v.exactOptional(duration),
    mediaTimeoutMs: v.exactOptional(some),
    holdTimeoutMs: v.exactOptional(some),
    nice: v.exactOptional(whole(-20, 19)),
    realtimePriority: v.exactOptional(whole(1, 99)),
  }),
  v.strictObject({
    kind: v.literal('rtpengine'),
    control: v.strictObject({ host: ipv4, port }),
    interfaces: v.strictObject({ internet: text, vpc: text, 'other-private': text }),
    timeoutMs: v.exactOptional(some),
    pollMs: v.exactOptional(some),
  }),
]);

const match = v.strictObject({
  user: v.exactOptional(text),
  prefix: v.exactOptional(text),
  from: v.exactOptional(
    v.picklist(['internet', 'vpc', 'other-private'], 'is not internet, vpc or other-private'),
  ),
});

const route = v.pipe(
  v.strictObject({
    match,
    to: v.exactOptional(v.pipe(text, v.regex(/^sips?:/iu, 'is not a SIP URI'))),
    refuse: v.exactOptional(whole(400, 699)),
  }),
  v.check(
    ({ to, refuse }) => (to === undefined) !== (refuse === undefined),
    'needs one of `to` and `refuse`',
  ),
  v.check(
    ({ match: { user, prefix } }) => user === undefined || prefix === undefined,
    'has `user` and `prefix`: say one of them',
  ),
);

/** The configuration file, key by key. What may be left out has its default here or in createGateway. */
export const configSchema: v.GenericSchema<unknown, GatewayConfig> = v.strictObject({
  identity,
  networks: v.exactOptional(networks, {}),
  signalling,
  media,
  sip: v.exactOptional(
    v.strictObject({
      port: v.exactOptional(port, 5060),
      passHeaders: v.exactOptional(v.array(text, 'is not a list')),
    }),
    {},
  ),
  timeouts: v.exactOptional(
    v.strictObject({
      setup: v.exactOptional(some),
      ack: v.exactOptional(some),
      're-invite': v.exactOptional(some),
      drain: v.exactOptional(some),
    }),
    {},
  ),
  routes: v.pipe(v.array(route, 'is not a list of routes'), v.minLength(1, 'is empty')),
  drain: v.exactOptional(v.strictObject({ deadlineMs: v.exactOptional(duration, 30_000) }), {}),
  startup: v.exactOptional(v.strictObject({ waitMs: v.exactOptional(duration, 60_000) }), {}),
  monitoring: v.exactOptional(
    v.strictObject({
      address: v.exactOptional(ipv4, '0.0.0.0' as Ipv4Address),
      port: v.exactOptional(port, 9090),
    }),
    {},
  ),
  log: v.exactOptional(
    v.strictObject({
      level: v.exactOptional(
        v.picklist(
          ['silent', 'error', 'warn', 'info', 'debug'],
          'is not silent, error, warn, info or debug',
        ),
        'info',
      ),
    }),
    {},
  ),
});
