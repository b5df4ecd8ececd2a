import type { Ec2Change, Ec2Snapshot } from '@truetuple/core/testing';
import { knowableMs } from '../knowable.ts';
import { fairMs } from '../region.ts';
import type { Truth } from '../truth.ts';
import type { Actor, Pod, World } from '../world.ts';
import { clearUnrecorded } from './ipv6-drifts.ts';
import { isForeignIpv6, recordPrefix, uidIn } from './ipv6-setting.ts';

type NetworkInterface = Ec2Snapshot['networkInterfaces'][number];

/** What a process does to the IPv6 addresses of others, and to their records. `truth` is how it was before. */
export function judgeIpv6Change(world: World, truth: Truth, actor: Actor, change: Ec2Change): void {
  if ('ipv6Address' in change && isForeignIpv6(change.ipv6Address)) {
    world.violate(`${actor.step} touched what is not ours: ${JSON.stringify(change)}`);
  }
  if (change.kind === 'ipv6-address-assigned') excuseLate(world, truth, actor, change);
  for (const { pod, sinceMs } of victimsOf(world, truth, change)) {
    if (actor.behalf.includes(pod) || sinceMs >= knowableMs(actor, change)) continue;
    if (isLaterOfName(world, actor, change, pod)) continue;
    world.violate(
      `${actor.process?.name} robbed ${pod.name} (${pod.uid}), which had it since ${Math.round(sinceMs)} ms: ${actor.step} ${JSON.stringify(change)}`,
    );
  }
}

/** A request of a process that is dead by then, for an address that no record names any more. */
function excuseLate(
  world: World,
  truth: Truth,
  { process }: Actor,
  {
    networkInterfaceId,
    ipv6Address,
  }: Readonly<Record<'networkInterfaceId' | 'ipv6Address', string>>,
): void {
  const isRecorded = truth.ipv6.recordOn(networkInterfaceId, ipv6Address) !== undefined;
  if (process?.isAlive !== false || isRecorded) return;
  world.excuse('late IPv6 address', ipv6Address);
  clearUnrecorded(world, networkInterfaceId, ipv6Address);
}

/** In direct mode nobody says who lives: of two pods of one name on one network interface the record is whose asked last. */
function isLaterOfName({ managed }: World, { pod }: Actor, { kind }: Ec2Change, of: Pod): boolean {
  return managed === undefined && kind === 'tags-changed' && pod?.name === of.name;
}

/** Live pods whose address a change takes off, or whose record it removes or replaces, and since when they had it. */
function victimsOf(
  world: World,
  truth: Truth,
  change: Ec2Change,
): { readonly pod: Pod; readonly sinceMs: number }[] {
  if (change.kind === 'ipv6-address-unassigned') {
    const { networkInterfaceId, ipv6Address } = change;
    const record = truth.ipv6.recordOn(networkInterfaceId, ipv6Address);
    const pod = record && livePodOf(world, record.value);
    if (record === undefined || pod === undefined) return [];
    const assignedMs = truth.ipv6.at(ipv6Address)?.sinceMs ?? 0;
    return [{ pod, sinceMs: Math.max(record.sinceMs, assignedMs) }];
  }
  if (change.kind !== 'tags-changed') return [];
  return truth.ipv6.lostRecords(change).flatMap(({ value, sinceMs }) => {
    const pod = livePodOf(world, value);
    return pod === undefined ? [] : [{ pod, sinceMs }];
  });
}

function livePodOf({ standing }: World, record: string): Pod | undefined {
  return standing.find(
    ({ uid, objectGoneMs }) => objectGoneMs === Infinity && uidIn(record) === uid,
  );
}

/** False when the address that a pod advertises is not on its network interface. */
export function hasItsIpv6({ published, host }: Pod, truth: Truth): boolean {
  const address = published?.publicIpv6?.address;
  if (address === undefined) return true;
  return truth.ipv6.at(address)?.networkInterfaceId === host.networkInterfaceId;
}

/** A keep has fenced itself since another has its address: not while that was its own, under its own record. */
export function judgeIpv6Loss(world: World, truth: Truth, pod: Pod, address: string): void {
  const place = pod.host.networkInterfaceId;
  const held = truth.ipv6.at(address);
  const record = truth.ipv6.recordOn(place, address);
  if (held?.networkInterfaceId !== place || uidIn(record?.value) !== pod.uid) return;
  const sinceMs = Math.max(held.sinceMs, record?.sinceMs ?? 0);
  if (sinceMs >= world.nowMs - fairMs(world.region, true)) return;
  world.violate(`${pod.name} (${pod.uid}) fenced ${address}, which it held`);
}

/** What is wrong with IPv6 in the quiet: each pod that advertises has its address, under its record; nobody else one. */
export function complaintsAboutIpv6(world: World, snapshot: Ec2Snapshot): string[] {
  const { standing, hosts, region } = world;
  if (!region.hasIpv6) return [];
  const enis = snapshot.networkInterfaces.filter(({ networkInterfaceId }) =>
    hosts.some((host) => !host.isLost && host.networkInterfaceId === networkInterfaceId),
  );
  return [
    ...standing.flatMap((pod) => complaintsAboutPodIpv6(pod, enis)),
    ...enis.flatMap((eni) => complaintsAboutEni(eni, standing)),
  ];
}

function complaintsAboutPodIpv6(pod: Pod, enis: readonly NetworkInterface[]): string[] {
  const { published, name, uid, host } = pod;
  if (published === undefined) return [];
  const address = published.publicIpv6?.address;
  if (address === undefined) return [`${name} (${uid}) advertises no IPv6 address`];
  const eni = enis.find(({ networkInterfaceId }) => networkInterfaceId === host.networkInterfaceId);
  const complaints: string[] = [];
  if (eni?.ipv6Addresses?.includes(address) !== true) {
    complaints.push(
      `${name} (${uid}) advertises ${address}, which ${eni?.networkInterfaceId} has not`,
    );
  }
  const record = eni?.tags.find(({ key }) => key === `${recordPrefix}${address}`)?.value;
  if (uidIn(record) !== uid) {
    complaints.push(`${name} (${uid}) advertises ${address} under the record ${record}`);
  }
  return complaints;
}

/** The same of the links, which only a kernel's own answer tells. */
export async function complaintsAboutIpv6Links({ standing, region }: World): Promise<string[]> {
  if (!region.hasIpv6) return [];
  const complaints: string[] = [];
  for (const { published, name, uid, kernel } of standing) {
    const address = published?.publicIpv6?.address;
    if (address === undefined) continue;
    const net1 = await kernel.observe('net1', 0);
    if (net1?.ipv6?.addresses.some((one) => one.address === address) === true) continue;
    complaints.push(`${name} (${uid}) advertises ${address}, which is not on net1`);
  }
  return complaints;
}

/** A pod that advertises nothing may be taking one. */
function complaintsAboutEni(eni: NetworkInterface, standing: readonly Pod[]): string[] {
  const { networkInterfaceId, ipv6Addresses = [], tags } = eni;
  const here = standing.filter(({ host }) => host.networkInterfaceId === networkInterfaceId);
  const isOfLive = (record: string | undefined): boolean =>
    here.some(({ uid }) => uidIn(record) === uid);
  const records = tags.filter(({ key }) => key.startsWith(recordPrefix));
  const recordOf = (address: string): string | undefined =>
    records.find(({ key }) => key === `${recordPrefix}${address}`)?.value;
  return [
    ...ipv6Addresses
      .filter((address) => !isForeignIpv6(address) && !isOfLive(recordOf(address)))
      .map(
        (address) => `${address} is left on ${networkInterfaceId}, recorded ${recordOf(address)}`,
      ),
    ...records
      .filter(({ value }) => !isOfLive(value))
      .map(({ key, value }) => `${networkInterfaceId} is left with the record ${key} = ${value}`),
  ];
}
