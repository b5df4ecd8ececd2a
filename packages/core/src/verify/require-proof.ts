import { CoreError } from '../errors.ts';
import type { PublicIdentity } from '../identity/public-identity.ts';
import type { KernelPort } from '../kernel/kernel-port.ts';
import { verifyKernel } from './verify-kernel.ts';

/** Refuses to go on to publication while any finding says that the identity would not hold. */
export async function requireProof(
  kernel: KernelPort,
  identity: Omit<PublicIdentity, 'generation'>,
): Promise<void> {
  const findings = await verifyKernel(kernel, identity);
  const broken = findings.filter((finding) => finding.severity === 'broken');
  if (broken.length === 0) return;
  throw new CoreError({
    code: 'NotProven',
    message: `${identity.publicIp} is not proven: ${broken
      .map((finding) => `${finding.code}: saw ${finding.seen}, wanted ${finding.wanted}`)
      .join('; ')}`,
    remedy: broken.map((finding) => finding.remedy).join(' '),
    retry: 'later',
  });
}
