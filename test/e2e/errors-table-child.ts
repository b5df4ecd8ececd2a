// Takes an identity with the real kernel of the namespace it is started in and EC2 in memory, gives it back,
// and prints what came of it as one line of JSON.
import { CoreError, ensurePublicIdentity, linuxKernel } from '@truetuple/core';
import { simulatedPod } from '@truetuple/core/testing';
import { ownIn, type RefusedEnsure } from './errors-table-world.ts';

const pod = simulatedPod();
const node = { ...pod.node, openKernel: () => linuxKernel() };

async function play(): Promise<Partial<RefusedEnsure>> {
  try {
    await using held = await ensurePublicIdentity(pod.spec, { node });
    return { message: `held ${held.identity.publicIp}` };
  } catch (error) {
    if (!CoreError.is(error)) throw error;
    const { code, message, remedy, retry } = error;
    return { code, message, remedy, retry };
  }
}

const outcome = await play();
process.stdout.write(`${JSON.stringify({ ...outcome, left: ownIn(pod.ec2) })}\n`);
