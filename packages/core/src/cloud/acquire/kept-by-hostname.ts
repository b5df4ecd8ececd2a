import { CoreError } from '../../errors.ts';
import type { Ec2CallError } from '../ec2/ec2-call-error.ts';
import type { CloudStep } from '../steps/cloud-step.ts';
import { nameStep, translateEc2Error } from '../steps/translate-ec2-error.ts';

/**
 * The error for the end of an association that EC2 refuses while the network interface has a dual-stack public hostname and no other public IPv4
 * address (API reference, DisassociateAddress). With which code it does is documented nowhere.
 */
export function keptByHostname(step: CloudStep, refused: Ec2CallError): CoreError {
  const { message } = translateEc2Error(refused, nameStep(step));
  return new CoreError({
    code: 'CloudRefused',
    message,
    remedy:
      'EC2 leaves a network interface with a dual-stack public hostname its last public IPv4 address: give it a hostname of another type (aws ec2 modify-public-ip-dns-name-options --hostname-type public-ipv4-dns-name --network-interface-id), or another Elastic IP, then give this one back again.',
    retry: 'never',
    cause: refused,
  });
}
