import { documentedRates } from './request-buckets.ts';
import type { SimulatedEc2Options } from './simulated-ec2.ts';

/** One region and what of the preset is to be otherwise. */
export interface FaithfulEc2Setup extends Partial<SimulatedEc2Options> {
  readonly region: string;
}

/**
 * Options for a SimulatedEc2 that is as hard on its callers as EC2 is known to be: the documented token
 * buckets, reads up to 5 s behind and now and then from further back, default quotas (EC2 and VPC user
 * guides: 5 Elastic IPs a region, 50 routes a table, 50 tags a resource), instances of type m5.large, an Elastic IP that writes do not
 * know at once, a private IP that moves after the answer. Of two
 * readings of the documentation it takes the one that protects a caller less.
 */
export function faithfulEc2(setup: FaithfulEc2Setup): SimulatedEc2Options {
  const lag = [0, 5000] as const;
  return {
    claimScope: 'eni',
    occupiedPrivateIp: 'refuse',
    endedAssociation: 'accept',
    requestRates: documentedRates,
    reads: {
      lagMs: { networkInterfaces: lag, addresses: lag, routeTables: lag },
      staleProbability: 0.05,
      staleMs: 10_000,
    },
    // seconds, as others met them (Terraform's AWS provider retries both)
    freshAddressMs: 3000,
    reassignmentMs: 2000,
    // minutes, as others met it: the release is refused on when the record is not shown any more
    reverseDnsMs: 180_000,
    // AWS does not say how many: as many as a page has at most
    networkInterfacesUnpaged: 1000,
    addressesPerRegion: 5,
    routesPerTable: 50,
    tagsPerResource: 50,
    instanceType: 'm5.large',
    ...setup,
  };
}
