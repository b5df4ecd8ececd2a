import type { Ec2Action, IdentityClaim } from '@truetuple/core';
import type { Ec2Change } from '@truetuple/core/testing';
import type { SimulatedProcess } from '../simulated-process.ts';
import type { Actor, Pod, World } from '../world.ts';
import { addressIn, holds, type ManagedCluster } from './managed-cluster.ts';

/** What a process asks EC2 for: no pod anything; a controller no write without the lease, and no address without a promise. */
export function judgeManagedCall(
  world: World,
  managed: ManagedCluster,
  process: SimulatedProcess,
  call: { readonly action: Ec2Action; readonly input: unknown },
): void {
  const { action } = call;
  if (!['control', 'reap', 'request'].includes(process.phase)) {
    world.violate(`${process.name} makes ${action}, and has no rights`);
  }
  const lease = managed.controllers.get(process);
  if (lease === undefined || action.startsWith('Describe')) return;
  if (!lease.isHeld()) world.violate(`${process.name} makes ${action} without the lease`);
  if (action !== 'AssociateAddress') return;
  const { allocationId, privateIpAddress } = call.input as Readonly<Record<string, string>>;
  const isPromised = managed.claims.some(
    (claim) =>
      claim.spec.link.privateIp === privateIpAddress &&
      addressIn(claim)?.allocationId === allocationId,
  );
  if (!isPromised) {
    world.violate(
      `${process.name} claims ${allocationId}, promised to nobody on ${privateIpAddress}`,
    );
  }
}

/** What becomes of what claims hold, whoever does it and whatever he knew. */
export function judgeManagedChange(
  world: World,
  managed: ManagedCluster,
  actor: Actor,
  change: Ec2Change,
): void {
  const { process } = actor;
  const complain = (what: string): void =>
    world.violate(`${process?.name} ${what}: ${actor.step} ${JSON.stringify(change)}`);
  if (process?.phase === 'control') {
    const holder = managed.lease.holderAt(world.nowMs);
    if (holder !== undefined && holder !== process.name) complain(`writes while ${holder} may`);
    if (change.kind === 'route-deleted') complain('deletes a route');
  }
  const robbed = managed.claims.find((claim) => takes(managed, claim, change));
  if (robbed !== undefined) complain(`robs ${robbed.name}, whose pod lives`);
  const early = change.kind === 'address-disassociated' && publisherOf(world, change.associationId);
  if (early) complain(`frees what ${early.name} (${early.uid}) has published`);
}

/** True when a change takes its address, the private IP beneath or the IPv6 address beside, from a claim that a live pod has not let go. */
function takes(managed: ManagedCluster, claim: IdentityClaim, change: Ec2Change): boolean {
  const pod = managed.podOf(claim);
  const phase = claim.status?.phase;
  const isLive = pod?.hasNamespace === true && pod.objectGoneMs === Infinity;
  if (!isLive || claim.spec.isReleased || phase === undefined || !holds(phase)) return false;
  const { grant } = phase;
  if (claim.spec.refused.includes(grant.allocationId)) return false;
  if (change.kind === 'address-disassociated') return change.associationId === grant.associationId;
  if (change.kind === 'ipv6-address-unassigned') {
    return (
      change.networkInterfaceId === grant.networkInterfaceId &&
      change.ipv6Address === grant.publicIpv6?.address
    );
  }
  return (
    change.kind === 'private-ip-unassigned' &&
    change.networkInterfaceId === grant.networkInterfaceId &&
    change.privateIp === grant.privateIp
  );
}

/** A live pod whose process, undisturbed, still advertises by an association. */
function publisherOf({ pods, nowMs }: World, associationId: string): Pod | undefined {
  return pods.find(
    ({ published, hasNamespace, objectGoneMs, process }) =>
      published?.associationId === associationId &&
      hasNamespace &&
      objectGoneMs === Infinity &&
      (process?.disturbedUntilMs ?? 0) <= nowMs,
  );
}

/** The pods on whose behalf a controller makes a call, as far as its input says. */
export function behalfOf(managed: ManagedCluster, input: unknown): readonly Pod[] {
  const told = JSON.stringify(input);
  return managed.claims.flatMap((claim) => {
    const { link, identity } = claim.spec;
    const address = addressIn(claim);
    const said = [
      `"${link.privateIp}"`,
      `/${identity.owner.uid}/`,
      ...(link.ipv6Address === undefined ? [] : [`"${link.ipv6Address}"`]),
      ...(address === undefined ? [] : [`"${address.publicIp}/32"`, `"${address.allocationId}"`]),
    ];
    return said.some((one) => told.includes(one)) ? (managed.podOf(claim) ?? []) : [];
  });
}
