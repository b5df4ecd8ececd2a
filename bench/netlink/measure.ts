import type { NetworkNamespace } from '@truetuple/netlink';
import { base } from './sides.ts';
import type { SideDescription } from './sides.ts';
import { startSide } from './side-process.ts';
import type { SideProcess } from './side-process.ts';

/** Where it is measured. */
export interface Place {
  readonly netns: NetworkNamespace;
  readonly linkIndex: number;
}

/** What one side took in each round, in milliseconds. */
export interface Taken {
  readonly side: SideDescription;
  /** Rules added and removed, routes added and removed; or one number for all of it. */
  readonly rounds: (readonly number[])[];
  /** Of a fresh process: until it was ready. */
  readonly starts: number[];
}

export const changed = 1000;
export const listed = 10_000;
const warmUp = 10;

/** Each side again and again in one process; every round takes all sides, each first in turn. */
export async function measureWarm(
  { netns, linkIndex }: Place,
  sides: readonly SideDescription[],
  runs: number,
  what: 'change' | 'list',
): Promise<readonly Taken[]> {
  await using stack = new AsyncDisposableStack();
  const processes = new Map<SideDescription, SideProcess>();
  for (const side of sides) processes.set(side, stack.use(await startSide(netns, side)));
  const all = sides.map((side): Taken => ({ side, rounds: [], starts: [] }));
  for (let round = -warmUp; round < runs; round++) {
    for (const { side, rounds } of inTurn(all, round + warmUp)) {
      const child = processes.get(side);
      if (child === undefined) continue;
      const taken =
        what === 'list' ? [await child.list(listed)] : await change(child, side, linkIndex);
      if (round >= 0) rounds.push(taken);
    }
  }
  return all;
}

/** The first use in a process of its own for each side and round. */
export async function measureFresh(
  { netns, linkIndex }: Place,
  sides: readonly SideDescription[],
  runs: number,
  what: 'change' | 'list',
): Promise<readonly Taken[]> {
  const all = sides.map((side): Taken => ({ side, rounds: [], starts: [] }));
  for (let round = 0; round < runs; round++) {
    for (const { side, rounds, starts } of inTurn(all, round)) {
      await using child = await startSide(netns, side);
      // what its use is beside is the C program that is warm
      if (side.name === base) {
        if (what === 'list') for (let time = 0; time < warmUp; time++) await child.list(listed);
        else await change(child, side, linkIndex);
      }
      rounds.push(
        what === 'list' ? [await child.list(listed)] : await change(child, side, linkIndex),
      );
      starts.push(child.startMs);
    }
  }
  return all;
}

/** Leaves the routes that are listed. */
export async function fillTable(
  { netns, linkIndex }: Place,
  sides: readonly SideDescription[],
): Promise<void> {
  const program = sides.find(({ name }) => name === base);
  if (program === undefined) throw new Error(`there is no side "${base}"`);
  await using child = await startSide(netns, program);
  await child.fill(linkIndex, listed);
}

async function change(
  child: SideProcess,
  { oneOf }: SideDescription,
  linkIndex: number,
): Promise<readonly number[]> {
  return (await child.round(linkIndex, changed / oneOf)).map((taken) => taken * oneOf);
}

/**
 * Each comes first in turn, and every other round goes backwards: else each would always come after the same
 * one, and what that leaves behind (caches, a process that is taken apart) would count against it.
 */
function inTurn<T>(all: readonly T[], round: number): readonly T[] {
  const first = Math.floor(round / 2) % all.length;
  const turned = [...all.slice(first), ...all.slice(0, first)];
  return round % 2 === 0 ? turned : turned.toReversed();
}
