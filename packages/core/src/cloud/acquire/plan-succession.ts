import { parseIpv4Address, type Ipv4Address } from '../../identity/address.ts';
import type { Owner } from '../../identity/owner.ts';
import { doubtAbout, doubtAboutCluster, isAlive } from '../doubt-about-pods.ts';
import type { ElasticIp, NetworkInterface } from '../ec2/ec2-api.ts';
import type { LivePods } from '../liveness.ts';
import { carriesPoolTag, ownerRecordOf, ownerTagOf, recordsAssigned } from '../observe/view.ts';
import type { CloudStep } from '../steps/cloud-step.ts';

/** Who comes after a dead pod. */
export interface Heir {
  readonly owner: Owner;
  readonly privateIp: Ipv4Address;
  readonly networkInterfaceId: string;
  readonly pool: string;
}

/** What is taken from the dead, or why nothing is. */
export type Succession =
  | { readonly kind: 'nothing' }
  | { readonly kind: 'unproven'; readonly why: string }
  | {
      readonly kind: 'take-over';
      /** The address to claim next; undefined when only a private IP is freed. */
      readonly allocationId: string | undefined;
      readonly steps: readonly CloudStep[];
    };

/** True for an address whose record names an earlier pod of the same stable name, and that is still on its private IP. */
export function isPredecessors(address: ElasticIp, { owner }: Pick<Heir, 'owner'>): boolean {
  const record = ownerRecordOf(address);
  return (
    address.associationId !== undefined &&
    record !== undefined &&
    record.owner.uid !== owner.uid &&
    record.owner.cluster === owner.cluster &&
    record.owner.namespace === owner.namespace &&
    record.owner.pod === owner.pod
  );
}

/**
 * Plans taking over the address of a predecessor: the association ended by its id, which is compare-and-delete, and
 * its private IP taken off if truetuple put it there. Its routes are replaced, and its record overwritten, under
 * the heir's own association. Only when the list of live pods proves the predecessor dead.
 */
export function planSuccession(
  heir: Heir,
  address: ElasticIp,
  interfaces: readonly NetworkInterface[],
  live: LivePods,
): Succession {
  const { associationId, privateIpAddress = '', allocationId, networkInterfaceId } = address;
  const record = ownerRecordOf(address);
  if (associationId === undefined || record === undefined) return { kind: 'nothing' };
  const isHere =
    networkInterfaceId === heir.networkInterfaceId && privateIpAddress === heir.privateIp;
  // what a dead pod left on our own private IP is cleared on the way to the claim
  if (isHere) return { kind: 'take-over', allocationId, steps: [] };
  const why =
    doubtAboutCluster(live, record.owner) ??
    doubtAboutDead(live, heir, record.owner.uid, privateIpAddress);
  if (why !== undefined) return unproven(why);
  const publicIp = parseIpv4Address(address.publicIp, 'public IP');
  const steps: CloudStep[] = [{ kind: 'disassociate-address', associationId, publicIp }];
  const eni = interfaces.find((one) => one.networkInterfaceId === networkInterfaceId);
  const { privateIp } = record;
  const isAssigned = eni !== undefined && recordsAssigned(record, { ...eni, privateIp });
  if (isAssigned && privateIp === privateIpAddress && isSecondary(eni, privateIp)) {
    steps.push({
      kind: 'unassign-private-ip',
      networkInterfaceId: eni.networkInterfaceId,
      privateIp,
    });
  }
  return { kind: 'take-over', allocationId, steps };
}

/**
 * Plans freeing the heir's private IP from another network interface: only a secondary one that truetuple put
 * there, of a pod that is proven dead, and that carries no address of somebody else.
 */
export function planFreeing(
  heir: Heir,
  holder: NetworkInterface,
  pool: readonly ElasticIp[],
  live: LivePods,
): Succession {
  const { privateIp } = heir;
  const { networkInterfaceId } = holder;
  const place = `${privateIp} on ${networkInterfaceId}`;
  if (!isSecondary(holder, privateIp)) return unproven(`${place} is not a secondary private IP`);
  const association = holder.privateIpAddresses.find(
    (one) => one.privateIpAddress === privateIp,
  )?.association;
  const address = pool.find((one) =>
    association === undefined
      ? one.associationId === undefined && isRecordedOn(holder, one, privateIp)
      : one.allocationId === association.allocationId,
  );
  if (association !== undefined && address === undefined) {
    return unproven(`${place} carries ${association.publicIp}, which is not of the pool`);
  }
  const record = address && ownerRecordOf(address);
  const why =
    doubtAboutCluster(live, record?.owner) ??
    doubtAboutDead(live, heir, record?.owner.uid, privateIp);
  if (why !== undefined) return unproven(why);
  const isAssigned =
    record !== undefined && recordsAssigned(record, { networkInterfaceId, privateIp });
  if (!isAssigned && !carriesPoolTag(holder, heir.pool)) {
    return unproven(`nothing says that truetuple put ${place}`);
  }
  const steps: CloudStep[] = [];
  const associationId = association?.associationId;
  if (address !== undefined && associationId !== undefined) {
    const publicIp = parseIpv4Address(address.publicIp, 'public IP');
    steps.push({ kind: 'disassociate-address', associationId, publicIp });
  }
  steps.push({ kind: 'unassign-private-ip', networkInterfaceId, privateIp });
  const value = address && ownerTagOf(address);
  if (address !== undefined && value !== undefined) {
    steps.push({ kind: 'untag-owner', allocationId: address.allocationId, value });
  }
  return { kind: 'take-over', allocationId: undefined, steps };
}

function isRecordedOn(
  { networkInterfaceId }: NetworkInterface,
  address: ElasticIp,
  privateIp: Ipv4Address,
): boolean {
  const record = ownerRecordOf(address);
  return record?.privateIp === privateIp && record.networkInterfaceId === networkInterfaceId;
}

function unproven(why: string): Succession {
  return { kind: 'unproven', why };
}

function isSecondary(eni: NetworkInterface, privateIp: Ipv4Address): boolean {
  return eni.privateIpAddresses.some((one) => one.privateIpAddress === privateIp && !one.primary);
}

/** Why the last holder of a private IP may live; the heir itself, which has the same one, is not it, but must be listed. */
export function doubtAboutDead(
  live: LivePods,
  { owner }: Pick<Heir, 'owner'>,
  uid: string | undefined,
  privateIp: string,
): string | undefined {
  if (uid !== undefined && uid !== owner.uid && isAlive(live, uid)) {
    return `pod ${uid}, which held it, lives`;
  }
  const others = live.pods.filter((pod) => pod.uid !== owner.uid);
  const doubt = doubtAbout({ ...live, pods: others }, privateIp);
  if (doubt !== undefined || isAlive(live, owner.uid)) return doubt;
  return `the list of live pods does not have pod ${owner.uid}, which asks: it is another cluster's, or from before`;
}
