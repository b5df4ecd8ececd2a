// Your own code in a unit test: the cloud refuses, and nothing is left behind.
import { CoreError, ensurePublicIdentity } from '@truetuple/core';
import { simulatedPod } from '@truetuple/core/testing';

const { spec, node, ec2 } = simulatedPod();
ec2.inject({ action: 'CreateRoute', error: 'UnauthorizedOperation' });
try {
  await ensurePublicIdentity(spec, { node });
} catch (error) {
  if (!CoreError.is(error)) throw error;
  console.log(`${error.code}: ${error.message}\nremedy: ${error.remedy}`);
}
const left = ec2.snapshot().addresses.filter((address) => address.associationId !== undefined);
console.log(`${left.length} addresses still associated`);
