import type { Ec2Api, NetworkInterface } from '../cloud/ec2/ec2-api.ts';
import { openSession } from '../cloud/observe/cloud-session.ts';
import { lookAtCloud, routeTableIdFilters } from '../cloud/observe/observe-cloud.ts';
import { interfaceOf } from '../cloud/observe/view.ts';
import type { Clock } from '../identity/clock.ts';
import type { Observation } from './finding.ts';
import { judgeCloud, type CloudFacts } from './judge-cloud.ts';
import { lookAtNetworkAcl, lookAtSecurityGroups } from './look-at-packet-filters.ts';
import { observable } from './observable.ts';

export interface CloudQuestion {
  readonly ec2: Ec2Api;
  readonly clock: Clock;
  /** UDP ports that packet filters shall let in; without any those are not asked about. */
  readonly ports: readonly number[];
  readonly signal?: AbortSignal | undefined;
}

/** Describes what an identity depends on in EC2 and judges it; changes nothing. */
export async function verifyCloud(
  { ec2, clock, ports, signal }: CloudQuestion,
  facts: CloudFacts,
): Promise<Observation[]> {
  const session = openSession({ ec2, clock, signal });
  let eni: NetworkInterface | undefined;
  const judged = await observable(
    'what EC2 shows of the network interface, the Elastic IP and the route tables',
    async () => {
      const view = await lookAtCloud(session, {
        networkInterfaceIds: [facts.networkInterfaceId],
        addressFilters: [{ name: 'allocation-id', values: [facts.allocationId] }],
        routeTableFilters: routeTableIdFilters(facts.routeTableIds),
      });
      eni = interfaceOf(view, facts.networkInterfaceId);
      return judgeCloud(facts, view);
    },
  );
  if (ports.length === 0 || eni === undefined) return judged;
  const { groupIds = [], subnetId } = eni;
  const [groups, acl] = await Promise.all([
    observable('what EC2 shows of the security groups', () =>
      lookAtSecurityGroups(session, groupIds, ports),
    ),
    observable("what EC2 shows of the subnet's network ACL", () =>
      lookAtNetworkAcl(session, subnetId, ports),
    ),
  ]);
  return [...judged, ...groups, ...acl];
}
