import { CoreError } from '../../errors.ts';
import type { Ec2Action } from './ec2-action.ts';
import type { RequestRate } from './token-bucket.ts';

/** A token bucket for each EC2 action. */
export type RequestRates = Readonly<Record<Ec2Action, RequestRate>>;

const reads: RequestRate = { burst: 100, perSecond: 20 };
/** DescribeInstances and DescribeNetworkInterfaces that ask for everything, without filter or paging. */
export const unfilteredReads: RequestRate = { burst: 50, perSecond: 10 };
const addressAndRouteWrites: RequestRate = { burst: 50, perSecond: 5 };
const interfaceWrites: RequestRate = { burst: 100, perSecond: 5 };
const tagWrites: RequestRate = { burst: 100, perSecond: 10 };

/**
 * What EC2 grants an account in a region, each action with a bucket of its own (EC2 developer guide,
 * "Request throttling for the Amazon EC2 API"). The numbers of reads are documented; those of writes are
 * the careful reading of sources that disagree. An account's own are in its Service Quotas console.
 */
export const ec2RequestRates: RequestRates = {
  DescribeNetworkInterfaces: reads,
  DescribeAddresses: reads,
  DescribeRouteTables: reads,
  DescribeSecurityGroups: reads,
  DescribeNetworkAcls: reads,
  GetManagedPrefixListEntries: reads,
  DescribeManagedPrefixLists: reads,
  DescribeInstances: reads,
  DescribeVpcs: reads,
  DescribeSubnets: reads,
  DescribeTags: reads,
  AssociateAddress: addressAndRouteWrites,
  DisassociateAddress: addressAndRouteWrites,
  AllocateAddress: addressAndRouteWrites,
  ReleaseAddress: addressAndRouteWrites,
  CreateRoute: addressAndRouteWrites,
  ReplaceRoute: addressAndRouteWrites,
  DeleteRoute: addressAndRouteWrites,
  AssignPrivateIpAddresses: interfaceWrites,
  UnassignPrivateIpAddresses: interfaceWrites,
  AssignIpv6Addresses: interfaceWrites,
  UnassignIpv6Addresses: interfaceWrites,
  ModifyNetworkInterfaceAttribute: interfaceWrites,
  CreateTags: tagWrites,
  DeleteTags: tagWrites,
};

/**
 * The rates with some replaced, and of each the share that is ours.
 * @throws CoreError SpecInvalid for a burst below 1, a rate that never refills, a share outside (0, 1].
 */
export function ratesToKeep(
  changed: Readonly<Partial<Record<Ec2Action, RequestRate>>>,
  share: number,
): RequestRates {
  if (!(share > 0 && share <= 1)) {
    throw invalid(`a share of ${share} of EC2's request rates`, 'Give a share above 0, at most 1.');
  }
  const all = { ...ec2RequestRates, ...changed };
  const entries = Object.entries(all).map(([action, rate]) => [action, ours(action, rate, share)]);
  return Object.fromEntries(entries) as RequestRates;
}

function ours(action: string, { burst, perSecond }: RequestRate, share: number): RequestRate {
  if (!(burst >= 1 && perSecond > 0 && Number.isFinite(burst) && Number.isFinite(perSecond))) {
    throw invalid(
      `a request rate of burst ${burst}, ${perSecond} per second, for ${action}`,
      'Give a burst of at least 1 and a refill above 0.',
    );
  }
  return { burst: Math.max(1, burst * share), perSecond: perSecond * share };
}

function invalid(tried: string, remedy: string): CoreError {
  const message = `Taking ${tried}: no call could ever be made so`;
  return new CoreError({ code: 'SpecInvalid', message, remedy, retry: 'never' });
}
