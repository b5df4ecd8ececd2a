import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fc, test as property } from '@fast-check/vitest';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Ipv4Address } from '../address.ts';
import type { RouteCall } from '../call/gateway-calls.ts';
import { loadConfig } from '../commands/load-config.ts';
import { routeByTable } from './routes.ts';
import { readSecret } from './secret.ts';
import { readConfig } from './config.ts';
import { GatewayError } from '../errors.ts';
import { requireOptions, type GatewayOptions } from '../gateway-options.ts';
import { networks } from '../testing/gateway-bench.ts';

const least = [
  'identity: { kind: file }',
  'signalling: { kind: embedded }',
  'media: { kind: embedded }',
  'routes:',
  '  - match: {}',
  '    refuse: 404',
];

function refusal(...lines: readonly string[]): readonly string[] {
  try {
    readConfig(lines.join('\n'), 'f.yaml');
  } catch (error) {
    if (!GatewayError.is(error) || error.code !== 'ConfigInvalid') throw error;
    return error.message.split('\n');
  }
  return [];
}

function isTaken(options: GatewayOptions): boolean {
  try {
    requireOptions(options);
    return true;
  } catch (error) {
    if (!GatewayError.is(error)) throw error;
    return false;
  }
}

/** What is said of a file with delivery `translate`, and these networks besides. */
function translated(routedCidrs: string): readonly string[] {
  return refusal(
    'identity: { kind: ensure, spec: { delivery: translate, routedCidrs: [10.0.1.0/24] } }',
    ...least.slice(1),
    `networks: { routedCidrs: [${routedCidrs}] }`,
  );
}

/** Mostly a range that is right, or nearly so. */
function nearPorts({ first, last }: { first: number; last: number }): object {
  return { first: 1022 + Math.abs(first % 6), last: 1026 + Math.abs(last % 4) };
}

describe('a configuration', () => {
  it('has defaults for what may be left out, and for nothing else', () => {
    expect(readConfig(least.join('\n'), 'f.yaml')).toEqual({
      identity: { kind: 'file', directory: '/run/truetuple', waitMs: 120_000 },
      networks: {},
      signalling: { kind: 'embedded' },
      media: { kind: 'embedded' },
      sip: { port: 5060 },
      timeouts: {},
      routes: [{ match: {}, refuse: 404 }],
      drain: { deadlineMs: 15_000 },
      startup: { waitMs: 60_000 },
      monitoring: { address: '0.0.0.0', port: 9090 },
      log: { level: 'info' },
    });
    expect(refusal('networks: {}')).toEqual([
      'f.yaml:1: identity is missing',
      'f.yaml:1: signalling is missing',
      'f.yaml:1: media is missing',
      'f.yaml:1: routes is missing',
    ]);
    expect(refusal('# nothing')).toEqual(['f.yaml:1: the file is empty']);
    expect(refusal('- identity')).toEqual(['f.yaml:1: the file is no map of settings']);
  });

  it.each([
    ['loq: { level: info }', 'f.yaml:7: loq is no known key; did you mean log?'],
    ['zzz: 1', /^f.yaml:7: zzz is no known key; known are identity, networks, signalling,/],
    ['log: { level: loud }', 'f.yaml:7: log.level is not silent, error, warn, info or debug'],
    ['sip:\n  port: 70000', 'f.yaml:8: sip.port is not a whole number from 1 to 65535'],
    ['sip:\n  port: sixty', 'f.yaml:8: sip.port is not a whole number from 1 to 65535'],
    [
      'networks:\n  routedCidrs: [10.0.0.1/16]',
      'f.yaml:8: networks.routedCidrs.0 is not an IPv4 network with zero host bits, such as 10.0.0.0/16',
    ],
    [
      'networks:\n  otherPrivateAddress: 0.0.0.0',
      'f.yaml:8: networks.otherPrivateAddress is "0.0.0.0", which is not the IPv4 address of one host',
    ],
    [
      'sip:\n  passHeaders:\n    - Subject\n    - Via',
      'f.yaml:10: sip.passHeaders.1 is "Via"; give the name of a header field that is about the call, such as "X-Trace": those of one leg stay with it',
    ],
    ['monitoring: { address: localhost }', 'f.yaml:7: monitoring.address is not an IPv4 address'],
    ['timeouts: { set-up: 1 }', 'f.yaml:7: timeouts.set-up is no known key; did you mean setup?'],
    [
      'media: { kind: embedded }',
      /^f.yaml:7:1: the file is no YAML that is read here: Map keys must be unique/,
    ],
    ['log: !!js/function x', /^f.yaml:7:6: the file is no YAML that is read here: Unresolved tag/],
  ])('with %j is refused by line and path', (line, message) => {
    const [first] = refusal(...least, line);
    if (typeof message === 'string') expect(first).toBe(message);
    else expect(first).toMatch(message);
  });

  it.each([
    [
      'signalling: { kind: drachtio }',
      /signalling.kind is "drachtio"; it may be embedded or drachtio-server$/,
    ],
    [
      'signalling: { kind: drachtio-server, host: a, secret: b }',
      /signalling.secretFrom is missing\n.*signalling.secret is no known key; did you mean secretFrom\?$/,
    ],
    [
      'signalling: { kind: drachtio-server, host: a, secretFrom: b }',
      /signalling.secretFrom is neither \{ env: NAME \}/,
    ],
    [
      'media: { kind: embedded, control: { port: 1 } }',
      /media.control is no known key; known are kind, ports, quarantineMs, mediaTimeoutMs, holdTimeoutMs, nice, realtimePriority$/,
    ],
    [
      'media: { kind: embedded, realtimePriority: 100 }',
      /media.realtimePriority is not a whole number from 0 to 99$/,
    ],
    [
      'signalling: { kind: embedded, acceptFrom: [10.0.0.0/8, 198.51.100.7] }',
      /signalling.acceptFrom.1 is not an IPv4 network with zero host bits, such as 10.0.0.0\/16$/,
    ],
    [
      'signalling: { kind: embedded, acceptFrom: [] }',
      /signalling.acceptFrom is empty; leave it out, and everybody may call$/,
    ],
    [
      'signalling: { kind: drachtio-server, host: a, acceptFrom: [10.0.0.0/8] }',
      /signalling.acceptFrom is no known key/,
    ],
    ['routes: []', /routes is empty$/],
    [
      'routes: [{ match: { prefix: +49 }, refuse: 404 }]',
      /routes.0.match.prefix is not text; put it in quotes$/,
    ],
    [
      'routes: [{ match: {}, refuse: 404, to: "sip:a@b" }]',
      /routes.0 needs one of `to` and `refuse`$/,
    ],
    [
      'routes: [{ match: { user: a, prefix: b }, refuse: 404 }]',
      /routes.0.match? ?has `user` and `prefix`|routes.0 has `user` and `prefix`/,
    ],
    [
      'media: { kind: embedded, ports: { first: 16385, last: 32767 } }',
      /:\d: media.ports is 16385 to 32767; give an even first and an odd last port from 1024 to 65535, /,
    ],
    [
      'media: { kind: rtpengine, control: { host: 127.0.0.1, port: 1 }, interfaces: { internet: a, vpc: b/c } }',
      /media.interfaces.vpc is "b\/c"; give the name of an --interface, .*\n.*media.interfaces.other-private is missing$/,
    ],
    [
      'identity: { kind: ensure, spec: { delivery: rule } }',
      /:\d: identity.spec.delivery is "rule"; a gateway needs "both" or "translate"$/,
    ],
    ...[
      ['sip:x@10.0.0.1;transport=tcp', 'asks for tcp, and calls go out over UDP;'],
      ['sips:x@10.0.0.1', 'asks for tls, and calls go out over UDP;'],
      ['sip:x@[2001:db8::1]', 'leads to 2001:db8::1, and calls go out over IPv4;'],
      ['sip:x@0.0.0.0', 'leads to 0.0.0.0, which is not the address of one host;'],
      ['hello', 'is no SIP URI;'],
      ['tel:+4969123', 'is no SIP URI;'],
      ['sip:{usr}@10.0.0.1', 'has {usr}: what is filled in is {user} or {rest};'],
      ['sip:{user@10.0.0.1', 'has {user@10.0.0.1: what is filled in is'],
      ['sip:{rest}@10.0.0.1', 'has {rest}, and `match` has no `prefix`;'],
      ['sip:x@{user}', 'has {user} or {rest} elsewhere than before the @;'],
      ['sip:{user}', 'has {user} or {rest} elsewhere than before the @;'],
      ['sip:x@10.0.0.1;y={user}', 'has {user} or {rest} elsewhere than before the @;'],
    ].map(([to = '', because = '']): [string, string] => [
      `routes: [{ match: {}, to: "${to}" }]`,
      `: routes.0.to is "${to}", which ${because}`,
    ]),
  ])('with %s instead is refused', (line, message) => {
    const key = line.slice(0, line.indexOf(':'));
    const others = least.filter(
      (each) => !each.startsWith(key) && (key !== 'routes' || !each.startsWith('  ')),
    );
    expect(refusal(...others, line).join('\n')).toMatch(message);
  });

  it('whose networks are not those that the kernel translates towards is refused', () => {
    expect(translated('10.0.1.0/24')).toEqual([]);
    expect(translated('10.0.3.0/24')).toEqual([
      'f.yaml:7: networks.routedCidrs are not those of identity.spec; leave them out: it says them',
    ]);
  });

  property.prop([
    fc.record({
      ports: fc.record({ first: fc.integer(), last: fc.integer() }).map(nearPorts),
      passHeaders: fc.array(
        fc.oneof(fc.string(), fc.constantFrom('Via', 'v', 'Subject', 'X-Trace')),
      ),
      vpc: fc.oneof(fc.string(), fc.constantFrom('b', 'b/c')),
      otherPrivateAddress: fc.oneof(fc.ipV4(), fc.string()),
    }),
  ])('that is read is taken by createGateway', (drawn) => {
    const { ports, passHeaders, vpc, otherPrivateAddress } = drawn;
    const interfaces = { internet: 'a', vpc, 'other-private': 'c' };
    const control = { host: '127.0.0.1', port: 22_222 };
    for (const media of [
      { kind: 'embedded', ports },
      { kind: 'rtpengine', control, interfaces },
    ]) {
      const text = [
        ...least.filter((line) => !line.startsWith('media')),
        `media: ${JSON.stringify(media)}`,
        `sip: ${JSON.stringify({ passHeaders })}`,
        `networks: ${JSON.stringify({ otherPrivateAddress })}`,
      ];
      const options = { ...networks, signalling: { kind: 'embedded' }, route: () => undefined };
      const given = { ...options, media, passHeaders, otherPrivateAddress };
      const isRead = refusal(...text).length === 0;
      expect(isRead).toBe(isTaken(given as unknown as GatewayOptions));
    }
  });

  it('does not grow by its aliases', () => {
    const bomb = [
      'a: &a [x, x, x, x, x, x, x, x, x]',
      'b: &b [*a, *a, *a, *a, *a, *a, *a]',
      'c: [*b, *b, *b, *b, *b]',
    ];
    expect(refusal(...bomb)[0]).toMatch(
      /^f.yaml:1: the file cannot be read: Excessive alias count/,
    );
  });

  property.prop([fc.oneof(fc.string(), fc.json())])(
    'of anything is read, or refused in our words',
    (text) => {
      const messages = refusal(text);
      for (const message of messages) expect(message).toMatch(/^(?:f\.yaml:\d+: |)/);
      expect(messages).not.toEqual([]);
    },
  );
});

function refuse(): void {
  throw new Error('region: is not an AWS region');
}

/** An INVITE, as far as the route table looks at it. */
function inviteTo(requestUri: string, source: string): Parameters<RouteCall>[0] {
  return {
    callId: 'c',
    source: source as Ipv4Address,
    requestUri,
    fromUser: 'a',
    fromName: undefined,
    expiresMs: undefined,
    passed: {},
    sdp: undefined,
  };
}

describe('the configuration in a file', () => {
  const checked: unknown[] = [];
  const checkSpec = (spec: unknown): void => void checked.push(spec);
  const example = new URL('../../example.yaml', import.meta.url);
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'truetuple-config-'));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  async function written(text: string): Promise<string> {
    const file = join(folder, 'gateway.yaml');
    await writeFile(file, text);
    return file;
  }

  it('that is the example is fine, and so it is with all that is optional', async () => {
    const text = await readFile(example, 'utf8');
    await loadConfig(await written(text), checkSpec, 'skip');
    const sections = text.replaceAll(/^( *)#: /gmu, '$1');
    const whole = await loadConfig(await written(sections), checkSpec, 'skip');
    expect(whole).toMatchObject({
      log: { level: 'info' },
      drain: { deadlineMs: 15_000 },
      sip: { port: 5060 },
      timeouts: { setup: 180_000 },
    });
    expect(whole.networks.otherPrivateAddress).toBe('10.0.1.50');
  });

  it('takes parts of the owner from files, and says which one is not there', async () => {
    const uid = join(folder, 'uid');
    const text = (await readFile(example, 'utf8'))
      .replace('/etc/podinfo/name', uid)
      .replace('/etc/podinfo/uid', uid);
    const file = await written(text);
    await expect(loadConfig(file, checkSpec, 'read')).rejects.toThrow(
      `The owner's pod was to be read from ${uid}`,
    );
    await writeFile(uid, 'u-1\n');
    const { identity } = await loadConfig(file, checkSpec, 'read');
    expect(checked.at(-1)).toMatchObject({ owner: { pod: 'u-1' } });
    expect(identity).toMatchObject({ spec: { owner: { cluster: 'example', uid: 'u-1' } } });
  });

  it('with an identity spec that is refused is refused at its line', async () => {
    const text = await readFile(example, 'utf8');
    const line = text.slice(0, text.indexOf('\n  spec:') + 1).split('\n').length;
    const file = await written(text);
    await expect(loadConfig(file, refuse, 'skip')).rejects.toThrow(
      `${file}:${line}: identity.spec is refused: region: is not an AWS region`,
    );
    // no look at the text would find it here
    const flow = [...least.slice(1), 'log:', '  # spec:', '  level: info', 'identity:'];
    const other = await written([...flow, '  { kind: ensure,', '    "spec": {} }'].join('\n'));
    await expect(loadConfig(other, refuse, 'skip')).rejects.toThrow(
      `${other}:11: identity.spec is refused`,
    );
  });
});

describe('a secret', () => {
  it('comes from the environment or from a file, without its line end', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'truetuple-secret-'));
    const file = join(folder, 'secret');
    await writeFile(file, 'cymru\n');
    expect(await readSecret({ file }, {})).toBe('cymru');
    expect(await readSecret({ env: 'S' }, { S: 'cymru' })).toBe('cymru');
    await rm(folder, { recursive: true });
    await expect(readSecret({ file }, {})).rejects.toThrow(
      `A secret was to be read from ${file}: ENOENT`,
    );
    await expect(readSecret({ env: 'S' }, { S: '' })).rejects.toThrow(
      'from the environment variable S: there is none',
    );
    await expect(readSecret({ env: 'S' }, { S: 'a|b' })).rejects.toThrow(
      'from the environment variable S: it has |, CR or LF in it',
    );
  });
});

describe('a route table', () => {
  const route = routeByTable(
    [
      { match: { user: 'office', from: 'internet' }, to: 'sip:office@10.0.1.100' },
      { match: { prefix: '0', from: 'vpc' }, to: 'sip:+49{rest}@trunk.example' },
      { match: { prefix: '8', from: 'vpc' }, to: 'sip:{rest}@trunk.example' },
      { match: { from: 'vpc' }, to: 'sip:{user}@198.51.100.50' },
      { match: { prefix: '9' }, refuse: 403 },
    ],
    (source) => (source.startsWith('10.') ? 'vpc' : 'internet'),
  );
  const call = (requestUri: string, source: string): unknown => route(inviteTo(requestUri, source));

  it.each([
    ['sip:office@203.0.113.50', '198.51.100.50', { kind: 'to', uri: 'sip:office@10.0.1.100' }],
    ['sip:office@203.0.113.50', '10.0.1.1', { kind: 'to', uri: 'sip:office@198.51.100.50' }],
    ['sip:069123@203.0.113.50', '10.0.1.1', { kind: 'to', uri: 'sip:+4969123@trunk.example' }],
    ['sip:0@203.0.113.50', '10.0.1.1', { kind: 'to', uri: 'sip:+49@trunk.example' }],
    ['sip:81@203.0.113.50', '10.0.1.1', { kind: 'to', uri: 'sip:1@trunk.example' }],
    ['sip:8@203.0.113.50', '10.0.1.1', { kind: 'refuse', status: 404 }],
    ['sip:$&x@203.0.113.50', '10.0.1.1', { kind: 'to', uri: 'sip:$&x@198.51.100.50' }],
    ['sip:911@203.0.113.50', '198.51.100.50', { kind: 'refuse', status: 403 }],
    ['sip:other@203.0.113.50', '198.51.100.50', { kind: 'refuse', status: 404 }],
    ['sip:203.0.113.50', '10.0.1.1', { kind: 'refuse', status: 404 }],
    ['tel:+4969123', '10.0.1.1', { kind: 'refuse', status: 404 }],
  ])('sends %s of %s to %j', (requestUri, source, expected) => {
    expect(call(requestUri, source)).toEqual(expected);
  });

  property.prop([fc.string()])('puts nothing but a user part into a URI of ours', (user) => {
    const found = call(`sip:${user}@203.0.113.50`, '10.0.1.1') as { kind: string; uri?: string };
    if (found.kind === 'to')
      expect(found.uri).toMatch(/^sip:[^@<>\s"]*@(?:198\.51\.100\.50|trunk\.example)$/);
  });
});

describe('the routes of the README', () => {
  it.each([
    ['office', '198.51.100.50', 'sip:office@10.0.1.100:5060'],
    ['office', '10.0.1.1', 'sip:office@10.0.1.200'],
    ['0049301234567', '10.0.1.1', 'sip:+49301234567@trunk.example.net'],
    ['0049301234567', '198.51.100.50', 'sip:0049301234567@10.0.1.200'],
  ])('lead a call of %s from %s to %s', async (user, source, uri) => {
    const readme = await readFile(new URL('../../README.md', import.meta.url), 'utf8');
    const [, yaml = ''] = /^```yaml\n(routes:.*?)```/msu.exec(readme) ?? [];
    const { routes } = readConfig([...least.slice(0, 3), yaml].join('\n'), 'README.md');
    const route = routeByTable(routes, (from) => (from.startsWith('10.') ? 'vpc' : 'internet'));
    expect(route(inviteTo(`sip:${user}@203.0.113.50`, source))).toEqual({ kind: 'to', uri });
  });
});
