import { SimulatedEc2 } from '@truetuple/core/testing';
import { ec2DelaysContract } from './ec2-api-delays-contract.ts';
import { httpBench } from './http-bench.ts';

ec2DelaysContract('in process', async (options) => {
  const simulated = new SimulatedEc2(options);
  return { simulated, ec2: simulated, close: async () => {} };
});
ec2DelaysContract('over HTTP through the AWS SDK', httpBench({ maxAttempts: 1 }));
