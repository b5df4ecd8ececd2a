import { CoreError } from '../../errors.ts';
import type { GrantSpec } from '../identity-grant.ts';

/** `what`: the ids, or the filter, that none of the VPC's has. */
export function routeTablesNotFound({ region }: GrantSpec, vpcId: string, what: string): CoreError {
  return new CoreError({
    code: 'RouteTablesNotFound',
    message: `VPC ${vpcId} in ${region} has no route table with ${what}`,
    remedy:
      'Correct routeTables in the identity spec, or tag the route tables of the subnets whose hosts call the pod; ids: [] asks for no VPC route.',
    retry: 'later',
  });
}
