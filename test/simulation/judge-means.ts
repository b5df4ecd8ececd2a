import type { Ec2Change } from '@truetuple/core/testing';
import { changesRequest, type TagsChange } from './handover/judge-handover.ts';
import { knowableMs } from './knowable.ts';
import { graceMs } from './reaper.ts';
import type { Truth } from './truth.ts';
import type { Actor, World } from './world.ts';

/**
 * What a call does that it must not do, whatever its sender knew: EC2 compares where it is asked to, so that nobody is
 * robbed by a race either.
 */
export function judgeMeans(world: World, truth: Truth, actor: Actor, change: Ec2Change): void {
  const fault = faultOf(world, truth, actor, change);
  if (fault !== undefined) {
    world.violate(`${actor.process?.name}: ${actor.step} ${fault}: ${JSON.stringify(change)}`);
  }
}

function faultOf(world: World, truth: Truth, actor: Actor, change: Ec2Change): string | undefined {
  const { pod, action } = actor;
  const own = pod?.host.networkInterfaceId;
  switch (change.kind) {
    case 'address-disassociated': {
      const isHere = change.networkInterfaceId === own && change.privateIp === pod?.privateIp;
      if (pod === undefined || isHere) return undefined;
      // who asks for an address ends the association of a dead one
      const isAsking = actor.process?.phase === 'request';
      if (action === 'DisassociateAddress' && !isAsking)
        return 'ends what is not on its own private IP';
      const isLet = world.region.claimScope === 'eni' && change.networkInterfaceId === own;
      const isClaim = action === 'AssociateAddress' && !isLet;
      return isClaim ? 'takes an address that another place has' : undefined;
    }
    case 'private-ip-unassigned':
      return action === 'AssignPrivateIpAddresses'
        ? 'takes a private IP off another network interface'
        : undefined;
    case 'tags-changed':
      return action === 'DeleteTags' ? takenRecord(world, truth, actor, change) : undefined;
    case 'route-deleted': {
      const route = truth.route(change.routeTableId, change.destinationCidrBlock);
      if (pod === undefined || route === undefined || route.networkInterfaceId === own) {
        return undefined;
      }
      const couldKnow = route.sinceMs < knowableMs(actor, change);
      return couldKnow ? 'deletes a route that leads elsewhere' : undefined;
    }
    case 'address-associated':
    case 'private-ip-assigned':
    case 'ipv6-address-assigned':
    case 'ipv6-address-unassigned':
    case 'ipv6-prefix-assigned':
    case 'ipv6-prefix-unassigned':
    case 'route-created':
    case 'route-replaced':
    case 'source-dest-check-changed':
      return undefined;
    default:
      return change satisfies never;
  }
}

/** A record is deleted by its value: never that of another pod that lives and has the address. */
function takenRecord(
  world: World,
  truth: Truth,
  { pod }: Actor,
  change: TagsChange,
): string | undefined {
  const { resourceId: allocationId, tags } = change;
  const record = truth.recordOn(allocationId);
  const stays = tags.some(({ value }) => value === record);
  if (stays && changesRequest(truth, change)) return undefined;
  const held = truth.association(allocationId);
  const owner = world.standing.find(
    ({ uid, objectGoneMs, host, privateIp }) =>
      objectGoneMs === Infinity &&
      record?.includes(`/${uid}/`) === true &&
      uid !== pod?.uid &&
      host.networkInterfaceId === held?.networkInterfaceId &&
      privateIp === held.privateIp,
  );
  return owner && `deletes the record of ${owner.name} (${owner.uid}), which lives`;
}

/**
 * What a reaper takes away has looked orphaned for as long as it was told to wait: none of the lists of live pods that
 * it got meanwhile has whoever made it, or is recorded on it.
 */
export function judgeGrace(
  world: World,
  truth: Truth,
  { process }: Actor,
  change: Ec2Change,
): void {
  if (process === undefined) return;
  const seenMs = ownersOf(truth, change).map((uid) => process.saw.get(uid ?? '') ?? -Infinity);
  const waitedMs = world.nowMs - Math.max(...seenMs);
  if (waitedMs >= graceMs) return;
  world.violate(`${process.name} waits ${waitedMs} ms of ${graceMs}: ${JSON.stringify(change)}`);
}

function ownersOf(truth: Truth, change: Ec2Change): (string | undefined)[] {
  switch (change.kind) {
    case 'address-disassociated': {
      const { allocationId, networkInterfaceId, privateIp } = change;
      const [, , , uid, ip, , eni] = truth.recordOn(allocationId)?.split('/') ?? [];
      // a record of another private IP of the interface says nothing of the association (decision 0025)
      const isStray = eni === networkInterfaceId && ip !== privateIp;
      return [truth.association(allocationId)?.madeBy, isStray ? undefined : uid];
    }
    case 'private-ip-unassigned':
      return [truth.whoAssigned(change.networkInterfaceId, change.privateIp)];
    case 'address-associated':
    case 'private-ip-assigned':
    case 'ipv6-address-assigned':
    case 'ipv6-address-unassigned':
    case 'ipv6-prefix-assigned':
    case 'ipv6-prefix-unassigned':
    case 'route-created':
    case 'route-replaced':
    case 'route-deleted':
    case 'tags-changed':
    case 'source-dest-check-changed':
      return [];
    default:
      return change satisfies never;
  }
}
