import { SimulatedEc2 } from '@truetuple/core/testing';
import type { MakeBench } from './claims-suite.ts';
import { ec2DelaysContract } from './ec2-api-delays-contract.ts';
import { ec2FreshContract } from './ec2-api-fresh-contract.ts';
import { ec2OtherCallersContract } from './ec2-api-other-callers-contract.ts';
import { ec2TopologyLagContract } from './ec2-api-topology-lag-contract.ts';
import { ec2TransientsContract } from './ec2-api-transients-contract.ts';
import { httpBench } from './http-bench.ts';

const inProcess: MakeBench = async (options) => {
  const simulated = new SimulatedEc2(options);
  return { simulated, ec2: simulated, close: async () => {} };
};
const overHttp = httpBench({ maxAttempts: 1 });

for (const contract of [
  ec2DelaysContract,
  ec2FreshContract,
  ec2OtherCallersContract,
  ec2TopologyLagContract,
  ec2TransientsContract,
]) {
  contract('in process', inProcess);
  contract('over HTTP through the AWS SDK', overHttp);
}
