import { requireAddress, type AddressRecord, type CloudState } from './cloud-state.ts';
import { refuse } from './refuse.ts';

/** The name that an Elastic IP's reverse lookup answers, and what it is about to become. */
export interface ReverseDns {
  /** Fully qualified. */
  readonly ptrRecord: string | undefined;
  /** Undefined: nothing is under way. A `ptrRecord` that is undefined: the record goes. */
  readonly update: { readonly ptrRecord: string | undefined; readonly dueMs: number } | undefined;
}

/** AddressAttribute of the EC2 API reference. */
export interface AddressAttribute {
  readonly publicIp: string;
  readonly allocationId: string;
  readonly ptrRecord?: string;
  /** While a change is under way; without a value: the record goes. */
  readonly ptrRecordUpdate?: { readonly value?: string; readonly status: 'PENDING' };
}

/** Which name, and whose: undefined takes the record away. */
export interface ReverseDnsSetup {
  readonly allocationId: string;
  readonly domainName: string | undefined;
}

export const noReverseDns: ReverseDns = { ptrRecord: undefined, update: undefined };

/** Labels of letters, digits and hyphens (RFC 1123, 2.1), at least two; a last dot may stand. */
const domainNamePattern =
  /^(?:[a-z\d](?:[a-z\d-]{0,61}[a-z\d])?\.)+[a-z][a-z\d-]{0,61}[a-z\d]\.?$/i;

/**
 * ModifyAddressAttribute and ResetAddressAttribute. EC2 asks besides that the name resolves to the address; names are not
 * simulated.
 */
export function setReverseDns(state: CloudState, setup: ReverseDnsSetup): AddressAttribute {
  const { allocationId, domainName } = setup;
  const address = requireAddress(state, allocationId);
  if (domainName !== undefined && !domainNamePattern.test(domainName)) {
    refuse('InvalidParameterValue', `Value (${domainName}) for parameter domainName is invalid.`);
  }
  const wanted =
    domainName === undefined || domainName.endsWith('.') ? domainName : `${domainName}.`;
  const { ptrRecord } = reverseDnsOf(state, address);
  const dueMs = state.elapsed() + state.rules.reverseDnsMs;
  address.reverseDns = { ptrRecord, update: { ptrRecord: wanted, dueMs } };
  return attributeOf(state, address);
}

/** DescribeAddressesAttribute with `domain-name`. */
export function describeReverseDns(
  state: CloudState,
  input: { readonly allocationIds?: readonly string[] },
): AddressAttribute[] {
  const asked = input.allocationIds?.map((id) => requireAddress(state, id)) ?? [
    ...state.addresses.values(),
  ];
  return asked.map((address) => attributeOf(state, address));
}

/** Refuses to release an address while it has a record, or a change of one is under way. */
export function requireUnlocked(state: CloudState, address: AddressRecord): void {
  const { ptrRecord, update } = reverseDnsOf(state, address);
  if (ptrRecord === undefined && update === undefined) return;
  refuse(
    state.rules.reverseDnsLockCode,
    `Address ${address.publicIp} cannot be released: it is locked by a reverse DNS record.`,
  );
}

/** As it is now: an update whose time has come is the record. */
function reverseDnsOf(state: CloudState, { reverseDns }: AddressRecord): ReverseDns {
  const { update } = reverseDns;
  if (update === undefined || update.dueMs > state.elapsed()) return reverseDns;
  return { ptrRecord: update.ptrRecord, update: undefined };
}

function attributeOf(state: CloudState, address: AddressRecord): AddressAttribute {
  const { publicIp, allocationId } = address;
  const { ptrRecord, update } = reverseDnsOf(state, address);
  return {
    publicIp,
    allocationId,
    ...(ptrRecord === undefined ? {} : { ptrRecord }),
    ...(update === undefined ? {} : { ptrRecordUpdate: pendingOf(update.ptrRecord) }),
  };
}

function pendingOf(value: string | undefined): NonNullable<AddressAttribute['ptrRecordUpdate']> {
  return { ...(value === undefined ? {} : { value }), status: 'PENDING' };
}
