import type { CallOptions, Ec2Api } from '../ec2/ec2-api.ts';
import { ipv6TagKey } from '../ipv6/ipv6-record.ts';
import type { Ipv6CloudStep } from './ipv6-cloud-step.ts';

/** Makes the one EC2 call of a step about an IPv6 address. */
export async function performIpv6Step(
  ec2: Ec2Api,
  step: Ipv6CloudStep,
  call: CallOptions,
): Promise<{ readonly wasThere?: boolean }> {
  const { networkInterfaceId, address } = step;
  const addresses = { networkInterfaceId, ipv6Addresses: [address] };
  switch (step.kind) {
    case 'assign-ipv6-address': {
      const { assignedIpv6Addresses } = await ec2.assignIpv6Addresses(addresses, call);
      return assignedIpv6Addresses.length === 0 ? { wasThere: true } : {};
    }
    case 'unassign-ipv6-address':
      await ec2.unassignIpv6Addresses(addresses, call);
      return {};
    case 'tag-ipv6-owner':
      await ec2.createTags(tagging(step), call);
      return {};
    case 'untag-ipv6-owner':
      await ec2.deleteTags(tagging(step), call);
      return {};
    default:
      return step satisfies never;
  }
}

function tagging(
  step: Ipv6CloudStep & { kind: 'tag-ipv6-owner' | 'untag-ipv6-owner' },
): Parameters<Ec2Api['createTags']>[0] {
  const { networkInterfaceId, address, value } = step;
  return { resources: [networkInterfaceId], tags: [{ key: ipv6TagKey(address), value }] };
}
