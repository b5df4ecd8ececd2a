// Runs in a pod's network namespace: times the kernel's half of an identity through our netlink, and the
// same steps by forking ip(8) and sysctl(8). Prints one line of JSON. Argument: how many rounds.
import { linuxKernel, type KernelPort, type KernelStep } from '@truetuple/core';
import type { Cidr, Ipv4Address } from '@truetuple/core';
import { planKernel, type WantedLink } from '../../packages/core/src/kernel/plan-kernel.ts';
import { cleanPod, net1Table } from './clean-pod.ts';
import { ForkingShell } from './forking-shell.ts';
import type { KernelRound, KernelRun } from './kernel-round.ts';
import { kernelSides, type SideName } from './kernel-sides.ts';

const wanted: WantedLink = {
  table: net1Table,
  gateway: '10.0.2.1' as Ipv4Address,
  subnetCidr: '10.0.2.0/24' as Cidr,
  vpcCidrs: ['10.0.0.0/16' as Cidr],
  identities: [{ privateIp: '10.0.2.128' as Ipv4Address, publicIp: '203.0.113.50' as Ipv4Address }],
  releasing: [],
};

async function plan(kernel: KernelPort): Promise<readonly KernelStep[]> {
  const state = await kernel.observe('net1', net1Table);
  if (state === undefined)
    throw new Error('This namespace has no net1: start bench/identity/main.ts.');
  return planKernel(state, wanted);
}

/** Ours first in the first round, so that a round of a fresh process is cold; then the order rotates. */
function orderOf(round: number): readonly SideName[] {
  const order: SideName[] = ['ours', 'shell', 'node', 'batch'];
  const first = round % order.length;
  return [...order.slice(first), ...order.slice(0, first)];
}

async function play(rounds: number): Promise<KernelRun> {
  const begun = performance.now();
  const netlinkPackage = await import('@truetuple/netlink');
  netlinkPackage.nativeAvailable();
  const loaded = performance.now();
  const kernel = await linuxKernel();
  const opened = performance.now();
  let steps = await plan(kernel);
  const observeMs = performance.now() - opened;
  const names = steps.map(({ kind }) => kind);
  using shell = new ForkingShell();
  await shell.run('ip -V');
  using netlink = await netlinkPackage.openNetlink();
  const sides = kernelSides(kernel, shell);
  const played: KernelRound[] = [];
  for (let round = 0; round < rounds; round++) {
    const times: Record<SideName, readonly number[]> = { ours: [], shell: [], node: [], batch: [] };
    for (const side of orderOf(round)) {
      times[side] = await sides[side](steps);
      const left = await plan(kernel);
      if (left.length > 0)
        throw new Error(`${side} did not lead to the wanted state: ${JSON.stringify(left)}`);
      await cleanPod(netlink);
      steps = await plan(kernel);
    }
    played.push({ steps: names, times });
  }
  kernel.close();
  return { loadMs: loaded - begun, openMs: opened - loaded, observeMs, rounds: played };
}

console.log(JSON.stringify(await play(Number(process.argv[2] ?? '1'))));
