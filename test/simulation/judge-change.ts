import { ownerTagKey } from '@truetuple/core';
import type { Ec2Change } from '@truetuple/core/testing';
import { judgeIpv6Change } from './dual-stack/judge-ipv6.ts';
import { judgeGrace, judgeMeans } from './judge-means.ts';
import { changesRequest, judgeReserved } from './handover/judge-handover.ts';
import { knowableMs } from './knowable.ts';
import { judgeManagedChange } from './managed/judge-managed.ts';
import type { StandingAssociation, Truth } from './truth.ts';
import type { Actor, Pod, World } from './world.ts';

/** A live pod that loses something, and since when it had it. */
interface Victim {
  readonly pod: Pod;
  readonly sinceMs: number;
}

/** What a process does to others by a change of EC2. `truth` is how it was before. */
export function judgeChange(world: World, truth: Truth, change: Ec2Change): void {
  const { actor } = world;
  if (actor === undefined) return;
  judgeForeign(world, actor, change);
  judgeOrder(world, actor, change);
  judgeReserved(world, truth, actor, change);
  judgeRobbery(world, truth, actor, change);
  if (world.region.hasIpv6) judgeIpv6Change(world, truth, actor, change);
  if (world.managed !== undefined) judgeManagedChange(world, world.managed, actor, change);
  judgeMeans(world, truth, actor, change);
  if (actor.process?.phase === 'reap') judgeGrace(world, truth, actor, change);
}

function judgeForeign(world: World, actor: Actor, change: Ec2Change): void {
  const { region, hosts } = world;
  const ids = [
    'allocationId' in change ? change.allocationId : '',
    'networkInterfaceId' in change ? change.networkInterfaceId : '',
    'resourceId' in change ? change.resourceId : '',
  ];
  const isForeign =
    ids.some((id) => region.foreign.has(id)) ||
    ('destinationCidrBlock' in change && !change.destinationCidrBlock.startsWith('203.0.113.'));
  const isOfOthers =
    change.kind === 'private-ip-unassigned' &&
    hosts.some(
      ({ networkInterfaceId, prepared }) =>
        networkInterfaceId === change.networkInterfaceId && prepared.includes(change.privateIp),
    );
  if (isForeign || isOfOthers) {
    world.violate(`${actor.step} touched what is not ours: ${JSON.stringify(change)}`);
  }
}

function judgeRobbery(world: World, truth: Truth, actor: Actor, change: Ec2Change): void {
  if (world.managed !== undefined && isJudgedByClaims(actor, change)) return;
  const victim = victimOf(world, truth, actor, change);
  if (victim === undefined || actor.behalf.includes(victim.pod)) return;
  const { pod, sinceMs } = victim;
  // a standby is given an address, or takes one from the dead: that a list does not have a pod yet proves nothing
  const isAsking = actor.process?.phase === 'request';
  if (isAsking && !isMadeBy(truth, pod, change)) return;
  if (!isAsking && sinceMs >= knowableMs(actor, change)) return;
  world.violate(
    `${actor.process?.name} robbed ${pod.name} (${pod.uid}), which had it since ${Math.round(sinceMs)} ms: ${actor.step} ${JSON.stringify(change)}`,
  );
}

/** False for what a dead pod left on a private IP that another one has by now. */
function isMadeBy(truth: Truth, { uid }: Pod, change: Ec2Change): boolean {
  return 'allocationId' in change && truth.association(change.allocationId)?.madeBy === uid;
}

/** Whose an address is, and the private IP beneath, the claims say, without regard to what anybody could know. */
function isJudgedByClaims({ process }: Actor, { kind }: Ec2Change): boolean {
  const isController = process?.phase === 'control';
  return kind === 'address-disassociated' || (isController && kind === 'private-ip-unassigned');
}

/** Who gives an association back has withdrawn it before. */
function judgeOrder(world: World, actor: Actor, change: Ec2Change): void {
  const { published, process } = actor.pod ?? {};
  if (change.kind !== 'address-disassociated' || process === undefined) return;
  // what a process sent before it died comes late: the one after it could not withdraw before
  if (actor.process !== process) return;
  if (process.disturbedUntilMs > world.nowMs) return;
  if (published?.associationId !== change.associationId) return;
  world.violate(`${process.name} gives back ${change.publicIp} while it is published`);
}

/** Whom a change takes something from. */
function victimOf(
  world: World,
  truth: Truth,
  { action }: Actor,
  change: Ec2Change,
): Victim | undefined {
  switch (change.kind) {
    case 'address-disassociated':
      return holderOf(world, truth.association(change.allocationId));
    case 'private-ip-unassigned': {
      const { networkInterfaceId, privateIp } = change;
      const sinceMs = truth.privateIpSince(networkInterfaceId, privateIp);
      const pod = podAt(world, networkInterfaceId, privateIp);
      return pod && { pod, sinceMs: Math.max(sinceMs ?? 0, pod.createdMs) };
    }
    case 'route-deleted':
    case 'route-replaced': {
      const before = truth.route(change.routeTableId, change.destinationCidrBlock);
      const publicIp = change.destinationCidrBlock.split('/')[0] ?? '';
      const holder = holderOf(world, truth.associationOf(publicIp));
      const isRight = before?.networkInterfaceId === holder?.pod.host.networkInterfaceId;
      return isRight && before !== undefined && holder !== undefined
        ? { pod: holder.pod, sinceMs: Math.max(holder.sinceMs, before.sinceMs) }
        : undefined;
    }
    case 'tags-changed': {
      const holder = holderOf(world, truth.association(change.resourceId));
      const record = truth.recordOn(change.resourceId);
      // a request for it, or its end, is written beside whose it is
      const now = change.tags.find(({ key }) => key === ownerTagKey)?.value;
      if (now === record && changesRequest(truth, change)) return undefined;
      // a record of somebody else on it says nothing of the holder, who loses nothing when it goes (decision 0025)
      const isTheirs = record?.includes(`/${holder?.pod.uid}/`) === true;
      return action !== 'DeleteTags' || isTheirs ? holder : undefined;
    }
    case 'address-associated':
    case 'private-ip-assigned':
    case 'route-created':
    case 'source-dest-check-changed':
    // judgeIpv6Change
    case 'ipv6-address-assigned':
    case 'ipv6-address-unassigned':
    case 'ipv6-prefix-assigned':
    case 'ipv6-prefix-unassigned':
      return undefined;
    default:
      return change satisfies never;
  }
}

function holderOf(world: World, association: StandingAssociation | undefined): Victim | undefined {
  if (association === undefined) return undefined;
  const { managed } = world;
  const pod =
    managed === undefined
      ? podAt(world, association.networkInterfaceId, association.privateIp)
      : managed.livePodWith(association.associationId);
  return pod && { pod, sinceMs: Math.max(association.sinceMs, pod.createdMs) };
}

function podAt(world: World, networkInterfaceId: string, privateIp: string): Pod | undefined {
  return world.pods.find(
    (pod) =>
      pod.objectGoneMs === Infinity &&
      pod.hasNamespace &&
      pod.host.networkInterfaceId === networkInterfaceId &&
      pod.privateIp === privateIp,
  );
}
