import { createNetworkNamespace, openNetlink, type NetworkNamespace } from '@truetuple/netlink';
import { fileURLToPath } from 'node:url';
import { runToEnd } from '@truetuple/lab';
import { percentile } from './percentile.ts';
import type { KernelRound } from './kernel-steps.ts';

export interface KernelHalf {
  readonly name: 'warm' | 'cold';
  readonly rounds: number;
  readonly oursP50Ms: number;
  readonly oursP99Ms: number;
  readonly forkedP50Ms: number;
  readonly forkedP99Ms: number;
  /** Medians of each round's own ratio: both sides ran in the same process, one after the other. */
  readonly ratioP50: number;
  readonly steps: readonly {
    readonly name: string;
    readonly oursMs: number;
    readonly forkedMs: number;
  }[];
}

/** Warm: rounds in one process, the first five left out. Cold: a fresh process for each round. */
export async function measureKernelHalf(
  name: KernelHalf['name'],
  rounds: number,
): Promise<KernelHalf> {
  const warmUp = 5;
  const played =
    name === 'warm'
      ? (await playIn(rounds + warmUp)).slice(warmUp)
      : (await inTurn(rounds, () => playIn(1))).flat();
  return summarise(name, played);
}

async function inTurn<T>(times: number, act: () => Promise<T>): Promise<T[]> {
  const results: T[] = [];
  for (let turn = 0; turn < times; turn++) results.push(await act());
  return results;
}

async function playIn(rounds: number): Promise<readonly KernelRound[]> {
  using pod = createNetworkNamespace();
  using outside = createNetworkNamespace();
  await addNet1(pod, outside);
  const program = fileURLToPath(new URL('./kernel-steps.ts', import.meta.url));
  const args = [...process.execArgv, program, String(rounds)];
  const { stdout } = await runToEnd(pod, process.execPath, args);
  return JSON.parse(stdout) as readonly KernelRound[];
}

async function addNet1(pod: NetworkNamespace, outside: NetworkNamespace): Promise<void> {
  using netlink = await openNetlink({ netns: pod });
  const peer = { name: 'net1', netns: outside, mtu: 9001, up: true };
  await netlink.links.add({ kind: 'veth', name: 'net1', mtu: 9001, up: true, peer });
  const link = await netlink.links.get({ name: 'net1' });
  const linkIndex = link?.index ?? 0;
  await netlink.addresses.add({
    family: 'ipv4',
    linkIndex,
    address: '10.0.2.128/24',
    scope: 'global',
  });
}

function summarise(name: KernelHalf['name'], rounds: readonly KernelRound[]): KernelHalf {
  const total = (steps: KernelRound['ours']): number => steps.reduce((sum, { ms }) => sum + ms, 0);
  const ours = rounds.map((round) => total(round.ours));
  const forked = rounds.map((round) => total(round.forked));
  const first = rounds[0]?.ours ?? [];
  const median = (side: 'ours' | 'forked', index: number): number =>
    percentile(
      rounds.map((round) => round[side][index]?.ms ?? Number.NaN),
      50,
    );
  return {
    name,
    rounds: rounds.length,
    oursP50Ms: percentile(ours, 50),
    oursP99Ms: percentile(ours, 99),
    forkedP50Ms: percentile(forked, 50),
    forkedP99Ms: percentile(forked, 99),
    ratioP50: percentile(
      ours.map((ms, index) => ms / (forked[index] ?? Number.NaN)),
      50,
    ),
    steps: first.map((step, index) => ({
      name: step.name,
      oursMs: median('ours', index),
      forkedMs: median('forked', index),
    })),
  };
}
