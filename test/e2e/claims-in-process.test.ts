import { SimulatedEc2 } from '@truetuple/core/testing';
import { claimsSuite } from './claims-suite.ts';

claimsSuite('in process', async (options) => {
  const simulated = new SimulatedEc2(options);
  return { simulated, ec2: simulated, close: async () => {} };
});
