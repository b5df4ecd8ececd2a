import * as v from 'valibot';
import { CoreError } from '../errors.ts';
import { isCidr, isIpv4Address, type Cidr, type Ipv4Address } from './address.ts';
import {
  canonicalIpv6Cidr,
  isIpv6Address,
  type Ipv6Address,
  type Ipv6Cidr,
} from './ipv6-address.ts';
import { deliveries } from './delivery.ts';
import { identitySchema, type PublicIdentity } from './public-identity.ts';

const ipv4 = v.custom<Ipv4Address>(
  (value) => typeof value === 'string' && isIpv4Address(value),
  'is not an IPv4 address',
);
const cidr = v.custom<Cidr>(
  (value) => typeof value === 'string' && isCidr(value),
  'is not an IPv4 network',
);
const ipv6 = v.custom<Ipv6Address>(
  (value) => typeof value === 'string' && isIpv6Address(value),
  'is not an IPv6 address',
);
const ipv6Cidr = v.custom<Ipv6Cidr>(
  (value) => typeof value === 'string' && canonicalIpv6Cidr(value) === value,
  'is not an IPv6 network',
);
const port = v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(65_535));
const positive = v.pipe(v.number(), v.integer(), v.minValue(1));

/** The identity file, which docs/identity-file.md tells. Unknown fields are left out: a later minor version may have written more. */
export const publicIdentitySchema: v.GenericSchema<unknown, PublicIdentity> = v.object({
  schema: v.literal(identitySchema),
  generation: positive,
  publicIp: ipv4,
  privateIp: ipv4,
  privatePrefixLength: v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(32)),
  linkName: v.string(),
  gateway: ipv4,
  subnetCidr: cidr,
  vpcCidrs: v.array(cidr),
  table: positive,
  delivery: v.picklist(deliveries),
  routedCidrs: v.exactOptional(v.array(cidr)),
  ports: v.exactOptional(
    v.array(v.object({ protocol: v.picklist(['udp', 'tcp']), first: port, last: port })),
  ),
  bind: v.object({ internet: ipv4, vpc: ipv4 }),
  publicIpv6: v.exactOptional(
    v.object({
      address: ipv6,
      prefixLength: v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(128)),
      gateway: ipv6,
      vpcCidrs: v.array(ipv6Cidr),
      assignedByUs: v.boolean(),
    }),
  ),
  region: v.string(),
  pool: v.string(),
  owner: v.object({
    cluster: v.string(),
    namespace: v.string(),
    pod: v.string(),
    uid: v.string(),
  }),
  networkInterfaceId: v.string(),
  allocationId: v.string(),
  associationId: v.string(),
  privateIpAssignedByUs: v.boolean(),
  routeTableIds: v.array(v.string()),
  claimedAtUptimeMs: v.exactOptional(v.pipe(v.number(), v.minValue(0))),
  publishedAt: v.string(),
});

/**
 * Reads a PublicIdentity from the JSON text that a publisher wrote.
 * @param source where the text is from, for the error: a path, or a name
 * @throws CoreError IdentityFileInvalid naming `source` and what is wrong in it
 */
export function parsePublicIdentity(text: string, source: string): PublicIdentity {
  const result = v.safeParse(publicIdentitySchema, parseJson(text));
  if (result.success) return result.output;
  const problems = result.issues.map((i) => `${v.getDotPath(i) ?? 'value'}: ${i.message}`);
  throw new CoreError({
    code: 'IdentityFileInvalid',
    message: `${source} does not hold a ${identitySchema}: ${problems.join('; ')}`,
    remedy: 'Remove the file; the identity can be ensured again and is written anew.',
    retry: 'never',
  });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
