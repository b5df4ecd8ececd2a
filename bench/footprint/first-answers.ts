import type { ChildProcess } from 'node:child_process';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { runIn } from '@truetuple/lab';
import { percentile, spreadOf, type Spread } from '../identity/percentile.ts';
import type { ReadyWorld } from '../identity/ready-world.ts';
import { startSidecar, type Program } from './start-sidecar.ts';
import { byDefault, sparing } from './way.ts';

/** Milliseconds from the start of a process. */
export interface FirstAnswers {
  /** A program with nothing in it: until it has ended. */
  readonly empty: Spread;
  /** The others: until EC2 has answered for the first time. */
  readonly unbundled: Spread;
  readonly bundled: Bundled;
  /** The same bundle, started the sparing way. */
  readonly bundledSparing: Bundled;
}

export interface Bundled extends Spread {
  /** Medians of the rounds' ratios. */
  readonly toEmpty: number;
  readonly toUnbundled: number;
}

export interface Programs {
  readonly empty: string;
  readonly unbundled: string;
  readonly bundled: Program;
}

type Side = keyof FirstAnswers;

const sides: readonly Side[] = ['empty', 'unbundled', 'bundled', 'bundledSparing'];
/** Longer than any of them takes. */
const patienceMs = 30_000;
/** The first rounds fill the file cache. */
const warmUp = 2;

/** Every side in every round, each in a fresh process in the pod; the order rotates. */
export async function measureFirstAnswers(
  world: ReadyWorld,
  programs: Programs,
  rounds: number,
): Promise<FirstAnswers> {
  const measured: Record<Side, number>[] = [];
  for (let round = 0; round < rounds + warmUp; round++) {
    const took: Record<Side, number> = { empty: 0, unbundled: 0, bundled: 0, bundledSparing: 0 };
    for (let turn = 0; turn < sides.length; turn++) {
      const side = sides[(round + turn) % sides.length] ?? 'empty';
      took[side] = await measureOnce(world, side, programs);
    }
    if (round >= warmUp) measured.push(took);
  }
  const spread = (side: Side): Spread => spreadOf(measured.map((took) => took[side]));
  const ratio = (side: Side, to: Side): number =>
    percentile(
      measured.map((took) => took[side] / took[to]),
      50,
    );
  const bundled = (side: Side): Bundled => ({
    ...spread(side),
    toEmpty: ratio(side, 'empty'),
    toUnbundled: ratio(side, 'unbundled'),
  });
  return {
    empty: spread('empty'),
    unbundled: spread('unbundled'),
    bundled: bundled('bundled'),
    bundledSparing: bundled('bundledSparing'),
  };
}

async function measureOnce(world: ReadyWorld, side: Side, programs: Programs): Promise<number> {
  // of this process, which serves EC2 too: one clock for all sides
  const answered = side === 'empty' ? undefined : firstAnswer();
  const startedAt = performance.now();
  const child = start(world, side, programs);
  const ended = once(child, 'exit');
  const endedAt = ended.then(() => performance.now());
  const at = await Promise.race([answered ?? endedAt, tooLate(side)]);
  child.kill('SIGTERM');
  await endOf(child, ended);
  await world.reset();
  return at - startedAt;
}

function start(world: ReadyWorld, side: Side, programs: Programs): ChildProcess {
  if (side === 'bundled' || side === 'bundledSparing') {
    const way = side === 'bundled' ? byDefault : sparing;
    return startSidecar(world, programs.bundled, { way, keepIntervalMs: 30_000 });
  }
  const { spec, node } = world.setting;
  const { accessKeyId = '', secretAccessKey = '' } = node.credentials ?? {};
  const args =
    side === 'empty'
      ? [programs.empty]
      : [programs.unbundled, spec.region, node.ec2Endpoint ?? '', accessKeyId, secretAccessKey];
  const stdio = ['ignore', 'inherit', 'inherit'] as const;
  return runIn(world.pod.namespace, process.execPath, args, { stdio: [...stdio] });
}

async function firstAnswer(): Promise<number> {
  return new Promise((resolve) => {
    const onFinish = (): void => {
      resolve(performance.now());
      unsubscribe('http.server.response.finish', onFinish);
    };
    subscribe('http.server.response.finish', onFinish);
  });
}

async function tooLate(side: Side): Promise<never> {
  await delay(patienceMs, undefined, { ref: false });
  throw new Error(`${side} did nothing for ${patienceMs} ms: its error is above.`);
}

async function endOf(child: ChildProcess, ended: Promise<unknown>): Promise<void> {
  const timer = setTimeout(() => child.kill('SIGKILL'), patienceMs);
  await ended;
  clearTimeout(timer);
}
