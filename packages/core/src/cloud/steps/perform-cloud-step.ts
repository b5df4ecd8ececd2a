import type { CallOptions, Ec2Api } from '../ec2/ec2-api.ts';
import type { OwnWrite } from '../observe/view.ts';
import { tagKeyOf, type CloudStep, type TagStep } from './cloud-step.ts';
import { isIpv6CloudStep } from './ipv6-cloud-step.ts';
import { performIpv6Step } from './perform-ipv6-step.ts';

/** What EC2 answered, where it matters. */
export type StepAnswer = Omit<OwnWrite, 'step'>;

/**
 * Makes the one EC2 call of a step. An abort ends a write
 * only until it is sent: who aborts one in flight would not know whether it was carried out.
 */
export async function performCloudStep(
  ec2: Ec2Api,
  step: CloudStep,
  untilSent?: AbortSignal,
): Promise<StepAnswer> {
  const call: CallOptions = untilSent === undefined ? {} : { untilSent };
  if (isIpv6CloudStep(step)) return performIpv6Step(ec2, step, call);
  switch (step.kind) {
    case 'disable-source-dest-check': {
      const { networkInterfaceId } = step;
      await ec2.setSourceDestCheck({ networkInterfaceId, sourceDestCheck: false }, call);
      return {};
    }
    case 'assign-private-ip': {
      const { networkInterfaceId, privateIp } = step;
      const privateIpAddresses = [privateIp];
      const input = { networkInterfaceId, privateIpAddresses, allowReassignment: false } as const;
      const { assignedPrivateIpAddresses: put } = await ec2.assignPrivateIpAddresses(input, call);
      return put.includes(privateIp) ? {} : { wasThere: true };
    }
    case 'unassign-private-ip':
      await ec2.unassignPrivateIpAddresses(
        { networkInterfaceId: step.networkInterfaceId, privateIpAddresses: [step.privateIp] },
        call,
      );
      return {};
    case 'associate-address':
      return performAssociation(ec2, step, call);
    case 'allocate-address': {
      const { kind: _kind, ...asked } = step;
      return { allocated: await ec2.allocateTaggedAddress(asked, call) };
    }
    case 'disassociate-address':
      await ec2.disassociateAddress({ associationId: step.associationId }, call);
      return {};
    case 'tag-owner':
    case 'tag-released':
    case 'tag-handover':
      await ec2.createTags(ownTag(step), call);
      return {};
    case 'untag-owner':
    case 'untag-handover':
      await ec2.deleteTags(ownTag(step), call);
      return {};
    case 'create-route':
    case 'replace-route':
    case 'delete-route':
      await performRoute(ec2, step, call);
      return {};
    default:
      return step satisfies never;
  }
}

async function performAssociation(
  ec2: Ec2Api,
  step: CloudStep & { kind: 'associate-address' },
  call: CallOptions,
): Promise<StepAnswer> {
  const { allocationId, networkInterfaceId, privateIp: privateIpAddress } = step;
  const input = { allocationId, networkInterfaceId, privateIpAddress } as const;
  const { associationId } = await ec2.associateAddress(
    { ...input, allowReassociation: false },
    call,
  );
  return { associationId };
}

function ownTag(step: TagStep): {
  readonly resources: readonly string[];
  readonly tags: readonly { readonly key: string; readonly value: string }[];
} {
  const tags = [{ key: tagKeyOf(step), value: step.value }];
  return { resources: [step.allocationId], tags };
}

async function performRoute(
  ec2: Ec2Api,
  step: CloudStep & { kind: 'create-route' | 'replace-route' | 'delete-route' },
  call: CallOptions,
): Promise<void> {
  const { routeTableId, destination, networkInterfaceId } = step;
  const key = { routeTableId, destinationCidrBlock: destination };
  if (step.kind === 'delete-route') return ec2.deleteRoute(key, call);
  const route = { ...key, networkInterfaceId };
  return step.kind === 'create-route'
    ? ec2.createRoute(route, call)
    : ec2.replaceRoute(route, call);
}
