import { openSession } from '../cloud/cloud-session.ts';
import type { Ec2Api } from '../cloud/ec2-api.ts';
import { lookAtCloud, routeTableIdFilters } from '../cloud/observe-cloud.ts';
import { CoreError } from '../errors.ts';
import type { Clock } from '../identity/clock.ts';
import type { Observation } from './finding.ts';
import { judgeCloud, type CloudFacts } from './judge-cloud.ts';

/** Describes what an identity depends on in EC2 and judges it; changes nothing. */
export async function verifyCloud(
  parts: { readonly ec2: Ec2Api; readonly clock: Clock; readonly signal?: AbortSignal | undefined },
  facts: CloudFacts,
): Promise<Observation[]> {
  try {
    const view = await lookAtCloud(openSession(parts), {
      networkInterfaceId: facts.networkInterfaceId,
      addressFilters: [{ name: 'allocation-id', values: [facts.allocationId] }],
      routeTableFilters: routeTableIdFilters(facts.routeTableIds),
    });
    return judgeCloud(facts, view);
  } catch (error) {
    if (!CoreError.is(error) || error.code === 'Aborted') throw error;
    return [
      {
        code: 'cloud-not-asked',
        severity: 'unproven',
        seen: error.message,
        wanted: 'what EC2 shows of the network interface, the Elastic IP and the route tables',
        remedy: error.remedy,
      },
    ];
  }
}
