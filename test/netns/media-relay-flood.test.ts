import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { hosts } from '../../packages/sip-gateway/src/testing/media-relay-contract.ts';
import { findProgram } from '../lab/src/socket/find-program.ts';

// A relay that shares one core with its own main thread, and a peer of a call that floods it from another one.
const needed = ['chrt', 'taskset'];
const hasAll =
  process.getuid?.() === 0 &&
  availableParallelism() > 1 &&
  needed.every((name) => findProgram(name) !== undefined);
if (!hasAll && process.env['CI'] === 'true') {
  throw new Error(`a flood takes root, two cores, and of util-linux ${needed.join(', ')}`);
}

const relayFile = new URL('media-relay-flood-child.ts', import.meta.url);
const peerFile = new URL('media-flood-peer.ts', import.meta.url);

/** A program of this folder on one core, line by line. */
class Program implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #lines: AsyncIterator<string>;

  constructor(file: URL, core: number, args: readonly string[], env = process.env) {
    const program = [process.execPath, '-C', 'truetuple-source', fileURLToPath(file), ...args];
    const more = ['-c', String(core), ...program];
    this.#child = spawn('taskset', more, { stdio: ['pipe', 'pipe', 'inherit'], env });
    if (this.#child.stdout === null) throw new Error('a program has no standard output');
    this.#lines = createInterface({ input: this.#child.stdout })[Symbol.asyncIterator]();
  }

  /** Its next line. */
  async next<T>(): Promise<T> {
    const line = await this.#lines.next();
    return JSON.parse(String(line.value)) as T;
  }

  tell(line: object): void {
    this.#child.stdin?.write(`${JSON.stringify(line)}\n`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const gone = once(this.#child, 'exit');
    this.#child.stdin?.end();
    if (this.#child.exitCode === null) await gone;
  }
}

const over = { kind: 'realtime-budget', verdict: 'over' };

async function flooded(
  env = process.env,
): Promise<AsyncDisposableStack & { readonly relay: Program; readonly peer: Program }> {
  await using stack = new AsyncDisposableStack();
  const peer = stack.use(new Program(peerFile, 1, [hosts.internet]));
  const a = { address: hosts.internet, port: await peer.next<number>() };
  const relay = stack.use(new Program(relayFile, 0, [JSON.stringify(a)], env));
  const { to, ...thread } = await relay.next<{ readonly to: object }>();
  expect(thread).toMatchObject({ realtimePriority: 1 });
  peer.tell(to);
  return Object.assign(stack.move(), { relay, peer });
}

interface ThreadSaid {
  readonly realtimePriority: number;
  /** CPU time that the relay's thread has had by `atMs`. */
  readonly ranMs: number;
  readonly atMs: number;
}

function asked(relay: Program): Promise<ThreadSaid> {
  relay.tell({});
  return relay.next();
}

describe.runIf(hasAll)('a realtime relay that is flooded', () => {
  it('leaves its core to others, and is a realtime thread again when the flood is over', async () => {
    await using world = await flooded();
    const { relay, peer } = world;
    expect(await relay.next()).toEqual({ ...over, realtimePriority: 0 });
    expect(await asked(relay)).toMatchObject({ nice: -10, realtimePriority: 0 });
    await peer[Symbol.asyncDispose]();
    expect(await relay.next()).toEqual({ ...over, verdict: 'within', realtimePriority: 1 });
  }, 60_000);

  it('rests where it may not give its priority back, so that its main thread is heard', async () => {
    using folder = chrtThatGoesUpOnly();
    await using world = await flooded({
      ...process.env,
      PATH: `${folder.path}:${process.env['PATH']}`,
    });
    const { relay } = world;
    expect(await relay.next()).toEqual({ ...over, realtimePriority: 1 });
    const first = await asked(relay);
    let last = first;
    // a few of its windows
    while (last.atMs - first.atMs < 2_000) last = await asked(relay);
    expect(last.realtimePriority).toBe(1);
    const share = (last.ranMs - first.ranMs) / (last.atMs - first.atMs);
    expect(share).toBeLessThan(0.85);
  }, 60_000);
});

/** A folder with a chrt that is refused SCHED_OTHER, as the real one is with RLIMIT_RTPRIO and no CAP_SYS_NICE (sched(7), SCHED_RESET_ON_FORK). */
function chrtThatGoesUpOnly(): { readonly path: string } & Disposable {
  const path = mkdtempSync(join(tmpdir(), 'truetuple-chrt-'));
  const lines = ['#!/bin/sh', 'test "$1" = --other && exit 1', `exec ${findProgram('chrt')} "$@"`];
  writeFileSync(join(path, 'chrt'), lines.join('\n'), { mode: 0o755 });
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true }) };
}
