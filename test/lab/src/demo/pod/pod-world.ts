import { fakePod } from '@truetuple/core/testing';
import { thisNode, truetupleProtocol, type NodePorts, type PublicIdentity } from '@truetuple/core';
import type { PeerClass, Tuple } from '../traffic/flow.ts';
import type { NatDoor, PodWorld } from './pod-protocol.ts';
import type { NextHop } from './pod-traffic.ts';

/** Credentials of nobody: the lab's EC2 endpoint checks no signature. */
const credentials = { accessKeyId: 'DEMO', secretAccessKey: 'demo' };

/** The ports that the pod gives to ensurePublicIdentity. */
export function podNode(world: PodWorld, ec2Endpoint: string): NodePorts {
  const node = thisNode({ ec2Endpoint, credentials });
  if (world.kind === 'kernel') return node;
  const { macAddress, privateIp, prefixLength } = world.link;
  const net1 = { name: 'net1', macAddress, addresses: [`${privateIp}/${prefixLength}`] };
  const kernel = fakePod({ links: [net1] });
  return { ...node, openKernel: async () => kernel };
}

/** Where the model's far sides are, to ask the fake kernel for the way to them. */
const modelAddress: Readonly<Record<PeerClass, string>> = {
  internet: '198.51.100.50',
  vpc: '10.0.1.100',
};

export interface NextHopParts {
  readonly world: PodWorld;
  readonly node: NodePorts;
  readonly identity: PublicIdentity;
  readonly doors: () => readonly NatDoor[];
}

/** With a real kernel a packet is simply sent; without one the fake kernel says by which link it leaves. */
export function nextHopOf({ world, node, identity, doors }: NextHopParts): NextHop {
  if (world.kind === 'kernel') return async (_peer, to) => to;
  return async (peer, to) => {
    const kernel = await node.openKernel();
    const decision = await kernel.lookupRoute({
      from: identity.bind[peer],
      to: modelAddress[peer] as PublicIdentity['publicIp'],
    });
    if (decision.kind === 'unreachable') return undefined;
    return decision.linkName === identity.linkName ? to : doorTo(doors(), to);
  };
}

function doorTo(doors: readonly NatDoor[], to: Tuple): Tuple | undefined {
  return doors.find((door) => door.to.address === to.address && door.to.port === to.port)?.door;
}

/** Takes away the source rules of the identity, as a careless `ip rule flush` would; how many they were. */
export async function dropRules(node: NodePorts, identity: PublicIdentity): Promise<number> {
  const kernel = await node.openKernel();
  try {
    const state = await kernel.observe(identity.linkName, identity.table);
    const ours = (state?.rules ?? []).filter((rule) => rule.protocol === truetupleProtocol);
    let dropped = 0;
    for (const { priority, from, table, protocol } of ours) {
      if (from === undefined) continue;
      await kernel.apply({ kind: 'remove-rule', priority, from, table, protocol });
      dropped += 1;
    }
    return dropped;
  } finally {
    kernel.close();
  }
}
