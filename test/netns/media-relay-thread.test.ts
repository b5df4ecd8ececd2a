import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { getPriority, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { embeddedRelay, type EmbeddedRelayOptions } from '@truetuple/sip-gateway';
import {
  contractAddresses,
  contractPath,
} from '../../packages/sip-gateway/src/testing/media-relay-contract.ts';
import { RelayThread } from '../../packages/sip-gateway/src/adapters/embedded-relay/relay-thread.ts';
import { findProgram } from '../lab/src/socket/find-program.ts';

const parts = { pathTo: contractPath, addresses: Object.values(contractAddresses) };
const child = fileURLToPath(new URL('media-relay-thread-child.ts', import.meta.url));
const program = [process.execPath, '-C', 'truetuple-source', child];
const withoutRights = ['setpriv', '--inh-caps=-sys_nice', '--bounding-set=-sys_nice'];
const isRoot = process.getuid?.() === 0;
const [setpriv, chrt] = [findProgram('setpriv'), findProgram('chrt')];
const hasAll = isRoot && setpriv !== undefined && chrt !== undefined;
if (!hasAll && process.env['CI'] === 'true') {
  throw new Error(
    'a nice value below 0 takes root, to be without it setpriv, and a realtime thread chrt (both of util-linux)',
  );
}
const realtime = { realtimePriority: 3 };
const [other, roundRobin] = [0, 2];

interface ThreadsSaid {
  /** What the relay says of its thread. */
  readonly nice: number;
  readonly realtimePriority?: number;
  /** Nice value of the main thread. */
  readonly here: number;
  /** What the kernel says of all. */
  readonly threads: readonly {
    readonly nice: number;
    readonly priority: number;
    readonly policy: number;
  }[];
}

/** What is said of the threads of a process that has a relay with these options. */
function threadsOf(
  options: EmbeddedRelayOptions,
  before: readonly string[] = [],
  env = process.env,
): ThreadsSaid {
  const [first, ...more] = [...before, ...program, JSON.stringify(options)];
  return JSON.parse(
    execFileSync(first, more, { encoding: 'utf8', env, timeout: 10_000 }),
  ) as ThreadsSaid;
}

function policies({ threads }: ThreadsSaid): ReadonlySet<number> {
  return new Set(threads.map(({ policy }) => policy));
}

describe("the relay's thread", () => {
  it('has the nice value that it was given, and no other thread has', async () => {
    const before = getPriority();
    await using relay = await closing({ nice: before + 3 });
    expect((await relay.counts()).nice).toBe(before + 3);
    expect(getPriority()).toBe(before);
  });

  it.runIf(hasAll)('goes before all others where that is allowed', () => {
    const said = threadsOf({});
    expect(said).toMatchObject({ nice: -10, realtimePriority: 1, here: getPriority() });
    expect(policies(said)).toEqual(new Set([other, roundRobin]));
  });

  it.runIf(isRoot)(
    'goes before the others of its process by its nice value alone when that is asked for',
    () => {
      const said = threadsOf({ realtimePriority: 0 });
      expect(said).toMatchObject({ nice: -10, realtimePriority: 0, here: getPriority() });
      expect(policies(said)).toEqual(new Set([other]));
    },
  );

  it.runIf(hasAll)('stays as the process is where it is not', () => {
    const here = getPriority();
    expect(threadsOf({}, withoutRights)).toMatchObject({ nice: here, here });
  });

  it.runIf(hasAll)('is a realtime thread when that is asked for, and no other is', () => {
    const said = threadsOf(realtime);
    expect(said).toMatchObject({ nice: -10, realtimePriority: 3 });
    expect(said.threads.filter(({ policy }) => policy !== other)).toEqual([
      { nice: -10, priority: 3, policy: roundRobin },
    ]);
    expect(said.threads.length).toBeGreaterThan(2);
  });

  it.runIf(hasAll)('hands a realtime priority to nobody that it starts', async () => {
    await using relay = await closing(realtime);
    expect((await relay.counts()).realtimePriority).toBe(3);
    const all = execFileSync('chrt', ['--all-tasks', '--pid', String(process.pid)], {
      encoding: 'utf8',
    });
    expect(all.match(/SCHED_(?:RR|FIFO).*/g)).toEqual(['SCHED_RR|SCHED_RESET_ON_FORK']);
  });

  it.runIf(hasAll)('has its nice value where it may not be a realtime thread, and says so', () => {
    const here = getPriority();
    const said = threadsOf({ ...realtime, nice: here + 3 }, withoutRights);
    expect(said).toMatchObject({ nice: here + 3, realtimePriority: 0, here });
    expect(policies(said)).toEqual(new Set([other]));
  });

  it.runIf(isRoot)('has its nice value where there is no chrt, and says so', () => {
    const said = threadsOf(realtime, [], { ...process.env, PATH: '/nonexistent' });
    expect(said).toMatchObject({ nice: -10, realtimePriority: 0 });
    expect(policies(said)).toEqual(new Set([other]));
  });

  it.runIf(hasAll)('is not looked for by a number of another PID namespace', () => {
    const said = threadsOf(realtime, ['unshare', '--pid', '--fork']);
    expect(said.realtimePriority).toBeUndefined();
    expect(policies(said)).toEqual(new Set([other]));
  });

  it.runIf(isRoot)('is open in time when chrt does not come back', () => {
    using folder = silentChrt();
    const said = threadsOf(realtime, [], { ...process.env, PATH: folder.path });
    expect(said).toMatchObject({ nice: -10, realtimePriority: 0 });
  });

  it('collects its garbage in small portions', async () => {
    await using thread = await threadThat('resourceLimits');
    const limits = await thread.ask({ kind: 'statistics', callId: '' });
    expect(limits).toMatchObject({ maxYoungGenerationSizeMb: 3 });
  });

  it('is told of releases together with the next request, in order, and by themselves when none comes', async () => {
    await using thread = await threadThat('calls.map(({ request }) => request.callId)');
    const release = (callId: string): Promise<unknown> => thread.ask({ kind: 'release', callId });
    const [one, two, next] = await Promise.all([
      release('1'),
      release('2'),
      thread.ask({ kind: 'statistics', callId: '3' }),
    ]);
    expect([one, two, next]).toEqual([
      ['1', '2', '3'],
      ['1', '2', '3'],
      ['1', '2', '3'],
    ]);
    expect(await Promise.all([release('4'), release('5')])).toEqual([
      ['4', '5'],
      ['4', '5'],
    ]);
    expect(await thread.ask({ kind: 'statistics', callId: '6' })).toEqual(['6']);
  });
});

/** A thread whose worker answers everything with this expression. */
async function threadThat(answer: string): Promise<RelayThread & AsyncDisposable> {
  const source = `
    import { parentPort, resourceLimits } from 'node:worker_threads';
    parentPort.on('message', (calls) => {
      for (const { id, request } of calls) {
        parentPort.postMessage({ kind: 'done', id, result: ${answer} });
        if (request.kind === 'close') parentPort.close();
      }
    });`;
  const ports = { first: 26_000, last: 26_003 };
  const times = { quarantineMs: 60, mediaTimeoutMs: 120, holdTimeoutMs: 2400, tickMs: 10 };
  const worker = new URL(`data:text/javascript,${encodeURIComponent(source)}`);
  const thread = await RelayThread.start(worker, {
    addresses: [],
    ports,
    ...times,
    nice: 0,
    hasBudget: false,
  });
  return Object.assign(thread, { [Symbol.asyncDispose]: () => thread.close() });
}

async function closing(
  options: EmbeddedRelayOptions,
): Promise<Awaited<ReturnType<typeof embeddedRelay>> & AsyncDisposable> {
  const relay = await embeddedRelay(parts, options);
  return { ...relay, [Symbol.asyncDispose]: () => relay.close() };
}

/** A folder with a chrt that waits for longer than anybody does. */
function silentChrt(): { readonly path: string } & Disposable {
  const path = mkdtempSync(join(tmpdir(), 'truetuple-chrt-'));
  // the shell becomes the `sleep`, so that nothing is left when it is killed
  writeFileSync(join(path, 'chrt'), '#!/bin/sh\nexec /bin/sleep 60\n', { mode: 0o755 });
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true }) };
}
