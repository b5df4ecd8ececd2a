import { CoreError } from '../../errors.ts';
import { pause, readCloud, type CloudSession } from '../observe/cloud-session.ts';
import type { Carried } from '../steps/carry-out.ts';
import type { CloudStep } from '../steps/cloud-step.ts';
import { nameStep, translateEc2Error } from '../steps/translate-ec2-error.ts';

/** Some eleven seconds. */
const looks = 9;

/**
 * EC2 has one code for credentials that it does not accept and for an address that was released and is another account's by now (AssociateAddress,
 * AuthFailure). The first also refuses a describe; the second one's address is shown no more as soon as describes have caught up.
 */
export async function addressNotOurs(
  session: CloudSession,
  step: CloudStep & { readonly kind: 'associate-address' },
  refused: unknown,
): Promise<Carried> {
  const filters = [{ name: 'allocation-id', values: [step.allocationId] }];
  for (let look = 1; look <= looks; look++) {
    if (look > 1) await pause(session, nameStep(step));
    const [address] = await readCloud(session, nameStep(step), (call) =>
      session.ec2.describeAddresses({ filters }, call),
    );
    if (address === undefined) return 'claim-lost';
  }
  throw accepted(translateEc2Error(refused, nameStep(step)), step.publicIp);
}

/** Describes were answered all the while: what EC2 refuses is hardly the credentials. */
function accepted({ code, message, remedy, cause }: CoreError, publicIp: string): CoreError {
  return new CoreError({
    code,
    message,
    remedy: `EC2 answers these credentials when it is asked what there is, so ${publicIp} may be another account's by now, although EC2 still shows it: try again in a minute, or leave it out (excludeAddresses). If EC2 says so of every address: ${remedy}`,
    retry: 'later',
    cause,
  });
}
