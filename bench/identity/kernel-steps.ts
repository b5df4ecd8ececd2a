// Runs in a network namespace of its own, entered by the bench: times the kernel's half of an identity
// through our netlink, and the same steps by forking ip(8) and sysctl(8). Prints one JSON line.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { openNetlink, type Netlink } from '@truetuple/netlink';
import {
  describeKernelStep,
  linuxKernel,
  truetupleProtocol,
  type KernelPort,
  type KernelStep,
} from '@truetuple/core';
import { planKernel, type WantedLink } from '../../packages/core/src/kernel/plan-kernel.ts';

const execFileAsync = promisify(execFile);
const table = 200;

const wanted = {
  table,
  gateway: '10.0.2.1',
  subnetCidr: '10.0.2.0/24',
  vpcCidrs: ['10.0.0.0/16'],
  identities: [{ privateIp: '10.0.2.128', publicIp: '203.0.113.50' }],
  releasing: [],
} as unknown as WantedLink;

export interface KernelRound {
  readonly openMs: number;
  readonly ours: readonly { readonly name: string; readonly ms: number }[];
  readonly forked: readonly { readonly name: string; readonly ms: number }[];
}

async function timeOurs(
  kernel: KernelPort,
  steps: readonly KernelStep[],
): Promise<KernelRound['ours']> {
  const times: { name: string; ms: number }[] = [];
  for (const step of steps) {
    const begun = performance.now();
    await kernel.apply(step);
    times.push({ name: step.kind, ms: performance.now() - begun });
  }
  return times;
}

async function timeForked(steps: readonly KernelStep[]): Promise<KernelRound['forked']> {
  const times: { name: string; ms: number }[] = [];
  for (const step of steps) {
    const [command = '', ...args] = describeKernelStep(step).command.split(' ');
    const begun = performance.now();
    await execFileAsync(command, args);
    times.push({ name: step.kind, ms: performance.now() - begun });
  }
  return times;
}

/** Brings the namespace back to what it was, the rules and the fail-closed route included. */
async function undo(netlink: Netlink): Promise<void> {
  const link = await netlink.links.get({ name: 'net1' });
  const linkIndex = link?.index ?? 0;
  await netlink.addresses.remove({ linkIndex, address: '203.0.113.50/32' });
  for (const route of await netlink.routes.list({ table, family: 'ipv4' })) {
    await netlink.routes.remove(route);
  }
  for (const rule of await netlink.rules.list({ family: 'ipv4' })) {
    if (rule.protocol === truetupleProtocol) await netlink.rules.remove(rule);
  }
  await netlink.links.set(
    { index: linkIndex },
    { ipv4: { rpFilter: 0, arpAnnounce: 0, arpIgnore: 0 } },
  );
}

async function playRound(kernel: KernelPort, openMs: number): Promise<KernelRound> {
  using netlink = await openNetlink();
  const plan = async (): Promise<readonly KernelStep[]> => {
    const state = await kernel.observe('net1', table);
    if (state === undefined) throw new Error('the bench has no net1');
    return planKernel(state, wanted);
  };
  const steps = await plan();
  const ours = await timeOurs(kernel, steps);
  if ((await plan()).length > 0) throw new Error('our steps did not lead to the wanted state');
  await undo(netlink);
  const forked = await timeForked(await plan());
  if ((await plan()).length > 0)
    throw new Error('the forked steps did not lead to the wanted state');
  await undo(netlink);
  return { openMs, ours, forked };
}

const rounds = Number(process.argv[2] ?? '1');
const begun = performance.now();
const kernel = await linuxKernel();
const openMs = performance.now() - begun;
const results: KernelRound[] = [];
for (let round = 0; round < rounds; round++) results.push(await playRound(kernel, openMs));
kernel.close();
console.log(JSON.stringify(results));
