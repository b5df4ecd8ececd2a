import type { StepDescription } from '../../identity/step-description.ts';
import { ipv6TagKey } from '../ipv6/ipv6-record.ts';
import { aws } from './aws-line.ts';
import type { Ipv6CloudStep } from './ipv6-cloud-step.ts';

/** A step about an IPv6 address, as a sentence and as the `aws ec2` line that would do the same. */
export function describeIpv6CloudStep(step: Ipv6CloudStep): StepDescription {
  switch (step.kind) {
    case 'assign-ipv6-address':
    case 'unassign-ipv6-address':
      return describeIpv6(step);
    case 'tag-ipv6-owner':
    case 'untag-ipv6-owner':
      return describeIpv6Tag(step);
    default:
      return step satisfies never;
  }
}

function describeIpv6(
  step: Ipv6CloudStep & { kind: 'assign-ipv6-address' | 'unassign-ipv6-address' },
): StepDescription {
  const { networkInterfaceId, address } = step;
  const input = { 'network-interface-id': networkInterfaceId, 'ipv6-addresses': address };
  return step.kind === 'assign-ipv6-address'
    ? {
        sentence: `Assign ${address} to ${networkInterfaceId}: EC2 refuses if another ENI holds it.`,
        command: aws('assign-ipv6-addresses', input),
      }
    : {
        sentence: `Take ${address} off ${networkInterfaceId}.`,
        command: aws('unassign-ipv6-addresses', input),
      };
}

function describeIpv6Tag(
  step: Ipv6CloudStep & { kind: 'tag-ipv6-owner' | 'untag-ipv6-owner' },
): StepDescription {
  const { networkInterfaceId, address, value } = step;
  const tags = `'Key=${ipv6TagKey(address)},Value=${value}'`;
  const input = { resources: networkInterfaceId, tags };
  return step.kind === 'tag-ipv6-owner'
    ? {
        sentence: `Record on ${networkInterfaceId} who holds ${address}: ${value}.`,
        command: aws('create-tags', input),
      }
    : {
        sentence: `Remove the record of ${address} from ${networkInterfaceId}, only where it is still ${value}.`,
        command: aws('delete-tags', input),
      };
}
