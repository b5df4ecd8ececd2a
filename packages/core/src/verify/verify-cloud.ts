import { openSession, readCloud, type CloudSession } from '../cloud/cloud-session.ts';
import type { Ec2Api } from '../cloud/ec2-api.ts';
import { lookAtCloud, routeTableIdFilters } from '../cloud/observe-cloud.ts';
import { interfaceOf } from '../cloud/view.ts';
import { CoreError } from '../errors.ts';
import type { Clock } from '../identity/clock.ts';
import type { Observation } from './finding.ts';
import { judgeCloud, type CloudFacts } from './judge-cloud.ts';
import { judgeSecurityGroups } from './judge-security-groups.ts';

export interface CloudQuestion {
  readonly ec2: Ec2Api;
  readonly clock: Clock;
  /** UDP ports that security groups shall let in; without any they are not asked about. */
  readonly ports: readonly number[];
  readonly signal?: AbortSignal | undefined;
}

/** Describes what an identity depends on in EC2 and judges it; changes nothing. */
export async function verifyCloud(
  { ec2, clock, ports, signal }: CloudQuestion,
  facts: CloudFacts,
): Promise<Observation[]> {
  const session = openSession({ ec2, clock, signal });
  let groupIds: readonly string[] = [];
  const judged = await observable(
    'what EC2 shows of the network interface, the Elastic IP and the route tables',
    async () => {
      const view = await lookAtCloud(session, {
        networkInterfaceIds: [facts.networkInterfaceId],
        addressFilters: [{ name: 'allocation-id', values: [facts.allocationId] }],
        routeTableFilters: routeTableIdFilters(facts.routeTableIds),
      });
      groupIds = interfaceOf(view, facts.networkInterfaceId)?.groupIds ?? [];
      return judgeCloud(facts, view);
    },
  );
  if (ports.length === 0 || groupIds.length === 0) return judged;
  const groups = await observable('what EC2 shows of the security groups', () =>
    lookAtGroups(session, groupIds, ports),
  );
  return [...judged, ...groups];
}

async function lookAtGroups(
  session: CloudSession,
  groupIds: readonly string[],
  ports: readonly number[],
): Promise<Observation[]> {
  const filters = [{ name: 'group-id', values: [...groupIds] }];
  const groups = await readCloud(
    session,
    `reading the security groups ${groupIds.join(', ')}`,
    (call) => session.ec2.describeSecurityGroups({ filters }, call),
  );
  // one that was just made may not be shown yet: what it lets in is not known then
  return groups.length < groupIds.length ? [] : judgeSecurityGroups(groups, ports);
}

/** What EC2 does not show is a finding; only an abort is an error. */
async function observable(
  wanted: string,
  look: () => Promise<Observation[]>,
): Promise<Observation[]> {
  try {
    return await look();
  } catch (error) {
    if (!CoreError.is(error) || error.code === 'Aborted') throw error;
    const { message: seen, remedy } = error;
    return [{ code: 'cloud-not-asked', severity: 'unproven', seen, wanted, remedy }];
  }
}
