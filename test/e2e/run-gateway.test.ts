import { CoreError, type KeepEvent, type PublicIdentity } from '@truetuple/core';
import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import type { Cidr, Ipv4Address } from '../../packages/sip-gateway/src/address.ts';
import { readConfig } from '../../packages/sip-gateway/src/config/config.ts';
import { GatewayError } from '../../packages/sip-gateway/src/errors.ts';
import type { GatewayOptions } from '../../packages/sip-gateway/src/gateway-options.ts';
import type { Gateway } from '../../packages/sip-gateway/src/gateway.ts';
import { runGateway, type RunParts } from '../../packages/sip-gateway/src/commands/run-gateway.ts';
import { StopWish } from '../../packages/sip-gateway/src/commands/stop-signals.ts';
import type { TakenIdentity } from '../../packages/sip-gateway/src/commands/taken-identity.ts';

const identity = {
  publicIp: '203.0.113.50' as Ipv4Address,
  privateIp: '10.0.2.128' as Ipv4Address,
  subnetCidr: '10.0.2.0/24' as Cidr,
  vpcCidrs: ['10.0.0.0/16' as Cidr],
  delivery: 'both',
  networkInterfaceId: 'eni-1',
  generation: 3,
} as unknown as PublicIdentity;

/** A free port of this host is nobody's for the moment that it takes. */
let port = 20_500 + (process.pid % 12_000);

interface Bench {
  readonly parts: RunParts;
  readonly stop: StopWish;
  /** What was done, in order. */
  readonly done: string[];
  readonly log: string[];
  readonly opened: Promise<GatewayOptions>;
  /** The last call ends. */
  readonly lastCallEnds: () => void;
  readonly lose: (because: string) => void;
  readonly prove: (unproven: string | undefined) => void;
  readonly run: () => Promise<number>;
  readonly get: (path: string) => Promise<string>;
}

function bench(
  change: Partial<RunParts> & {
    readonly close?: () => Promise<void>;
    readonly isServerThere?: boolean;
  } = {},
  drainMs = 60_000,
  signalling = '{ kind: embedded }',
): Bench {
  const [done, log]: [string[], string[]] = [[], []];
  const stop = new StopWish();
  const opened = Promise.withResolvers<GatewayOptions>();
  const drained = Promise.withResolvers<void>();
  const lost = Promise.withResolvers<string>();
  const isThere = change.isServerThere ?? true;
  let unproven: string | undefined;
  const gateway: Gateway = {
    counts: () => ({ calls: 1, sip: undefined }),
    isReady: () => isThere,
    media: async () => ({
      calls: 1,
      pairs: { free: 7, inUse: 2, resting: 1 },
      media: undefined,
      nice: -3,
      realtimePriority: 0,
    }),
    drain: async () => {
      done.push('drain');
      await drained.promise;
      done.push('drained');
    },
    close: change.close ?? (async () => void done.push('close')),
  };
  const taken: TakenIdentity = {
    identity,
    unproven: () => unproven,
    lost: lost.promise,
    release: async () => void done.push('release'),
  };
  port += 1;
  const own = port;
  const config = readConfig(
    [
      'identity: { kind: file }',
      `signalling: ${signalling}`,
      'media: { kind: embedded, realtimePriority: 7 }',
      'routes: [{ match: {}, refuse: 404 }]',
      `drain: { deadlineMs: ${drainMs} }`,
      `monitoring: { address: 127.0.0.1, port: ${own} }`,
    ].join('\n'),
    'f.yaml',
  );
  const parts: RunParts = {
    log: pino({ base: null }, { write: (line) => void log.push(line) }),
    stop,
    environment: {},
    takeIdentity: async () => taken,
    createGateway: async (options) => {
      opened.resolve(options);
      return gateway;
    },
    ...change,
  };
  return {
    parts,
    stop,
    done,
    log,
    opened: opened.promise,
    lastCallEnds: () => drained.resolve(),
    lose: (because) => lost.resolve(because),
    prove: (now) => {
      unproven = now;
    },
    run: () => runGateway(parts, config),
    get: async (path) => {
      const answer = await fetch(`http://127.0.0.1:${own}${path}`);
      return `${answer.status} ${await answer.text()}`;
    },
  };
}

const never = new Promise<string>(() => undefined);
const silent = new GatewayError({
  code: 'MediaRelayUnreachable',
  message: 'no answer',
  remedy: 'wait',
  retry: 'later',
});
const sigterm = { kind: 'signal', name: 'SIGTERM' } as const;

describe('the life of a gateway', () => {
  it('is not ready while the SIP server is not there', async () => {
    const { run, opened, stop, lastCallEnds, get } = bench({ isServerThere: false });
    const ended = run();
    await opened;
    expect(await get('/readyz')).toBe('503 the SIP server is not there\n');
    stop.stop(sigterm);
    lastCallEnds();
    expect(await ended).toBe(0);
  });

  it('ends in order, and the identity is given back last', async () => {
    const { run, opened, stop, done, lastCallEnds, get } = bench();
    const ended = run();
    const options = await opened;
    expect(options).toMatchObject({ identity, sipPort: 5060, signalling: { kind: 'embedded' } });
    expect(await get('/readyz')).toBe('200 ready\n');
    expect(await get('/livez')).toBe('200 alive\n');
    expect(await get('/elsewhere')).toMatch(/^404 /);
    stop.stop(sigterm);
    expect(await get('/readyz')).toBe('503 draining\n');
    expect(done).toEqual(['drain']);
    lastCallEnds();
    expect(await ended).toBe(0);
    expect(done).toEqual(['drain', 'drained', 'close', 'release']);
    await expect(get('/livez')).rejects.toThrow('fetch failed');
  });

  it('does not wait for calls beyond its deadline', async () => {
    const { run, opened, stop, done } = bench({}, 1);
    const ended = run();
    await opened;
    stop.stop(sigterm);
    expect(await ended).toBe(0);
    expect(done).toEqual(['drain', 'close', 'release']);
  });

  it('does not wait for calls when it is told again', async () => {
    const { run, opened, stop, done } = bench();
    const ended = run();
    await opened;
    stop.stop(sigterm);
    stop.stop(sigterm);
    expect(await ended).toBe(0);
    expect(done).toEqual(['drain', 'close', 'release']);
  });

  it('ends when its relay fails, once the calls have ended', async () => {
    const { run, opened, done, lastCallEnds, log } = bench();
    const ended = run();
    const { onEvent } = await opened;
    onEvent?.({ kind: 'relay-failed', because: 'its thread ended with 1' });
    lastCallEnds();
    expect(await ended).toBe(5);
    expect(done).toEqual(['drain', 'drained', 'close', 'release']);
    expect(log.join('')).toContain('its thread ended with 1');
    expect(log.join('')).toContain('"nice":-3,"wanted":-10');
    expect(log.join('')).toContain('"realtimePriority":0,"wanted":7');
  });

  it('ends when its identity is lost', async () => {
    const { run, opened, done, lose } = bench();
    const ended = run();
    await opened;
    lose('203.0.113.50 was withdrawn');
    expect(await ended).toBe(6);
    expect(done).toContain('close');
  });

  it('ends with that when its identity is lost before it is ready, or while it ends as asked', async () => {
    const starting = bench({
      againMs: 60_000,
      createGateway: async () => {
        starting.lose('203.0.113.50 was withdrawn');
        return Promise.reject(silent);
      },
    });
    expect(await starting.run()).toBe(6);
    expect(starting.done).toEqual(['release']);
    const ending = bench();
    const ended = ending.run();
    await ending.opened;
    ending.stop.stop(sigterm);
    ending.lose('203.0.113.50 was withdrawn');
    expect(await ended).toBe(6);
    expect(ending.done).toEqual(['drain', 'close', 'release']);
  });

  it('is not ready while its identity is not proven, and goes on', async () => {
    const { run, opened, stop, lastCallEnds, get, prove } = bench();
    const ended = run();
    await opened;
    prove('net1 is down');
    expect(await get('/readyz')).toBe('503 the identity is not proven: net1 is down\n');
    const metrics = await get('/metrics');
    expect(metrics).toContain('truetuple_gateway_ready 0\n');
    expect(metrics).toContain('truetuple_gateway_identity_proven 0\n');
    prove(undefined);
    expect(await get('/readyz')).toBe('200 ready\n');
    expect(await get('/metrics')).toContain('truetuple_gateway_ready 1\n');
    stop.stop(sigterm);
    lastCallEnds();
    expect(await ended).toBe(0);
  });

  it('logs and counts what the keep of its identity does', async () => {
    const error = new CoreError({
      code: 'LinkDown',
      message: 'net1 is down',
      remedy: 'set it up',
      retry: 'later',
    });
    const { run, opened, stop, lastCallEnds, get, log } = bench({
      takeIdentity: async (_signal, onKeepEvent) => {
        for (const event of [
          { kind: 'repaired', half: 'kernel', steps: [] },
          { kind: 'degraded', error },
          { kind: 'restored', identity },
          { kind: 'unsure', error },
        ] satisfies KeepEvent[]) {
          onKeepEvent(event);
        }
        return { identity, unproven: () => undefined, lost: never, release: async () => undefined };
      },
    });
    const ended = run();
    await opened;
    const metrics = await get('/metrics');
    for (const [kind, count] of [
      ['repaired', 1],
      ['degraded', 1],
      ['restored', 1],
      ['unsure', 1],
      ['gateway-unreachable', 0],
      ['gateway-reachable', 0],
      ['gateway-changed', 0],
      ['wire-silent', 0],
      ['wire-answers', 0],
      ['lost', 0],
    ] as const) {
      expect(metrics).toContain(
        `truetuple_gateway_identity_keep_events_total{kind="${kind}"} ${count}\n`,
      );
    }
    const told = log.map((line) => JSON.parse(line) as { readonly msg: string; level: number });
    expect(told.map(({ level, msg }) => `${level} ${msg}`)).toEqual(
      expect.arrayContaining([
        '40 drift of the identity was put back',
        '50 the identity is not proven; not ready until it is',
        '30 the identity is proven again',
        '40 EC2 did not say whether the identity stands',
      ]),
    );
    stop.stop(sigterm);
    lastCallEnds();
    expect(await ended).toBe(0);
  });

  it('ends without an identity, and takes no calls', async () => {
    const refused = bench({
      takeIdentity: async () => Promise.reject(new Error('the pool is empty')),
    });
    expect(await refused.run()).toBe(3);
    expect(refused.done).toEqual([]);
    expect(refused.log.join('')).toContain('the pool is empty');
  });

  it('is not ready while the identity is taken, and ends at once when it is asked then', async () => {
    const taking = Promise.withResolvers<AbortSignal>();
    const { run, stop, get } = bench({
      takeIdentity: (signal) =>
        new Promise((_, reject) => {
          taking.resolve(signal);
          signal.addEventListener('abort', () => reject(new Error('Aborted')));
        }),
    });
    const ended = run();
    await taking.promise;
    expect(await get('/readyz')).toBe('503 the identity is not held yet\n');
    stop.stop(sigterm);
    expect(await ended).toBe(0);
  });

  it('gives the identity back when the gateway does not start', async () => {
    const { run, done } = bench({
      createGateway: async () => Promise.reject(new Error('EADDRINUSE')),
    });
    expect(await run()).toBe(4);
    expect(done).toEqual(['release']);
  });

  it('gives a server of another process its time to answer', async () => {
    const answers = ['silent', 'silent', 'answers'];
    const started = Promise.withResolvers<void>();
    const { run, stop, parts } = bench({}, 1);
    const { createGateway } = parts;
    Object.assign(parts, {
      againMs: 1,
      createGateway: async (options: GatewayOptions) => {
        if (answers.shift() === 'silent') throw silent;
        started.resolve();
        return createGateway(options);
      },
    });
    const ended = run();
    await started.promise;
    stop.stop(sigterm);
    expect(await ended).toBe(0);
    expect(answers).toEqual([]);
  });

  it('says when the identity could not be given back', async () => {
    const { run, stop, log } = bench(
      {
        takeIdentity: async () => ({
          identity,
          unproven: () => undefined,
          lost: never,
          release: async () => Promise.reject(new Error('EC2 is away')),
        }),
      },
      1,
    );
    const ended = run();
    stop.stop(sigterm);
    expect(await ended).toBe(7);
    expect(log.join('')).toContain('EC2 is away');
  });

  it('ends with that when the relay fails while it ends as asked', async () => {
    const { run, opened, stop, done, lastCallEnds } = bench({
      close: async () => {
        done.push('close');
        (await opened).onEvent?.({ kind: 'relay-failed', because: 'no answer' });
      },
    });
    const ended = run();
    await opened;
    stop.stop(sigterm);
    lastCallEnds();
    expect(await ended).toBe(5);
    expect(done).toEqual(['drain', 'drained', 'close', 'release']);
  });

  it('gives the identity back whatever fails at the end', async () => {
    const { run, opened, stop, done, log } = bench(
      { close: async () => Promise.reject(new Error('a defect of ours')) },
      1,
    );
    const ended = run();
    await opened;
    stop.stop(sigterm);
    expect(await ended).toBe(1);
    expect(done).toEqual(['drain', 'release']);
    expect(log.join('')).toContain('a defect of ours');
  });

  it('reads the secret of a drachtio-server from where it is, and logs it nowhere', async () => {
    const server =
      '{ kind: drachtio-server, host: 127.0.0.1, pingMs: 700, secretFrom: { env: SECRET } }';
    const { run, opened, stop, log } = bench({ environment: { SECRET: 'cymru' } }, 1, server);
    const ended = run();
    expect((await opened).signalling).toEqual({
      kind: 'drachtio-server',
      host: '127.0.0.1',
      pingMs: 700,
      secret: 'cymru',
    });
    stop.stop(sigterm);
    expect(await ended).toBe(0);
    expect(log.join('')).not.toContain('cymru');
    const without = bench({}, 1, server);
    await expect(without.run()).rejects.toMatchObject({ code: 'ConfigInvalid' });
    expect(without.done).toEqual([]);
  });

  it('refuses an address for its monitoring that is taken', async () => {
    const one = bench();
    const running = one.run();
    await one.opened;
    port -= 1;
    await expect(bench().run()).rejects.toMatchObject({ code: 'ConfigInvalid' });
    one.stop.stop(sigterm);
    one.lastCallEnds();
    await running;
  });
});
