import type { Ec2Api } from '../cloud/ec2/ec2-api.ts';
import type { Clock } from '../identity/clock.ts';
import type { SimulatedRates } from './simulated-ec2/request-buckets.ts';
import { SimulatedEc2 } from './simulated-ec2/simulated-ec2.ts';

/** What a pod of a crowd claims: its own address for its own private IP. */
export interface CrowdPod {
  readonly networkInterfaceId: string;
  readonly privateIpAddress: string;
  readonly allocationId: string;
}

const podsPerInterface = 25;
const podsPerOctet = 200;

/** Pods that claim at once, 25 an interface, in a region with an address for each. */
export function crowdOf(
  count: number,
  { clock, requestRates }: { readonly clock: Clock; readonly requestRates: SimulatedRates },
): { readonly ec2: SimulatedEc2; readonly pods: readonly CrowdPod[] } {
  const ec2 = new SimulatedEc2({
    region: 'eu-central-1',
    claimScope: 'eni',
    clock,
    requestRates,
    privateIpsPerNetworkInterface: 2 * podsPerInterface,
  });
  const { vpcId } = ec2.createVpc({ cidr: '10.0.0.0/16' });
  ec2.createInternetGateway({ vpcId });
  const { subnetId } = ec2.createSubnet({ vpcId, cidr: '10.0.0.0/20' });
  const interfaces = Array.from(
    { length: Math.ceil(count / podsPerInterface) },
    () => ec2.createNetworkInterface({ subnetId }).networkInterfaceId,
  );
  const pods = Array.from({ length: count }, (_, index) => ({
    networkInterfaceId: interfaces[Math.floor(index / podsPerInterface)] ?? '',
    privateIpAddress: `10.0.${8 + Math.floor(index / podsPerOctet)}.${index % podsPerOctet}`,
    allocationId: ec2.allocateAddress({ publicIp: `198.18.0.${index}` }).allocationId,
  }));
  return { ec2, pods };
}

/** The calls of a claim that draw from the tightest buckets. */
export async function claimAsPod(ec2: Ec2Api, pod: CrowdPod): Promise<void> {
  const { networkInterfaceId, privateIpAddress, allocationId } = pod;
  await ec2.assignPrivateIpAddresses({
    networkInterfaceId,
    privateIpAddresses: [privateIpAddress],
    allowReassignment: false,
  });
  await ec2.associateAddress({
    allocationId,
    networkInterfaceId,
    privateIpAddress,
    allowReassociation: false,
  });
  await ec2.describeAddresses({ filters: [{ name: 'domain', values: ['vpc'] }] });
}
