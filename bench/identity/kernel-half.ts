import { fileURLToPath } from 'node:url';
import { runToEnd } from '@truetuple/lab';
import { createNetworkNamespace, openNetlink, type NetworkNamespace } from '@truetuple/netlink';
import type { KernelRound, KernelRun } from './kernel-round.ts';
import type { SideName } from './kernel-sides.ts';
import { percentile, spreadOf, sum, type Spread } from './percentile.ts';

export type Temperature = 'warm' | 'cold';
type Peer = Exclude<SideName, 'ours'>;

/** Milliseconds; ratios are medians over the rounds, each round's own: both sides in one process. */
export interface KernelHalf {
  readonly temperature: Temperature;
  readonly rounds: number;
  readonly totals: Readonly<Record<SideName, Spread>>;
  readonly ratios: Readonly<Record<Peer, number>>;
  readonly steps: readonly KernelStepTimes[];
  /** Of a fresh process; undefined when warm. */
  readonly start: KernelStart | undefined;
}

export interface KernelStepTimes {
  readonly name: string;
  readonly ours: Spread;
  readonly shell: Spread;
  readonly node: Spread;
}

/** What a fresh process does before its first step. */
export interface KernelStart {
  readonly load: Spread;
  readonly open: Spread;
  readonly observe: Spread;
  /** Our steps together with loading, opening and looking. */
  readonly withSteps: Spread;
  /** `withSteps` over each peer, which has nothing to load: its shell already runs. */
  readonly ratios: Readonly<Record<Peer, number>>;
}

const warmUp = 8;

/** Warm: rounds in one process, the first ones left out. Cold: a fresh process for each round. */
export async function measureKernelHalf(
  temperature: Temperature,
  rounds: number,
): Promise<KernelHalf> {
  using pod = createNetworkNamespace();
  using outside = createNetworkNamespace();
  await addNet1(pod, outside);
  if (temperature === 'warm') {
    const run = await playIn(pod, rounds + warmUp);
    return summarise(temperature, run.rounds.slice(warmUp), undefined);
  }
  const runs: KernelRun[] = [];
  for (let round = 0; round < rounds; round++) runs.push(await playIn(pod, 1));
  const played = runs.flatMap((run) => run.rounds);
  return summarise(temperature, played, summariseStart(runs, played));
}

async function playIn(pod: NetworkNamespace, rounds: number): Promise<KernelRun> {
  const program = fileURLToPath(new URL('./kernel-child.ts', import.meta.url));
  const args = [...process.execArgv, program, String(rounds)];
  const { stdout } = await runToEnd(pod, process.execPath, args);
  return JSON.parse(stdout) as KernelRun;
}

async function addNet1(pod: NetworkNamespace, outside: NetworkNamespace): Promise<void> {
  using netlink = await openNetlink({ netns: pod });
  const peer = { name: 'net1', netns: outside, mtu: 9001, up: true };
  await netlink.links.add({ kind: 'veth', name: 'net1', mtu: 9001, up: true, peer });
  const link = await netlink.links.get({ name: 'net1' });
  if (link === undefined) throw new Error('The kernel added no net1: run as root on Linux.');
  await netlink.addresses.add({
    family: 'ipv4',
    linkIndex: link.index,
    address: '10.0.2.128/24',
    scope: 'global',
  });
  const ipv4 = { rpFilter: 0, arpAnnounce: 0, arpIgnore: 0 };
  await netlink.links.set({ index: link.index }, { ipv4 });
}

function summarise(
  temperature: Temperature,
  rounds: readonly KernelRound[],
  start: KernelStart | undefined,
): KernelHalf {
  const ours = totalsOf(rounds, 'ours');
  const [first] = rounds;
  return {
    temperature,
    rounds: rounds.length,
    totals: {
      ours: spreadOf(ours),
      shell: spreadOf(totalsOf(rounds, 'shell')),
      node: spreadOf(totalsOf(rounds, 'node')),
      batch: spreadOf(totalsOf(rounds, 'batch')),
    },
    ratios: ratiosTo(rounds, ours),
    steps: (first?.steps ?? []).map((name, index) => ({
      name,
      ours: spreadOf(timesOf(rounds, 'ours', index)),
      shell: spreadOf(timesOf(rounds, 'shell', index)),
      node: spreadOf(timesOf(rounds, 'node', index)),
    })),
    start,
  };
}

function summariseStart(runs: readonly KernelRun[], rounds: readonly KernelRound[]): KernelStart {
  const steps = totalsOf(rounds, 'ours');
  const withSteps = runs.map(
    ({ loadMs, openMs, observeMs }, index) =>
      loadMs + openMs + observeMs + (steps[index] ?? Number.NaN),
  );
  return {
    load: spreadOf(runs.map(({ loadMs }) => loadMs)),
    open: spreadOf(runs.map(({ openMs }) => openMs)),
    observe: spreadOf(runs.map(({ observeMs }) => observeMs)),
    withSteps: spreadOf(withSteps),
    ratios: ratiosTo(rounds, withSteps),
  };
}

function totalsOf(rounds: readonly KernelRound[], side: SideName): readonly number[] {
  return rounds.map(({ times }) => sum(times[side]));
}

function timesOf(rounds: readonly KernelRound[], side: SideName, index: number): readonly number[] {
  return rounds.map(({ times }) => times[side][index] ?? Number.NaN);
}

function ratiosTo(rounds: readonly KernelRound[], ours: readonly number[]): Record<Peer, number> {
  const ratioTo = (peer: Peer): number => {
    const theirs = totalsOf(rounds, peer);
    return percentile(
      ours.map((ms, index) => ms / (theirs[index] ?? Number.NaN)),
      50,
    );
  };
  return { shell: ratioTo('shell'), node: ratioTo('node'), batch: ratioTo('batch') };
}
