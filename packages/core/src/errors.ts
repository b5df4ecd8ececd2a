const brand = Symbol.for('truetuple.core.error');

/** Stable codes of every error that @truetuple/core throws on purpose. */
export type CoreErrorCode =
  | 'SpecInvalid'
  | 'LinkNotFound'
  | 'LinkDown'
  | 'LinkHasNoAddress'
  | 'NetAdminMissing'
  | 'NetlinkUnavailable'
  | 'KernelRefused'
  | 'AddressHeldOnNode'
  | 'DeliveryImpossible'
  | 'TableInUse'
  | 'Ipv6Unavailable'
  | 'PoolEmpty'
  | 'PoolExhausted'
  | 'AddressUnavailable'
  | 'NetworkInterfaceNotFound'
  | 'NetworkInterfaceAmbiguous'
  | 'NetworkInterfaceDetached'
  | 'NetworkInterfaceManaged'
  | 'RouteTablesNotFound'
  | 'WrongRegion'
  | 'WrongNetworkBorderGroup'
  | 'AccessDenied'
  | 'CredentialsMissing'
  | 'CredentialsRefused'
  | 'PrivateIpHeldElsewhere'
  | 'Ipv6AddressHeldElsewhere'
  | 'Ipv6GatewayUnknown'
  | 'LimitExceeded'
  | 'RouteHeldElsewhere'
  | 'ClaimInDoubt'
  | 'Throttled'
  | 'CloudUnreachable'
  | 'MetadataUnreachable'
  | 'MetadataRefused'
  | 'NodeFactsInvalid'
  | 'CloudRefused'
  | 'NotConverged'
  | 'NotProven'
  | 'OutboundNotProven'
  | 'InboundNotProven'
  | 'IdentityFileInvalid'
  | 'PublishFailed'
  | 'ReleaseIncomplete'
  | 'ProbeRefused'
  | 'TooManyOrphans'
  | 'OwnersUnknown'
  | 'Superseded'
  | 'HolderUnknown'
  | 'HolderSilent'
  | 'AlreadyReleased'
  | 'ClaimExists'
  | 'ClaimConflict'
  | 'ClaimNotFound'
  | 'ClaimStoreUnreachable'
  | 'NotGranted'
  | 'LeaseLost'
  | 'Aborted';

/** Whether the same may work: at once, after a while, or not before something was changed. */
export type Retry = 'now' | 'later' | 'never';

/** Everything that a CoreError says. */
export interface CoreErrorDetails {
  readonly code: CoreErrorCode;
  /** What was tried, on what, and what came back. */
  readonly message: string;
  /** What a person can do about it. */
  readonly remedy: string;
  readonly retry: Retry;
  readonly cause?: unknown;
}

/**
 * The one error class of @truetuple/core. Recognise it by `code`, or by `CoreError.is`:
 * `instanceof` is false when two copies of the package are loaded.
 */
export class CoreError extends Error {
  readonly code: CoreErrorCode;
  readonly remedy: string;
  readonly retry: Retry;

  constructor(details: CoreErrorDetails) {
    super(details.message, 'cause' in details ? { cause: details.cause } : undefined);
    this.name = 'CoreError';
    this.code = details.code;
    this.remedy = details.remedy;
    this.retry = details.retry;
    Object.defineProperty(this, brand, { value: true });
  }

  /** True for a CoreError of any copy of this package. */
  static is(error: unknown): error is CoreError {
    return typeof error === 'object' && error !== null && brand in error;
  }
}
