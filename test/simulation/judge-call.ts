import type { Ec2Action } from '@truetuple/core';
import { judgeManagedCall } from './managed/judge-managed.ts';
import { staleMs } from './region.ts';
import type { SimulatedProcess } from './simulated-process.ts';
import type { World } from './world.ts';

/** How old what a reaper destroys on may be, in milliseconds: it reads again just before. */
const freshMs = 2000;

const destroys: readonly Ec2Action[] = [
  'DeleteRoute',
  'DisassociateAddress',
  'UnassignPrivateIpAddresses',
  'UnassignIpv6Addresses',
];
const needs: Readonly<Partial<Record<Ec2Action, readonly Ec2Action[]>>> = {
  AssignPrivateIpAddresses: ['DescribeNetworkInterfaces', 'DescribeAddresses'],
  AssignIpv6Addresses: ['DescribeNetworkInterfaces'],
  AssociateAddress: ['DescribeNetworkInterfaces', 'DescribeAddresses'],
  CreateTags: ['DescribeAddresses'],
  CreateRoute: ['DescribeAddresses', 'DescribeRouteTables'],
  ReplaceRoute: ['DescribeAddresses', 'DescribeRouteTables'],
};

/** What a process asks EC2 for, at the moment it does. */
export function judgeCall(
  world: World,
  process: SimulatedProcess,
  action: Ec2Action,
  input: unknown,
): void {
  const { phase } = process;
  const { managed } = world;
  if (managed !== undefined) judgeManagedCall(world, managed, process, { action, input });
  if (phase === 'reap' && destroys.includes(action)) judgeFreshness(world, process, action);
  if (phase === 'keep') judgeOutage(world, process, action, input);
  if (phase === 'ensure' && action === 'AssociateAddress') judgeSecondClaim(world, process, input);
}

/** A reaper reads again just before it destroys. */
function judgeFreshness(world: World, process: SimulatedProcess, action: Ec2Action): void {
  const readMs = Math.max(...process.answered.values());
  if (world.nowMs - readMs <= freshMs) return;
  world.violate(`${process.name} makes ${action} on what it read ${world.nowMs - readMs} ms ago`);
}

/** What a keep puts back rests on one look, all of it from after the latest outage. */
function judgeOutage(
  world: World,
  process: SimulatedProcess,
  action: Ec2Action,
  input: unknown,
): void {
  for (const read of needsOf(action, input)) {
    const readMs = process.answered.get(read);
    if (readMs === undefined || readMs > process.outageMs) continue;
    world.violate(
      `${process.name} makes ${action} on a ${read} of ${readMs} ms, before the outage at ${process.outageMs} ms`,
    );
  }
}

/** The record of an IPv6 address stands on its network interface. */
function needsOf(action: Ec2Action, input: unknown): readonly Ec2Action[] {
  const { resources = [] } = input as { readonly resources?: readonly string[] };
  const isOfInterface = resources.some((id) => id.startsWith('eni-'));
  return isOfInterface ? ['DescribeNetworkInterfaces'] : (needs[action] ?? []);
}

/** EC2 has answered that the address is ours, and no describe can show another's: it is not claimed again. */
function judgeSecondClaim(world: World, process: SimulatedProcess, input: unknown): void {
  const { allocationId } = input as { readonly allocationId: string };
  const standing = world.truth?.association(allocationId);
  if (standing === undefined) return;
  if (standing.associationId !== process.claims.get(allocationId)) return;
  if ((world.truth?.freedMs(allocationId) ?? 0) > standing.sinceMs - staleMs) return;
  world.violate(`${process.name} claims ${standing.publicIp} again, which EC2 said is its own`);
}
