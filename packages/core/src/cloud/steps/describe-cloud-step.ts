import type { StepDescription } from '../../identity/step-description.ts';
import { aws } from './aws-line.ts';
import { tagKeyOf, type CloudStep, type TagStep } from './cloud-step.ts';
import { describeIpv6CloudStep } from './describe-ipv6-cloud-step.ts';
import { isIpv6CloudStep } from './ipv6-cloud-step.ts';

/** A step as a sentence and as the `aws ec2` line that would do the same. */
export function describeCloudStep(step: CloudStep): StepDescription {
  if (isIpv6CloudStep(step)) return describeIpv6CloudStep(step);
  switch (step.kind) {
    case 'disable-source-dest-check':
      return {
        sentence: `Switch off the source/destination check of ${step.networkInterfaceId}: packets will carry a /32 that is not its own.`,
        command: aws('modify-network-interface-attribute', {
          'network-interface-id': step.networkInterfaceId,
          'no-source-dest-check': true,
        }),
      };
    case 'assign-private-ip':
      return {
        sentence: `Register ${step.privateIp} on ${step.networkInterfaceId}, unless another ENI holds it.`,
        command: aws('assign-private-ip-addresses', {
          'network-interface-id': step.networkInterfaceId,
          'private-ip-addresses': step.privateIp,
          'no-allow-reassignment': true,
        }),
      };
    case 'unassign-private-ip':
      return {
        sentence: `Take ${step.privateIp} off ${step.networkInterfaceId}.`,
        command: aws('unassign-private-ip-addresses', {
          'network-interface-id': step.networkInterfaceId,
          'private-ip-addresses': step.privateIp,
        }),
      };
    case 'associate-address':
      return {
        sentence: `Claim ${step.publicIp} for ${step.privateIp}: EC2 refuses if somebody else holds it.`,
        command: aws('associate-address', {
          'allocation-id': step.allocationId,
          'network-interface-id': step.networkInterfaceId,
          'private-ip-address': step.privateIp,
          'no-allow-reassociation': true,
        }),
      };
    case 'disassociate-address':
      return {
        sentence: `Give ${step.publicIp} back to the pool.`,
        command: aws('disassociate-address', { 'association-id': step.associationId }),
      };
    case 'allocate-address':
      return describeAllocation(step);
    case 'tag-owner':
    case 'untag-owner':
    case 'tag-released':
    case 'tag-handover':
    case 'untag-handover':
      return describeTag(step);
    case 'create-route':
    case 'replace-route':
    case 'delete-route':
      return describeRoute(step);
    default:
      return step satisfies never;
  }
}

function describeAllocation(step: CloudStep & { kind: 'allocate-address' }): StepDescription {
  const tags = step.tags.map(({ key, value }) => `{Key=${key},Value=${value}}`).join(',');
  return {
    sentence: 'Allocate one more Elastic IP for the pool: none of it is free.',
    command: aws('allocate-address', {
      'tag-specifications': `'ResourceType=elastic-ip,Tags=[${tags}]'`,
      ...(step.networkBorderGroup && { 'network-border-group': step.networkBorderGroup }),
    }),
  };
}

function describeTag(step: TagStep): StepDescription {
  const { allocationId, value } = step;
  const input = { resources: allocationId, tags: `'Key=${tagKeyOf(step)},Value=${value}'` };
  const [sentence, action] = tagSentence(step);
  return { sentence, command: aws(action, input) };
}

function tagSentence({ kind, allocationId, value }: TagStep): readonly [string, string] {
  switch (kind) {
    case 'tag-owner':
      return [`Record who holds ${allocationId}: ${value}.`, 'create-tags'];
    case 'untag-owner':
      return [
        `Remove the owner record from ${allocationId}, only where it is still ${value}.`,
        'delete-tags',
      ];
    case 'tag-released':
      return [`Record when ${allocationId} was let go, and by whom: ${value}.`, 'create-tags'];
    case 'tag-handover':
      return [`Ask the pod that holds ${allocationId} to let it go: ${value}.`, 'create-tags'];
    case 'untag-handover':
      return [`Ask it no more, where it is still ${value} that asks.`, 'delete-tags'];
    default:
      return kind satisfies never;
  }
}

function describeRoute(
  step: CloudStep & { kind: 'create-route' | 'replace-route' | 'delete-route' },
): StepDescription {
  const key = {
    'route-table-id': step.routeTableId,
    'destination-cidr-block': step.destination,
  };
  if (step.kind === 'delete-route') {
    return {
      sentence: `Remove the route to ${step.destination} from ${step.routeTableId}, only if it still leads to ${step.networkInterfaceId}.`,
      command: aws('delete-route', key),
    };
  }
  return {
    sentence: `Lead ${step.destination} to ${step.networkInterfaceId} in ${step.routeTableId}: VPC peers reach the pod without NAT.`,
    command: aws(step.kind, { ...key, 'network-interface-id': step.networkInterfaceId }),
  };
}
