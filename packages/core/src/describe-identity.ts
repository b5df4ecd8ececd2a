import type { Grant } from './cloud/identity-grant.ts';
import { bindAddresses } from './identity/bind-address.ts';
import type { IdentitySpec } from './identity/identity-spec.ts';
import { identitySchema, type PublicIdentity } from './identity/public-identity.ts';
import type { LinkPlace } from './kernel/choose-link-address.ts';

/** Beside the grant: what was asked for, where, and when. */
interface Taken {
  readonly spec: IdentitySpec;
  readonly place: LinkPlace;
  readonly nowMs: number;
  /** As PublicIdentity.claimedAtUptimeMs. */
  readonly claimedAtUptimeMs: number;
}

/** What is published of what was taken. */
export function describeIdentity(
  { spec, place, nowMs, claimedAtUptimeMs }: Taken,
  grant: Grant,
): Omit<PublicIdentity, 'generation'> {
  return {
    schema: identitySchema,
    publicIp: grant.publicIp,
    privateIp: place.privateIp,
    privatePrefixLength: place.privatePrefixLength,
    linkName: spec.linkName,
    gateway: place.gateway,
    subnetCidr: place.subnetCidr,
    vpcCidrs: spec.vpcCidrs,
    table: spec.table,
    delivery: spec.delivery,
    ...(spec.routedCidrs === undefined ? {} : { routedCidrs: spec.routedCidrs }),
    ...(spec.ports === undefined ? {} : { ports: spec.ports }),
    ...describeIpv6(place, grant),
    bind: bindAddresses(spec.delivery, { privateIp: place.privateIp, publicIp: grant.publicIp }),
    region: spec.region,
    pool: spec.pool,
    owner: spec.owner,
    networkInterfaceId: grant.networkInterfaceId,
    allocationId: grant.allocationId,
    associationId: grant.associationId,
    privateIpAssignedByUs: grant.privateIpAssignedByUs,
    routeTableIds: grant.routeTableIds,
    claimedAtUptimeMs,
    publishedAt: new Date(nowMs).toISOString(),
  };
}

function describeIpv6({ publicIpv6 }: LinkPlace, grant: Grant): Pick<PublicIdentity, 'publicIpv6'> {
  if (publicIpv6 === undefined) return {};
  const assignedByUs = grant.publicIpv6?.assignedByUs === true;
  return { publicIpv6: { ...publicIpv6, assignedByUs } };
}

/** Equal in everything but when it was claimed and published, and how often. */
export function isSameIdentity(a: PublicIdentity, b: Omit<PublicIdentity, 'generation'>): boolean {
  return JSON.stringify(sorted(timeless(a))) === JSON.stringify(sorted(timeless(b)));
}

function timeless(
  identity: Omit<PublicIdentity, 'generation'> & { readonly generation?: number },
): object {
  const {
    generation: _often,
    claimedAtUptimeMs: _claimed,
    publishedAt: _published,
    ...what
  } = identity;
  return what;
}

function sorted(value: object): unknown {
  return Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1));
}
