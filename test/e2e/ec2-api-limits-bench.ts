import { FakeClock, type SimulatedEc2, type SimulatedEc2Options } from '@truetuple/core/testing';
import { afterEach } from 'vitest';
import type { ClaimsBench, MakeBench } from './claims-suite.ts';

/** A VPC with one interface, of an instance as a real account has it, and one Elastic IP. */
function buildPlace(simulated: SimulatedEc2) {
  const { vpcId } = simulated.createVpc({ cidr: '10.0.0.0/16' });
  simulated.createInternetGateway({ vpcId });
  const { routeTableId } = simulated.createRouteTable({ vpcId });
  const { subnetId } = simulated.createSubnet({ vpcId, cidr: '10.0.2.0/24', routeTableId });
  const { instanceId } = simulated.createInstance();
  const { networkInterfaceId } = simulated.createNetworkInterface({ subnetId, instanceId });
  const { allocationId, publicIp } = simulated.allocateAddress();
  return { subnetId, routeTableId, instanceId, networkInterfaceId, allocationId, publicIp };
}

/** Makes regions with a place and a clock of their own, and closes them after each test of the suite that it is called in. */
export function limitsBench(makeBench: MakeBench) {
  const benches: ClaimsBench[] = [];
  afterEach(async () => {
    for (const made of benches.splice(0)) await made.close();
  });
  return async (options: Partial<SimulatedEc2Options> = {}) => {
    const clock = new FakeClock();
    const region = 'eu-central-1';
    const made = await makeBench({ region, claimScope: 'eni', clock, ...options });
    benches.push(made);
    return { ...made, clock, place: buildPlace(made.simulated) };
  };
}
