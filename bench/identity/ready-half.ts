import type { Temperature } from './kernel-half.ts';
import { spreadOf, sum, type Spread } from './percentile.ts';
import { PodProcess } from './pod-process.ts';
import { wallClock, type Mark, type ReadyReport } from './ready-report.ts';
import { openReadyWorld, type ReadyWorld } from './ready-world.ts';

/** Milliseconds. */
export interface ReadyHalf {
  readonly temperature: Temperature;
  readonly runs: number;
  /** From the start of the process to the call of ensure; only of fresh processes. */
  readonly start: Spread | undefined;
  /** From the call of ensure to its HeldIdentity. */
  readonly ensure: Spread;
  /** Both together. */
  readonly ready: Spread | undefined;
  /** The kernel's changes of one ensure together. */
  readonly kernelSteps: Spread;
  readonly release: Spread;
  readonly ec2Calls: Spread;
  readonly ec2RoundTrips: Spread;
  readonly steps: readonly ReadyStep[];
}

export interface ReadyStep {
  readonly half: Mark['half'];
  readonly name: string;
  /** In how many runs it was done. */
  readonly runs: number;
  /** Since the call of ensure. */
  readonly began: Spread;
  readonly took: Spread;
}

interface ReadyRun {
  /** Undefined in a process that has run before. */
  readonly startMs: number | undefined;
  readonly ready: Extract<ReadyReport, { readonly kind: 'ready' }>;
  readonly releaseMs: number;
}

const warmUp = 8;

/** Cold: a fresh pod process for each run. Warm: all runs in one process, the first ones left out. */
export async function measureReadyHalf(temperature: Temperature, runs: number): Promise<ReadyHalf> {
  await using world = await openReadyWorld();
  await world.reset();
  const played =
    temperature === 'warm'
      ? (await playIn(world, runs + warmUp)).slice(warmUp)
      : await playFresh(world, runs);
  return summarise(temperature, played);
}

async function playFresh(world: ReadyWorld, runs: number): Promise<readonly ReadyRun[]> {
  const played: ReadyRun[] = [];
  for (let run = 0; run < runs; run++) played.push(...(await playIn(world, 1)));
  return played;
}

async function playIn(world: ReadyWorld, rounds: number): Promise<readonly ReadyRun[]> {
  const startedAt = wallClock();
  await using pod = new PodProcess(world, rounds);
  const played: ReadyRun[] = [];
  for (let round = 0; round < rounds; round++) {
    if (round > 0) pod.goOn();
    const ready = await pod.next('ready');
    const { releaseMs } = await pod.next('released');
    requireNothingHeld(world);
    await world.reset();
    const startMs = round === 0 ? ready.calledAt - startedAt : undefined;
    played.push({ startMs, ready, releaseMs });
  }
  return played;
}

function requireNothingHeld(world: ReadyWorld): void {
  const held = world.associated();
  if (held.length === 0) return;
  throw new Error(
    `Released, but ${held.join(', ')} is still associated: see what releasePublicIdentity left out.`,
  );
}

function summarise(temperature: Temperature, runs: readonly ReadyRun[]): ReadyHalf {
  const starts = runs.flatMap(({ startMs }) => startMs ?? []);
  const ensures = runs.map(({ ready }) => ready.ensureMs);
  const fresh = temperature === 'cold';
  return {
    temperature,
    runs: runs.length,
    start: fresh ? spreadOf(starts) : undefined,
    ensure: spreadOf(ensures),
    ready: fresh ? spreadOf(ensures.map((ms, run) => ms + (starts[run] ?? Number.NaN))) : undefined,
    kernelSteps: spreadOf(runs.map(({ ready }) => sum(kernelStepsOf(ready.marks)))),
    release: spreadOf(runs.map(({ releaseMs }) => releaseMs)),
    ec2Calls: spreadOf(runs.map(({ ready }) => ready.ec2Calls)),
    ec2RoundTrips: spreadOf(runs.map(({ ready }) => ready.ec2RoundTrips)),
    steps: stepsOf(runs.map(({ ready }) => numbered(ready.marks))),
  };
}

/** The changes, without the looks: core names a change by one word. */
function kernelStepsOf(marks: readonly Mark[]): readonly number[] {
  return marks
    .filter(({ half, name }) => half === 'kernel' && name.includes('-'))
    .map(({ tookMs }) => tookMs);
}

/** In the order they began, the second of a name called `name 2`. */
function numbered(marks: readonly Mark[]): readonly Mark[] {
  const seen = new Map<string, number>();
  return marks
    .toSorted((a, b) => a.beganMs - b.beganMs)
    .map(({ half, name, beganMs, tookMs }) => {
      const count = (seen.get(name) ?? 0) + 1;
      seen.set(name, count);
      return { half, name: count === 1 ? name : `${name} ${count}`, beganMs, tookMs };
    });
}

function stepsOf(runs: readonly (readonly Mark[])[]): readonly ReadyStep[] {
  return [...Map.groupBy(runs.flat(), ({ half, name }) => `${half} ${name}`).values()]
    .flatMap((marks) => {
      const [first] = marks;
      if (first === undefined) return [];
      const { half, name } = first;
      const began = spreadOf(marks.map(({ beganMs }) => beganMs));
      const took = spreadOf(marks.map(({ tookMs }) => tookMs));
      return [{ half, name, runs: marks.length, began, took }];
    })
    .toSorted((a, b) => a.began.p50 - b.began.p50);
}
