/**
 * The pod's own process: it takes a public identity with @truetuple/core as any application would, binds
 * plain node:dgram sockets and talks to peers. The demo starts it in the pod's network namespace, tells
 * it over IPC what to do, and kills it in act 3.
 */
import { CoreError, ensurePublicIdentity, type PublicIdentity } from '@truetuple/core';
import { SipEngineError } from '@truetuple/sip-engine';
import { GatewayError } from '@truetuple/sip-gateway';
import { openGateway } from './pod-gateway.ts';
import { PodTraffic } from './pod-traffic.ts';
import { dropRules, nextHopOf, podNode } from './pod-world.ts';
import type { NatDoor, PodCommand, PodEvent } from './pod-protocol.ts';

interface Running {
  readonly identity: PublicIdentity;
  readonly traffic: PodTraffic;
  readonly dropRules: () => Promise<number>;
  doors: readonly NatDoor[];
}

let running: Running | undefined;

function tell(event: PodEvent): void {
  process.send?.(event);
}

async function begin(command: Extract<PodCommand, { kind: 'begin' }>): Promise<void> {
  const { world, ec2Endpoint, spec } = command;
  const node = podNode(world, ec2Endpoint);
  const start = performance.now();
  const { identity } = await ensurePublicIdentity(spec, {
    node,
    onStep: (event) => tell({ kind: 'step', event }),
  });
  const readyMs = performance.now() - start;
  const nextHop = nextHopOf({ world, node, identity, doors: () => running?.doors ?? [] });
  const traffic = new PodTraffic({ identity, begin: command, nextHop, tell });
  await traffic.open();
  running = { identity, traffic, doors: [], dropRules: () => dropRules(node, identity) };
  tell({ kind: 'held', identity, readyMs, advertised: traffic.advertised });
}

async function takeCalls({ plan }: Extract<PodCommand, { kind: 'take-calls' }>): Promise<void> {
  await running?.traffic.close();
  await openGateway(plan);
  tell({ kind: 'takes-calls' });
}

async function obey(command: PodCommand): Promise<void> {
  if (command.kind === 'begin') return begin(command);
  // act 1 has a gateway and no identity
  if (command.kind === 'take-calls') return takeCalls(command);
  if (running === undefined) throw new Error(`told to ${command.kind} before an identity is held`);
  switch (command.kind) {
    case 'drop-rules':
      return tell({ kind: 'rules-dropped', count: await running.dropRules() });
    case 'know-doors':
      running.doors = command.doors;
      return tell({ kind: 'doors-known' });
    case 'call':
      return running.traffic.call(command.calls, command.paceMs);
    case 'tell-tally':
      return tell(running.traffic.tally());
    default:
      return command satisfies never;
  }
}

process.on('message', (command: PodCommand) => {
  obey(command).catch((error: unknown) => tell(describeFailure(error)));
});
// the demo is gone: a pod of its own must not outlive it
process.on('disconnect', () => process.exit(1));

function describeFailure(error: unknown): PodEvent {
  const message = error instanceof Error ? error.message : String(error);
  if (CoreError.is(error) || GatewayError.is(error) || SipEngineError.is(error)) {
    return { kind: 'failed', code: error.code, message, remedy: error.remedy };
  }
  const remedy = 'This is a defect of the demo: please report it with this message.';
  return { kind: 'failed', code: 'DemoDefect', message, remedy };
}
