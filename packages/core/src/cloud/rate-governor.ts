import type { CallOptions, Ec2Api } from './ec2-api.ts';
import type { Ec2Action } from './ec2-action.ts';
import type { RequestLanes } from './request-lanes.ts';

export interface RateGovernorParts {
  readonly ec2: Ec2Api;
  readonly lanes: RequestLanes;
}

type Governed = <Answer>(
  action: Ec2Action,
  call: CallOptions | undefined,
  make: (call: CallOptions) => Promise<Answer>,
) => Promise<Answer>;

/**
 * An Ec2Api whose calls wait for their turn, so that EC2 need not throttle them; what it throttles all the
 * same is tried again here. The Ec2Api beneath must not try throttled calls again itself (for `sdkEc2Api`:
 * `maxAttempts: 1`). An abort ends the wait of a call that was not made yet.
 */
export function rateGovernor({ ec2, lanes }: RateGovernorParts): Ec2Api {
  const governed: Governed = (action, call, make) => {
    const lane = lanes.of(action);
    const beforePage = (): Promise<void> => lane.turn(call?.signal);
    return lane.run(call?.signal ?? call?.untilSent, () => make({ ...call, beforePage }));
  };
  return { ...governedReads(ec2, governed), ...governedWrites(ec2, governed) };
}

type Reads = 'describeNetworkInterfaces' | 'describeAddresses' | 'describeRouteTables';

function governedReads(ec2: Ec2Api, governed: Governed): Pick<Ec2Api, Reads> {
  return {
    describeNetworkInterfaces: (input, options) =>
      governed('DescribeNetworkInterfaces', options, (call) =>
        ec2.describeNetworkInterfaces(input, call),
      ),
    describeAddresses: (input, options) =>
      governed('DescribeAddresses', options, (call) => ec2.describeAddresses(input, call)),
    describeRouteTables: (input, options) =>
      governed('DescribeRouteTables', options, (call) => ec2.describeRouteTables(input, call)),
  };
}

function governedWrites(ec2: Ec2Api, governed: Governed): Omit<Ec2Api, Reads> {
  return {
    assignPrivateIpAddresses: (input, options) =>
      governed('AssignPrivateIpAddresses', options, (call) =>
        ec2.assignPrivateIpAddresses(input, call),
      ),
    unassignPrivateIpAddresses: (input, options) =>
      governed('UnassignPrivateIpAddresses', options, (call) =>
        ec2.unassignPrivateIpAddresses(input, call),
      ),
    associateAddress: (input, options) =>
      governed('AssociateAddress', options, (call) => ec2.associateAddress(input, call)),
    disassociateAddress: (input, options) =>
      governed('DisassociateAddress', options, (call) => ec2.disassociateAddress(input, call)),
    createTags: (input, options) =>
      governed('CreateTags', options, (call) => ec2.createTags(input, call)),
    deleteTags: (input, options) =>
      governed('DeleteTags', options, (call) => ec2.deleteTags(input, call)),
    createRoute: (input, options) =>
      governed('CreateRoute', options, (call) => ec2.createRoute(input, call)),
    replaceRoute: (input, options) =>
      governed('ReplaceRoute', options, (call) => ec2.replaceRoute(input, call)),
    deleteRoute: (input, options) =>
      governed('DeleteRoute', options, (call) => ec2.deleteRoute(input, call)),
    setSourceDestCheck: (input, options) =>
      governed('ModifyNetworkInterfaceAttribute', options, (call) =>
        ec2.setSourceDestCheck(input, call),
      ),
  };
}
