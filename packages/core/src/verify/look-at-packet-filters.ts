import type { IpPermission } from '../cloud/ec2/ec2-packet-filters.ts';
import { readCloud, type CloudSession } from '../cloud/observe/cloud-session.ts';
import type { Observation } from './finding.ts';
import { judgeNetworkAcl } from './judge-network-acl.ts';
import { judgeSecurityGroups } from './judge-security-groups.ts';
import { observable } from './observable.ts';

/**
 * What the security groups of an interface let in to these ports, and out.
 * @throws CoreError what EC2 refuses
 */
export async function lookAtSecurityGroups(
  session: CloudSession,
  groupIds: readonly string[],
  ports: readonly number[],
): Promise<Observation[]> {
  if (groupIds.length === 0) return [];
  const filters = [{ name: 'group-id', values: groupIds }];
  const groups = await readCloud(
    session,
    `reading the security groups ${groupIds.join(', ')}`,
    (call) => session.ec2.describeSecurityGroups({ filters }, call),
  );
  // one that was just made may not be shown yet: what it lets in is not known then
  if (groups.length < groupIds.length) return [];
  const rules = groups.flatMap((group) => [...group.ipPermissions, ...group.ipPermissionsEgress]);
  const { lists, unread } = await readPrefixLists(session, rules);
  return [...unread, ...judgeSecurityGroups(groups, ports, lists)];
}

interface ReadLists {
  readonly lists: Map<string, readonly string[]>;
  readonly unread: readonly Observation[];
}

/** The entries of every prefix list that the rules name, as far as they can be had. */
async function readPrefixLists(
  session: CloudSession,
  rules: readonly IpPermission[],
): Promise<ReadLists> {
  const ids = new Set(rules.flatMap(({ prefixListIds = [] }) => prefixListIds));
  const lists = new Map<string, readonly string[]>();
  const reads = [...ids].map((prefixListId) =>
    observable(`what EC2 shows of the prefix list ${prefixListId}`, async () => {
      const entries = await readCloud(session, `reading the prefix list ${prefixListId}`, (call) =>
        session.ec2.getManagedPrefixListEntries({ prefixListId }, call),
      );
      lists.set(prefixListId, entries);
      return [];
    }),
  );
  return { lists, unread: (await Promise.all(reads)).flat() };
}

/**
 * What the network ACL of an interface's subnet lets in to these ports, and out.
 * @throws CoreError what EC2 refuses
 */
export async function lookAtNetworkAcl(
  session: CloudSession,
  subnetId: string,
  ports: readonly number[],
): Promise<Observation[]> {
  const filters = [{ name: 'association.subnet-id', values: [subnetId] }];
  const [acl] = await readCloud(session, `reading the network ACL of ${subnetId}`, (call) =>
    session.ec2.describeNetworkAcls({ filters }, call),
  );
  return acl === undefined ? [] : judgeNetworkAcl(acl, ports);
}
