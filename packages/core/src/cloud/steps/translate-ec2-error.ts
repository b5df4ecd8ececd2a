import { CoreError, type CoreErrorCode, type Retry } from '../../errors.ts';
import { Ec2CallError } from '../ec2/ec2-call-error.ts';
import type { CloudStep } from './cloud-step.ts';

interface Meaning {
  readonly code: CoreErrorCode;
  readonly remedy: string;
  /** `now`: the same call may succeed in a moment. */
  readonly retry: Retry;
}

const denied: Meaning = {
  code: 'AccessDenied',
  remedy:
    'Allow the named action to this role, on resources with the pool tag; if a policy allows it already, check its conditions, the permission boundary and the credentials in use.',
  retry: 'never',
};
const credentials: Meaning = {
  code: 'CredentialsMissing',
  remedy:
    'Give the process AWS credentials that are valid now: a Pod Identity association, IRSA, the AWS environment variables, or a role of the instance, if its metadata service answers pods (hop limit 2; it is asked three times).',
  retry: 'never',
};
const credentialsAway: Meaning = {
  code: 'CredentialsMissing',
  remedy:
    'Who gives the credentials (the Pod Identity agent of this node, STS for IRSA, the metadata service) does not answer, or refuses: look at it.',
  retry: 'now',
};
const credentialsRefused: Meaning = {
  code: 'CredentialsRefused',
  remedy:
    "EC2 did not accept the credentials: check this node's clock (chronyc tracking), that they are complete and not expired, and that the account has the region of the identity spec enabled.",
  retry: 'never',
};
const clockWrong: Meaning = {
  code: 'CredentialsRefused',
  remedy:
    "This node's clock is minutes away from EC2's, or the credentials have expired: see `chronyc tracking` on the node, and set the clock by NTP (169.254.169.123 on EC2).",
  retry: 'later',
};
const wrongRegion: Meaning = {
  code: 'WrongRegion',
  remedy: 'Set the region of the identity spec to the one that holds the ENI and the pool.',
  retry: 'never',
};
const limit: Meaning = {
  code: 'LimitExceeded',
  remedy:
    'Raise the quota that the message names, use an instance type with more addresses per ENI, or spread the pods over more ENIs and route tables.',
  retry: 'later',
};
const throttled: Meaning = {
  code: 'Throttled',
  remedy: 'Wait and try again; start fewer pods at once, or raise the EC2 API request quota.',
  retry: 'later',
};
const unreachable: Meaning = {
  code: 'CloudUnreachable',
  remedy:
    'Check that the process reaches the EC2 endpoint of its region: route, DNS, security group, VPC endpoint, proxy.',
  retry: 'now',
};
const busy: Meaning = {
  code: 'CloudRefused',
  remedy: 'EC2 could not do it at this moment; try again.',
  retry: 'now',
};
const interfaceMissing: Meaning = {
  code: 'NetworkInterfaceNotFound',
  remedy: 'Check that the ENI exists, is attached to this node, and that the region is right.',
  retry: 'later',
};
const routeTableMissing: Meaning = {
  code: 'RouteTablesNotFound',
  remedy: 'Check the route table ids, or the tag, of the identity spec.',
  // a describe has shown it: it may have been made a moment ago
  retry: 'later',
};

const tagTargetUnknown: Meaning = {
  code: 'CloudRefused',
  remedy:
    'A tag call does not know the Elastic IP: it was just allocated, was released, or is of another region. Look whether it is still in the pool.',
  retry: 'now',
};

/**
 * EC2's codes (EC2 API reference, "Error codes") and the SDK's, as ours. The HTTP status says it for those that are not here: a failed
 * connection has none, a server's fault 500 and more.
 */
const meanings: Readonly<Record<string, Meaning>> = {
  UnauthorizedOperation: denied,
  AccessDenied: denied,
  AccessDeniedException: denied,
  OperationNotPermitted: denied,
  AuthFailure: credentialsRefused,
  Blocked: denied,
  CredentialsProviderError: credentials,
  TokenProviderError: credentials,
  CredentialsAway: credentialsAway,
  // that took as long as one call may
  CredentialsTimeout: { ...credentialsAway, retry: 'later' },
  InvalidClientTokenId: credentialsRefused,
  UnrecognizedClientException: credentialsRefused,
  ExpiredToken: credentialsRefused,
  ExpiredTokenException: credentialsRefused,
  RequestExpired: clockWrong,
  RequestTimeTooSkewed: clockWrong,
  RequestInTheFuture: clockWrong,
  MissingAuthenticationToken: credentials,
  SignatureDoesNotMatch: credentialsRefused,
  InvalidSignatureException: credentialsRefused,
  OptInRequired: wrongRegion,
  RegionMissing: wrongRegion,
  PrivateIpAddressLimitExceeded: limit,
  NetworkAddressUsageLimitExceeded: limit,
  RouteLimitExceeded: limit,
  ResourceCountLimitExceeded: limit,
  AddressLimitExceeded: limit,
  TagLimitExceeded: limit,
  FilterLimitExceeded: limit,
  InsufficientAddressCapacity: limit,
  InsufficientFreeAddressesInSubnet: limit,
  InsufficientCidrBlocks: limit,
  RequestLimitExceeded: throttled,
  Throttling: throttled,
  ThrottlingException: throttled,
  TimeoutError: unreachable,
  NetworkingError: unreachable,
  ECONNRESET: unreachable,
  EPIPE: unreachable,
  ETIMEDOUT: unreachable,
  IncorrectState: busy,
  IncorrectInstanceState: busy,
  // of an instance that is pending; otherwise of calls that name no interface, as none of ours
  InvalidInstanceID: busy,
  ConcurrentTagAccess: busy,
  InvalidParameterException: busy,
  'InvalidNetworkInterfaceID.NotFound': interfaceMissing,
  'InvalidNetworkInterfaceId.Malformed': interfaceMissing,
  'InvalidRouteTableID.NotFound': routeTableMissing,
  // of CreateRoute, which needs no route: a DeleteRoute that is answered so is done
  'InvalidRoute.NotFound': routeTableMissing,
  'InvalidRouteTableId.Malformed': routeTableMissing,
  'InvalidElasticIpID.NotFound': tagTargetUnknown,
  InvalidID: { ...tagTargetUnknown, retry: 'later' },
  'Gateway.NotAttached': {
    code: 'CloudRefused',
    remedy: 'Attach an Internet gateway to the VPC: an Elastic IP needs one.',
    retry: 'never',
  },
};

const refused: Meaning = {
  code: 'CloudRefused',
  remedy: 'Look up the EC2 code in the EC2 API reference; the message holds what EC2 said.',
  retry: 'later',
};

/** What is done about a failed call: the same code may mean other things for other calls. */
export function meaningOf(error: Ec2CallError): Meaning {
  const meaning = Object.hasOwn(meanings, error.ec2Code) ? meanings[error.ec2Code] : undefined;
  if (meaning !== undefined) return meaning;
  const { httpStatus: status = 0 } = error;
  if (status === 429) return throttled;
  if (status >= 500) return busy;
  return status === 0 ? unreachable : refused;
}

/** Codes of calls that EC2 never carries out, whatever status they were answered with. */
const refusedBeforehand: ReadonlySet<CoreErrorCode> = new Set([
  'CredentialsMissing',
  'CredentialsRefused',
  'WrongRegion',
  'Throttled',
]);

/** True when the call may have been carried out although it failed: no answer, or a server's fault. */
export function isOutcomeUnknown(error: Ec2CallError): boolean {
  if (refusedBeforehand.has(meaningOf(error).code)) return false;
  return error.httpStatus === undefined || error.httpStatus >= 500;
}

/** Makes a CoreError of whatever an Ec2Api threw; `tried` says what was tried, on what. */
export function translateEc2Error(error: unknown, tried: string): CoreError {
  if (CoreError.is(error)) return error;
  if (Ec2CallError.is(error)) {
    const meaning = meaningOf(error);
    const request = error.requestId === undefined ? '' : ` (request ${error.requestId})`;
    return new CoreError({
      code: meaning.code,
      message: `${tried}: ${error.action} was answered ${error.ec2Code}: ${error.message}${request}`,
      remedy: meaning.remedy,
      retry: meaning.retry,
      cause: error,
    });
  }
  const isAbort = error instanceof Error && error.name === 'AbortError';
  return new CoreError({
    code: isAbort ? 'Aborted' : 'CloudRefused',
    message: `${tried}: ${error instanceof Error ? error.message : String(error)}`,
    remedy: isAbort
      ? 'Call again; what was taken is given back.'
      : 'This is not a refusal by EC2: look at the cause.',
    retry: isAbort ? 'now' : 'never',
    cause: error,
  });
}

/** What a step was about, for an error's message. */
export function nameStep(step: CloudStep): string {
  switch (step.kind) {
    case 'disable-source-dest-check':
      return `switching off the source/destination check of ${step.networkInterfaceId}`;
    case 'assign-private-ip':
      return `registering ${step.privateIp} on ${step.networkInterfaceId}`;
    case 'unassign-private-ip':
      return `taking ${step.privateIp} off ${step.networkInterfaceId}`;
    case 'assign-ipv6-address':
      return `assigning ${step.address} to ${step.networkInterfaceId}`;
    case 'unassign-ipv6-address':
      return `taking ${step.address} off ${step.networkInterfaceId}`;
    case 'tag-ipv6-owner':
      return `recording the owner of ${step.address} on ${step.networkInterfaceId}`;
    case 'untag-ipv6-owner':
      return `removing the owner record of ${step.address} from ${step.networkInterfaceId}`;
    case 'associate-address':
      return `claiming ${step.publicIp} (${step.allocationId}) for ${step.privateIp} on ${step.networkInterfaceId}`;
    case 'allocate-address':
      return `allocating an Elastic IP tagged ${step.tags.map(({ key, value }) => `${key}=${value}`).join(', ')}`;
    case 'disassociate-address':
      return `giving back ${step.publicIp} (${step.associationId})`;
    case 'tag-owner':
      return `recording the owner of ${step.allocationId}`;
    case 'tag-released':
      return `recording that ${step.allocationId} is let go`;
    case 'tag-handover':
      return `asking who holds ${step.allocationId} to let it go`;
    case 'untag-handover':
      return `withdrawing what asks who holds ${step.allocationId} to let it go`;
    case 'untag-owner':
      return `removing the owner record of ${step.allocationId}`;
    case 'create-route':
    case 'replace-route':
      return `leading ${step.destination} to ${step.networkInterfaceId} in ${step.routeTableId}`;
    case 'delete-route':
      return `removing the route to ${step.destination} from ${step.routeTableId}`;
    default:
      return step satisfies never;
  }
}
