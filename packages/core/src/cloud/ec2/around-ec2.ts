import type { Ec2Action } from './ec2-action.ts';
import type { CallOptions, Ec2Api, GovernedEc2Api } from './ec2-api.ts';

/** Makes one call, or answers for it; `make` is the call beneath. */
export type AroundCall = <Answer>(
  action: Ec2Action,
  call: CallOptions | undefined,
  make: (call?: CallOptions) => Promise<Answer>,
) => Promise<Answer>;

/** True for the actions that change nothing. */
export function isRead(action: Ec2Action): boolean {
  return action.startsWith('Describe') || action.startsWith('Get');
}

export function isGoverned(ec2: Ec2Api): ec2 is GovernedEc2Api {
  return 'bearsThrottling' in ec2;
}

/**
 * An Ec2Api whose every call goes through `wrap`: the one list of the port's methods and their actions. Around a
 * governed one it is governed.
 */
export function aroundEc2(ec2: Ec2Api, wrap: AroundCall): Ec2Api {
  const around =
    <Input, Answer>(
      action: Ec2Action,
      make: (input: Input, call?: CallOptions) => Promise<Answer>,
    ): ((input: Input, call?: CallOptions) => Promise<Answer>) =>
    (input, call) =>
      wrap(action, call, (inner) => make(input, inner));
  return {
    ...(isGoverned(ec2) ? { bearsThrottling: true } : {}),
    describeNetworkInterfaces: around('DescribeNetworkInterfaces', (...asked) =>
      ec2.describeNetworkInterfaces(...asked),
    ),
    describeAddresses: around('DescribeAddresses', (...asked) => ec2.describeAddresses(...asked)),
    describeRouteTables: around('DescribeRouteTables', (...asked) =>
      ec2.describeRouteTables(...asked),
    ),
    describeSecurityGroups: around('DescribeSecurityGroups', (...asked) =>
      ec2.describeSecurityGroups(...asked),
    ),
    describeNetworkAcls: around('DescribeNetworkAcls', (...asked) =>
      ec2.describeNetworkAcls(...asked),
    ),
    getManagedPrefixListEntries: around('GetManagedPrefixListEntries', (...asked) =>
      ec2.getManagedPrefixListEntries(...asked),
    ),
    assignPrivateIpAddresses: around('AssignPrivateIpAddresses', (...asked) =>
      ec2.assignPrivateIpAddresses(...asked),
    ),
    unassignPrivateIpAddresses: around('UnassignPrivateIpAddresses', (...asked) =>
      ec2.unassignPrivateIpAddresses(...asked),
    ),
    assignIpv6Addresses: around('AssignIpv6Addresses', (...asked) =>
      ec2.assignIpv6Addresses(...asked),
    ),
    unassignIpv6Addresses: around('UnassignIpv6Addresses', (...asked) =>
      ec2.unassignIpv6Addresses(...asked),
    ),
    associateAddress: around('AssociateAddress', (...asked) => ec2.associateAddress(...asked)),
    disassociateAddress: around('DisassociateAddress', (...asked) =>
      ec2.disassociateAddress(...asked),
    ),
    allocateTaggedAddress: around('AllocateAddress', (...asked) =>
      ec2.allocateTaggedAddress(...asked),
    ),
    createTags: around('CreateTags', (...asked) => ec2.createTags(...asked)),
    deleteTags: around('DeleteTags', (...asked) => ec2.deleteTags(...asked)),
    createRoute: around('CreateRoute', (...asked) => ec2.createRoute(...asked)),
    replaceRoute: around('ReplaceRoute', (...asked) => ec2.replaceRoute(...asked)),
    deleteRoute: around('DeleteRoute', (...asked) => ec2.deleteRoute(...asked)),
    setSourceDestCheck: around('ModifyNetworkInterfaceAttribute', (...asked) =>
      ec2.setSourceDestCheck(...asked),
    ),
  };
}
