import * as v from 'valibot';
import { isCidr, isHostAddress, isIpv4Address, type Cidr, type Ipv4Address } from '../address.ts';
import { areSameCidrs, isInterfaceName, isServed } from '../gateway-options.ts';
import { isPortRange } from '../media/port-pool.ts';
import { isPassHeader } from '../pass-header.ts';
import { flawOf } from './routes.ts';
import type { GatewayConfig } from './shape.ts';

const text = v.pipe(v.string('is not text; put it in quotes'), v.minLength(1, 'is empty'));
const ipv4 = v.custom<Ipv4Address>(
  (value) => typeof value === 'string' && isIpv4Address(value),
  'is not an IPv4 address',
);
const hostAddress = v.custom<Ipv4Address>(
  (value) => typeof value === 'string' && isHostAddress(value),
  ({ received }) => `is ${received}, which is not the IPv4 address of one host`,
);
const cidr = v.custom<Cidr>(
  isCidr,
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

const identity = v.variant('kind', [
  v.strictObject({
    kind: v.literal('ensure'),
    /** An IdentitySpec of @truetuple/core, which reads it. */
    spec: v.pipe(
      v.record(v.string(), v.unknown(), 'is not a map of settings'),
      v.forward(
        v.check(
          ({ delivery = 'both' }) => isServed(delivery),
          ({ input: { delivery } }) =>
            `is ${JSON.stringify(delivery)}; a gateway needs "both" or "translate"`,
        ),
        ['delivery'],
      ),
    ),
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
  otherPrivateAddress: v.exactOptional(hostAddress),
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
    acceptFrom: v.exactOptional(
      v.pipe(
        v.array(cidr, 'is not a list'),
        v.minLength(1, 'is empty; leave it out, and everybody may call'),
      ),
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

const portRange = v.pipe(
  v.strictObject({ first: port, last: port }),
  v.check(
    isPortRange,
    ({ input: { first, last } }) =>
      `is ${first} to ${last}; give an even first and an odd last port from 1024 to 65535, four ports at least, such as 16384 and 32767`,
  ),
);

const interfaceName = v.custom<string>(
  isInterfaceName,
  ({ received }) =>
    `is ${received}; give the name of an --interface, which has no blank and no /, ! and ;`,
);

const media = v.variant('kind', [
  v.strictObject({
    kind: v.literal('embedded'),
    ports: v.exactOptional(portRange),
    quarantineMs: v.exactOptional(duration),
    mediaTimeoutMs: v.exactOptional(some),
    holdTimeoutMs: v.exactOptional(some),
    nice: v.exactOptional(whole(-20, 19)),
    realtimePriority: v.exactOptional(whole(0, 99)),
  }),
  v.strictObject({
    kind: v.literal('rtpengine'),
    control: v.strictObject({ host: ipv4, port }),
    interfaces: v.strictObject({
      internet: interfaceName,
      vpc: interfaceName,
      'other-private': interfaceName,
    }),
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
    to: v.exactOptional(text),
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
  v.forward(
    v.check(
      (each) => flawOf(each) === undefined,
      ({ input }) => flawOf(input) ?? '',
    ),
    ['to'],
  ),
);

const passHeader = v.custom<string>(
  isPassHeader,
  ({ received }) =>
    `is ${received}; give the name of a header field that is about the call, such as "X-Trace": those of one leg stay with it`,
);

const config = v.strictObject({
  identity,
  networks: v.exactOptional(networks, {}),
  signalling,
  media,
  sip: v.exactOptional(
    v.strictObject({
      port: v.exactOptional(port, 5060),
      passHeaders: v.exactOptional(v.array(passHeader, 'is not a list')),
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
  // Kubernetes kills after 30 seconds by default: hanging up and giving the identity back come after it
  drain: v.exactOptional(v.strictObject({ deadlineMs: v.exactOptional(duration, 15_000) }), {}),
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

/** The configuration file, key by key. What may be left out has its default here or in createGateway. */
export const configSchema: v.GenericSchema<unknown, GatewayConfig> = v.pipe(
  config,
  v.forward(
    v.check(isTranslatedAlike, 'are not those of identity.spec; leave them out: it says them'),
    ['networks', 'routedCidrs'],
  ),
);

/** With delivery `translate` the kernel translates towards the networks of the spec, whatever else is said. */
function isTranslatedAlike(given: v.InferOutput<typeof config>): boolean {
  const { routedCidrs } = given.networks;
  if (given.identity.kind === 'file' || routedCidrs === undefined) return true;
  const { delivery, routedCidrs: translated } = given.identity.spec;
  if (delivery !== 'translate' || !Array.isArray(translated)) return true;
  return areSameCidrs(routedCidrs, translated);
}
