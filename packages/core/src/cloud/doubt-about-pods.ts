import type { Owner, OwnerRecord } from '../identity/owner.ts';
import type { ElasticIp } from './ec2/ec2-api.ts';
import type { LivePod, LivePods } from './liveness.ts';
import { hasStrayRecord, isAt, ownerRecordOf } from './observe/view.ts';

const mayMiss = 'the list of live pods may be incomplete';

export function isAlive(live: LivePods, uid: string): boolean {
  return live.pods.some((pod) => pod.uid === uid);
}

/** Why a list says nothing about the owner in a record; undefined when it does. */
export function doubtAboutCluster(live: LivePods, owner: Owner | undefined): string | undefined {
  if (live.cluster === undefined || owner === undefined) return undefined;
  if (owner.cluster === live.cluster) return undefined;
  return `its owner is of cluster ${owner.cluster}, the list of live pods of ${live.cluster}`;
}

/** Why the owner in a record may live; undefined when he is dead. */
export function doubtAboutOwner(live: LivePods, owner: Owner): string | undefined {
  if (isAlive(live, owner.uid)) return `its owner ${owner.uid} lives`;
  return doubtAboutCluster(live, owner) ?? (live.complete ? undefined : mayMiss);
}

/**
 * Why the stray record of a pod that lives (`hasStrayRecord`) may still be needed; undefined when that pod is seen, under its own record, with
 * another address on the private IP that it names: then it cannot be claiming this one, and that one says what this one says.
 */
export function doubtAboutStray(
  record: OwnerRecord,
  pool: readonly ElasticIp[],
): string | undefined {
  const { uid } = record.owner;
  const isSettled = pool.some(
    (one) => isAt(one, record) && ownerRecordOf(one)?.owner.uid === uid && !hasStrayRecord(one),
  );
  return isSettled ? undefined : `its owner ${uid} lives and is not seen with another address`;
}

/**
 * Why what stands on a private IP, on an instance's network interface if that is known, may still be a live
 * pod's; undefined when it cannot.
 */
export function doubtAbout(
  live: LivePods,
  privateIp: string,
  instanceId?: string,
): string | undefined {
  if (!live.complete) return mayMiss;
  const holder = holderOf(live, privateIp, instanceId);
  if (holder !== undefined) return `${privateIp} belongs to live ${name(holder)}`;
  const unknown = live.pods.find((pod) => pod.privateIps === 'unknown' && canBeOn(pod, instanceId));
  return unknown && `the private IPs of live ${name(unknown)} are not known`;
}

export function holderOf(
  live: LivePods,
  privateIp: string,
  instanceId?: string,
): LivePod | undefined {
  return live.pods.find(
    (pod) =>
      pod.privateIps !== 'unknown' &&
      pod.privateIps.some((one) => one === privateIp) &&
      canBeOn(pod, instanceId),
  );
}

function canBeOn(pod: LivePod, instanceId: string | undefined): boolean {
  return instanceId === undefined || pod.instanceId === undefined || pod.instanceId === instanceId;
}

/**
 * Why an address that looks free, or a dead pod's, may just have been claimed by a live pod: describes of an
 * address and of its network interface can both be from before a claim. A live pod that is seen with another
 * address of the pool on each of its private IPs cannot have claimed this one.
 */
export function doubtAboutClaims(
  live: LivePods,
  pool: readonly ElasticIp[],
  allocationId: string,
): string | undefined {
  if (!live.complete) return mayMiss;
  const others = new Set(
    pool.flatMap((one) => (one.allocationId === allocationId ? [] : [one.privateIpAddress])),
  );
  const claiming = live.pods.find(
    ({ privateIps, mayClaim }) =>
      mayClaim !== false &&
      (privateIps === 'unknown' || privateIps.some((privateIp) => !others.has(privateIp))),
  );
  return claiming && `live ${name(claiming)} may be claiming it at this moment`;
}

function name({ uid, node }: LivePod): string {
  return node === undefined ? `pod ${uid}` : `pod ${uid} on ${node}`;
}
