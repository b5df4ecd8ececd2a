import type { PublicIdentity } from '@truetuple/core';
import type { IdentityFacts, Sabotage, StepRow } from '../report/report.ts';
import { defaultExchange } from './exchange.ts';
import type { Role } from '../traffic/flow.ts';
import type { PodProcess } from '../pod/pod-process.ts';
import type { Stage } from '../stage.ts';

export interface HeldByPod {
  readonly identity: IdentityFacts;
  /** What the pod itself has in hand. */
  readonly held: PublicIdentity;
  readonly readyMs: number;
  readonly steps: readonly StepRow[];
  readonly advertised: Readonly<Record<Role, string>>;
}

/** Longest wait for the pod's process to start, take the identity and say so. */
const readyTimeoutMs = 20_000;

/** Act 2's first half: the pod's process takes the identity and binds its sockets. */
export async function holdIdentity(
  stage: Stage,
  pod: PodProcess,
  sabotage: Sabotage | undefined,
): Promise<HeldByPod> {
  const steps: StepRow[] = [];
  pod.onEvent((event) => {
    if (event.kind !== 'step' || event.event.phase !== 'done') return;
    const { half, name, sentence, command, atMs, durationMs = 0 } = event.event;
    steps.push({ half, name, sentence, command, atMs, durationMs });
  });
  pod.say({
    kind: 'begin',
    world: stage.podWorld,
    ec2Endpoint: stage.ec2Endpoint,
    spec: stage.spec,
    advertise: sabotage === 'advertise-private' ? 'private' : 'public',
    rtpPortShift: sabotage === 'wrong-port' ? 2 : 0,
    wanted: defaultExchange.count,
  });
  const { identity, readyMs, advertised } = await pod.next('held', readyTimeoutMs);
  await sabotageHeld(stage, pod, identity, sabotage);
  const { publicIp, privateIp, linkName, networkInterfaceId, allocationId } = identity;
  const facts = { publicIp, privateIp, linkName, networkInterfaceId, allocationId };
  return { identity: facts, held: identity, readyMs, steps, advertised };
}

/** Breaks what a sabotage breaks after the identity is held. */
async function sabotageHeld(
  stage: Stage,
  pod: PodProcess,
  identity: { readonly publicIp: string; readonly routeTableIds: readonly string[] },
  sabotage: Sabotage | undefined,
): Promise<void> {
  if (sabotage === 'drop-rule') {
    const dropped = pod.next('rules-dropped', 2000);
    pod.say({ kind: 'drop-rules' });
    await dropped;
  }
  if (sabotage === 'no-route') {
    for (const routeTableId of identity.routeTableIds) {
      await stage.ec2.deleteRoute({
        routeTableId,
        destinationCidrBlock: `${identity.publicIp}/32`,
      });
    }
  }
}
