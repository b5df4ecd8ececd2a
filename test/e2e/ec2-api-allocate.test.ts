import { SimulatedEc2 } from '@truetuple/core/testing';
import { ec2AllocateContract } from './ec2-api-allocate-contract.ts';
import { httpBench } from './http-bench.ts';

ec2AllocateContract('in process', async (options) => {
  const simulated = new SimulatedEc2(options);
  return { simulated, ec2: simulated, close: async () => {} };
});
// as thisNode() calls EC2: what is tried again after a lost answer would be a second address
ec2AllocateContract('over HTTP through the AWS SDK', httpBench({ maxAttempts: 1 }));
