import { SimulatedEc2 } from '@truetuple/core/testing';
import { ec2ApiContract } from './ec2-api-contract.ts';

ec2ApiContract('in process', async (options) => {
  const simulated = new SimulatedEc2(options);
  return { simulated, ec2: simulated, close: async () => {} };
});
