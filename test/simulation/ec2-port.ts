import { Ec2CallError, type CallOptions, type Ec2Action, type Ec2Api } from '@truetuple/core';
import { stepOf, type Fault } from './faults.ts';
import { judgeCall } from './judge-call.ts';
import { behalfOf } from './managed/judge-managed.ts';
import { staleMs } from './region.ts';
import type { SimulatedProcess } from './simulated-process.ts';
import { whenAborted } from './when-aborted.ts';
import { disturbedMs, type Actor, type Pod, type World } from './world.ts';

const actions: Readonly<Record<keyof Ec2Api, Ec2Action>> = {
  describeNetworkInterfaces: 'DescribeNetworkInterfaces',
  describeAddresses: 'DescribeAddresses',
  describeRouteTables: 'DescribeRouteTables',
  describeSecurityGroups: 'DescribeSecurityGroups',
  describeNetworkAcls: 'DescribeNetworkAcls',
  getManagedPrefixListEntries: 'GetManagedPrefixListEntries',
  assignPrivateIpAddresses: 'AssignPrivateIpAddresses',
  unassignPrivateIpAddresses: 'UnassignPrivateIpAddresses',
  assignIpv6Addresses: 'AssignIpv6Addresses',
  unassignIpv6Addresses: 'UnassignIpv6Addresses',
  associateAddress: 'AssociateAddress',
  disassociateAddress: 'DisassociateAddress',
  allocateTaggedAddress: 'AllocateAddress',
  createTags: 'CreateTags',
  deleteTags: 'DeleteTags',
  createRoute: 'CreateRoute',
  replaceRoute: 'ReplaceRoute',
  deleteRoute: 'DeleteRoute',
  setSourceDestCheck: 'ModifyNetworkInterfaceAttribute',
};

/** Codes of failures after which a look begins anew. */
const saysNothing: readonly string[] = ['TimeoutError', 'RequestLimitExceeded', 'InternalError'];

function reads(action: Ec2Action): boolean {
  return action.startsWith('Describe');
}

/** How long a caller waits for an answer that does not come. */
const timeoutMs = 3000;

interface Flight {
  readonly world: World;
  readonly process: SimulatedProcess;
  readonly pod: Pod | undefined;
  readonly method: keyof Ec2Api;
  readonly input: unknown;
  readonly resolve: (answer: unknown) => void;
  readonly reject: (error: unknown) => void;
}

/** EC2 as one process reaches it: over a network, with whatever strikes on the way. */
export function ec2Port(world: World, process: SimulatedProcess, pod: Pod | undefined): Ec2Api {
  const port: Record<string, unknown> = {};
  for (const method of Object.keys(actions) as (keyof Ec2Api)[]) {
    port[method] = (input: unknown, call?: CallOptions): Promise<unknown> =>
      new Promise((resolve, reject) => {
        (call?.signal ?? call?.untilSent)?.throwIfAborted();
        const { signal } = call ?? {};
        const abort = (): void => {
          if (process.isAlive) reject(signal?.reason as Error);
        };
        const settled = signal === undefined ? () => {} : whenAborted(signal, abort);
        send({
          world,
          process,
          pod,
          method,
          input,
          resolve: (result) => {
            settled();
            resolve(result);
          },
          reject: (error) => {
            settled();
            reject(error);
          },
        });
      });
  }
  return port as unknown as Ec2Api;
}

function send(flight: Flight): void {
  const { world, process, method, input } = flight;
  if (!process.isAlive) return;
  const action = actions[method];
  const fault = world.strike(process, action);
  if (!process.isAlive) return;
  const { random, scheduler } = world;
  judgeCall(world, process, action, input);
  if (world.isPartitioned(process.host)) {
    // what is under way when the network parts may have arrived
    const arrives = fault === 'partition' && random.chance(0.5);
    world.note(process.name, `${action} ${arrives ? 'arrives, its answer does not' : 'is lost'}`);
    process.disturb(process.host.partitionedUntilMs);
    const sent = sentNow(flight);
    if (arrives) {
      scheduler.after(random.between(5, 50), () => carryOut(flight, 'lost response', sent));
    }
    scheduler.after(timeoutMs, () => answer(flight, unreachable(action)));
    return;
  }
  if (fault === 'throttle' || fault === 'error') {
    scheduler.after(random.between(5, 20), () => answer(flight, refusal(action, fault)));
    return;
  }
  const sent = sentNow(flight);
  const waits = fault === 'delay' && random.chance(0.5) ? random.between(1000, 15_000) : 0;
  world.note(process.name, `${action} >`, input);
  if (fault === 'crash after') {
    const late = random.chance(0.3) ? random.between(1000, 15_000) : 0;
    scheduler.after(random.between(5, 40) + late, () => carryOut(flight, fault, sent));
    process.kill();
    return;
  }
  scheduler.after(random.between(5, 40) + waits, () => carryOut(flight, fault, sent));
}

function sentNow({ world, process, pod, method, input }: Flight): Actor {
  const action = actions[method];
  const step = stepOf(process.phase, action);
  // what it learns until EC2 carries out a write was not known to who decided on it
  const knowsAsOf = reads(action) ? process.knowsAsOf : new Map(process.knowsAsOf);
  const { managed, nowMs: sentMs } = world;
  const own = pod === undefined ? [] : [pod];
  const behalf = managed === undefined || reads(action) ? own : behalfOf(managed, input);
  return { process, pod, action, step, sentMs, behalf, knowsAsOf };
}

/** The request has come to EC2, whatever has become of who sent it. */
function carryOut(flight: Flight, fault: Fault | undefined, sent: Actor): void {
  const { world, process, method, input } = flight;
  const { random, scheduler, region } = world;
  const { action } = sent;
  world.actor = sent;
  const staleByMs = staleBy(world, process, action, fault);
  if (staleByMs > 0) region.ec2.inject({ action, staleByMs });
  const asOfMs = world.nowMs - Math.max(staleByMs, region.lagMs === 0 ? 0 : staleMs);
  const call = region.ec2[method].bind(region.ec2) as (input: unknown) => Promise<unknown>;
  const waits = fault === 'delay' && random.chance(0.5) ? random.between(1000, 15_000) : 0;
  const settle = (settled: () => void): void => {
    scheduler.after(random.between(5, 40) + waits, () => answer(flight, settled));
  };
  const succeed = (result: unknown): void => {
    if (fault === 'lost response') {
      scheduler.after(timeoutMs, () => answer(flight, unreachable(action)));
      return;
    }
    settle(() => {
      world.note(process.name, `${action} <`, result);
      if (reads(action)) process.learn(action, asOfMs, world.nowMs);
      rememberClaim(process, input, result);
      flight.resolve(result);
    });
  };
  void call(input).then(succeed, (error: unknown) => settle(() => fail(flight, error)));
}

/** How far back a read sees, where a fault struck it or its process. */
function staleBy(
  world: World,
  process: SimulatedProcess,
  action: Ec2Action,
  fault: Fault | undefined,
): number {
  if (fault === 'stale read') return world.random.between(100, staleMs);
  const seesMs = action === 'DescribeAddresses' ? process.seesAgainMs(world.nowMs) : undefined;
  if (seesMs !== undefined) process.disturb(world.nowMs + disturbedMs);
  return seesMs ?? 0;
}

function rememberClaim(process: SimulatedProcess, input: unknown, result: unknown): void {
  const { associationId } = (result ?? {}) as { readonly associationId?: string };
  const { allocationId } = input as { readonly allocationId?: string };
  if (associationId !== undefined && allocationId !== undefined) {
    process.claims.set(allocationId, associationId);
  }
}

/** The answer has come back, if there is anybody to hear it. */
function answer(flight: Flight, what: Ec2CallError | (() => void)): void {
  if (!flight.process.isAlive) return;
  if (typeof what === 'function') what();
  else fail(flight, what);
}

function fail({ world, process, method, reject }: Flight, error: unknown): void {
  const code = Ec2CallError.is(error) ? error.ec2Code : error;
  if (saysNothing.includes(String(code))) process.outageMs = world.nowMs;
  world.note(process.name, `${actions[method]} < refused`, code);
  reject(error);
}

function unreachable(action: Ec2Action): Ec2CallError {
  return new Ec2CallError({ action, ec2Code: 'TimeoutError', message: 'no answer came' });
}

function refusal(action: Ec2Action, fault: 'throttle' | 'error'): Ec2CallError {
  return fault === 'throttle'
    ? new Ec2CallError({ action, ec2Code: 'RequestLimitExceeded', message: '', httpStatus: 503 })
    : new Ec2CallError({ action, ec2Code: 'InternalError', message: '', httpStatus: 500 });
}
