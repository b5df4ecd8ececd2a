import type {
  KernelPort,
  KernelWatch,
  NodePorts,
  PublicIdentity,
  Publisher,
} from '@truetuple/core';
import { managedGrant } from '@truetuple/core';
import { simulatedNode } from '@truetuple/core/testing';
import { ec2Port } from './ec2-port.ts';
import { ClaimsPort } from './managed/claims-port.ts';
import type { SimulatedProcess } from './simulated-process.ts';
import type { Pod, World } from './world.ts';

/** Told of each change of what a pod has published. */
export type OnPublication = (pod: Pod, was: PublicIdentity | undefined) => void;

/** All that core needs, as one process of a pod reaches it. */
export function podPorts(
  world: World,
  pod: Pod,
  process: SimulatedProcess,
  onPublication: OnPublication,
): NodePorts {
  const clock = process.clock(world.scheduler);
  const ec2 = ec2Port(world, process, pod);
  const publisher = publisherPort(world, pod, process, onPublication);
  const node = simulatedNode({ ec2, clock, publisher, kernel: kernelPort(world, pod, process) });
  const { managed } = world;
  if (managed === undefined) return node;
  const grant = managedGrant({ claims: new ClaimsPort(world, process, managed), clock });
  return { ...node, openGrant: async () => grant };
}

/** One side effect that the machine itself carries out: done at once, or after a delay. */
function effect<Answer>(
  world: World,
  process: SimulatedProcess,
  operation: string,
  act: (fault: 'error' | 'lost response' | undefined) => Promise<Answer>,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    if (!process.isAlive) return;
    const fault = world.strike(process, operation);
    if (!process.isAlive) return;
    const waits = fault === 'delay' ? world.random.between(500, 10_000) : 0;
    world.scheduler.after(world.random.between(0.02, 0.4) + waits, () => {
      if (!process.isAlive) return;
      const isFailure = fault === 'error' || fault === 'lost response';
      const done = act(isFailure ? fault : undefined);
      if (fault === 'crash after') process.kill();
      const failed = (error: unknown): void => {
        world.note(process.name, `${operation} refused`, error);
        if (process.isAlive) reject(error);
      };
      void done.then((result) => (process.isAlive ? resolve(result) : undefined), failed);
    });
  });
}

function kernelPort(world: World, pod: Pod, process: SimulatedProcess): KernelPort {
  const watches = new Set<KernelWatch>();
  const { kernel } = pod;
  return {
    observe: (linkName, table) =>
      effect(world, process, 'observe', () => kernel.observe(linkName, table)),
    linkWith: (address) => kernel.linkWith(address),
    apply: (step) =>
      effect(world, process, step.kind, (fault) => {
        world.note(process.name, step.kind, step);
        if (fault !== undefined) kernel.inject({ loseAnswer: fault === 'lost response' });
        return kernel.apply(step);
      }),
    lookupRoute: (query) => kernel.lookupRoute(query),
    lookupNeighbour: (query) => kernel.lookupNeighbour(query),
    watch: (onChange, options) => {
      const watch = kernel.watch(() => {
        if (process.isAlive) onChange();
      }, options);
      watches.add(watch);
      process.onDeath(() => watch.close());
      return watch;
    },
    close: () => {
      for (const watch of watches) watch.close();
    },
  };
}

function publisherPort(
  world: World,
  pod: Pod,
  process: SimulatedProcess,
  onPublication: OnPublication,
): Publisher {
  const change = async <Answer>(act: () => Promise<Answer>): Promise<Answer> => {
    const answer = await act();
    const was = pod.published;
    pod.published = await pod.store.current();
    // a withdrawal of what is not published changes nothing
    if (pod.published !== was) onPublication(pod, was);
    return answer;
  };
  const published = <Answer>(
    identity: Omit<PublicIdentity, 'generation'>,
    publish: () => Promise<Answer>,
  ): Promise<Answer> =>
    effect(world, process, 'publish', async (fault) => {
      if (fault === 'error') throw new Error('EIO: the file could not be written');
      world.note(process.name, 'publish', `${identity.publicIp} ${identity.associationId}`);
      const answer = await change(publish);
      if (fault === 'lost response') throw new Error('EIO: the directory was not synced');
      return answer;
    });
  const withdrawn = (identity: PublicIdentity, withdraw: () => Promise<void>): Promise<void> =>
    effect(world, process, 'withdraw', async (fault) => {
      if (fault === 'error') throw new Error('EIO: the file could not be removed');
      world.note(process.name, 'withdraw', `${identity.publicIp} ${identity.associationId}`);
      await change(withdraw);
      if (fault === 'lost response') throw new Error('EIO: the directory was not synced');
    });
  return {
    publish: (identity) => published(identity, () => pod.store.publish(identity)),
    republish: (identity) => published(identity, () => pod.store.republish(identity)),
    withdraw: (identity) => withdrawn(identity, () => pod.store.withdraw(identity)),
    release: (identity) => withdrawn(identity, () => pod.store.release(identity)),
    isReleased: (identity) =>
      effect(world, process, 'current', () => pod.store.isReleased(identity)),
    current: () => effect(world, process, 'current', () => pod.store.current()),
  };
}
