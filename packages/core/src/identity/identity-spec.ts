import * as v from 'valibot';
import { CoreError } from '../errors.ts';
import { isCidr, isIpv4Address, type Cidr, type Ipv4Address } from './address.ts';
import { tagValueLimit, type Owner } from './owner.ts';
import { deliveries, type BoundPorts, type Delivery } from './delivery.ts';
import { ipv6Fields, refuseIpv6Spec, type Ipv6Spec, type Ipv6SpecInput } from './ipv6-spec.ts';
import { poolName, poolNameFault } from './pool-name.ts';
import { refuseDelivery } from './refuse-delivery.ts';
import { refuseProof } from './refuse-proof.ts';
import { proofSchema, type Proof, type ProofInput } from './proof.ts';

const ipv4 = v.custom<Ipv4Address>(
  (value) => typeof value === 'string' && isIpv4Address(value),
  'is not an IPv4 address',
);
const cidr = v.custom<Cidr>(
  (value) => typeof value === 'string' && isCidr(value),
  'is not an IPv4 network with zero host bits, such as 10.0.0.0/16',
);
const name = v.pipe(v.string(), v.minLength(1, 'is empty'));
/**
 * A part of the owner tag's value. EC2 itself takes any character there; these are what all AWS services take in tags (AWS General Reference,
 * "Tagging"), but for the slash, which separates parts.
 */
const namePart = v.pipe(
  name,
  v.regex(/^[\p{L}\p{N} _.:=+\-@]+$/u, 'has a character that AWS tags or the owner record refuse'),
);
/** IFNAMSIZ (include/uapi/linux/if.h) is 16 with the closing zero. */
const linkName = v.pipe(
  name,
  v.maxLength(15, 'is longer than 15 characters'),
  v.regex(/^[^\s/]+$/, 'has a blank or a slash'),
);

const addressName = v.custom<string>(
  (value) =>
    typeof value === 'string' && (isIpv4Address(value) || /^eipalloc-[0-9a-f]+$/.test(value)),
  'is neither an IPv4 address nor an allocation id',
);

const networkInterface = v.variant('by', [
  v.strictObject({ by: v.literal('mac') }),
  v.strictObject({
    by: v.literal('id'),
    networkInterfaceId: v.pipe(v.string(), v.regex(/^eni-[0-9a-f]+$/, 'is not an ENI id')),
  }),
  v.strictObject({
    by: v.literal('instance'),
    instanceId: v.pipe(v.string(), v.regex(/^i-[0-9a-f]+$/, 'is not an instance id')),
    tag: v.optional(v.strictObject({ key: name, value: v.string() })),
  }),
]);

const routeTables = v.variant('by', [
  v.strictObject({
    by: v.literal('ids'),
    routeTableIds: v.array(
      v.pipe(v.string(), v.regex(/^rtb-[0-9a-f]+$/, 'is not a route table id')),
    ),
  }),
  v.strictObject({ by: v.literal('tag'), key: name, value: v.string() }),
]);

/** What a caller writes; fields with defaults may be left out. */
export interface IdentitySpecInput extends Ipv6SpecInput {
  readonly owner: Owner;
  /** Value of the tag `truetuple/pool` on the Elastic IPs that may be claimed. */
  readonly pool: string;
  /** Public IP, or allocation id, of the one address of the pool that will do; default any. */
  readonly address?: string | undefined;
  /** Public IPs, or allocation ids, of addresses of the pool that will not do. */
  readonly excludeAddresses?: readonly string[] | undefined;
  /** AWS region of the ENI, the pool and the route tables. */
  readonly region: string;
  /** The Multus interface; default `net1`. */
  readonly linkName?: string | undefined;
  /** Which of the link's addresses; default its first one of global scope. */
  readonly privateIp?: string | undefined;
  /** How the link's ENI is found; default by its MAC address, which an ipvlan link shares with it. */
  readonly networkInterface?: NetworkInterfaceSelector | undefined;
  /**
   * True to refuse an ENI without the tag `node.k8s.amazonaws.com/no_manage=true`, which the Amazon VPC CNI
   * would take for its own pods. Set it where that CNI runs; default false.
   */
  readonly requireNoManageTag?: boolean | undefined;
  /** Every IPv4 CIDR block of the VPC: peers in them are called from the public address. */
  readonly vpcCidrs: readonly string[];
  /** The route tables of the subnets whose hosts shall reach the public address directly. */
  readonly routeTables: RouteTableSelector;
  /** The VPC router of the link's subnet; default the subnet's first address. */
  readonly gateway?: string | undefined;
  /** Policy-routing table of the link, one per link; default 200. */
  readonly table?: number | undefined;
  /** How the public address reaches the application; default `both`, two sockets. */
  readonly delivery?: Delivery | undefined;
  /**
   * Subnets whose route table carries the public /32 (those of `routeTables`). `translate` and `rule` need
   * them; without them the others take the whole VPC but the link's own subnet.
   */
  readonly routedCidrs?: readonly string[] | undefined;
  /** What the application binds to 0.0.0.0: `rule` and `any` need it, the others refuse it. */
  readonly ports?: readonly BoundPorts[] | undefined;
  /** Where `public-ip` and `public-ip.json` are written; default `/run/truetuple`. */
  readonly identityDirectory?: string | undefined;
  /** What must be shown before it is published; default `{ require: 'kernel' }`, which needs no STUN server. */
  readonly proof?: ProofInput | undefined;
}

/** How the ENI of a link is found. */
export type NetworkInterfaceSelector =
  | { readonly by: 'mac' }
  | { readonly by: 'id'; readonly networkInterfaceId: string }
  | {
      readonly by: 'instance';
      readonly instanceId: string;
      readonly tag?: { readonly key: string; readonly value: string } | undefined;
    };

/** Which route tables get a /32 that leads to the identity. */
export type RouteTableSelector =
  | { readonly by: 'ids'; readonly routeTableIds: readonly string[] }
  /** All tables of the ENI's VPC that carry this tag. */
  | { readonly by: 'tag'; readonly key: string; readonly value: string };

/** A parsed spec: every field checked, every default filled in. */
export interface IdentitySpec extends Ipv6Spec {
  readonly owner: Owner;
  readonly pool: string;
  readonly address?: string | undefined;
  readonly excludeAddresses: readonly string[];
  readonly region: string;
  readonly linkName: string;
  readonly privateIp?: Ipv4Address | undefined;
  readonly networkInterface: NetworkInterfaceSelector;
  readonly requireNoManageTag: boolean;
  readonly vpcCidrs: readonly Cidr[];
  readonly routeTables: RouteTableSelector;
  readonly gateway?: Ipv4Address | undefined;
  readonly table: number;
  readonly delivery: Delivery;
  readonly routedCidrs?: readonly Cidr[] | undefined;
  readonly ports?: readonly BoundPorts[] | undefined;
  readonly identityDirectory: string;
  readonly proof: Proof;
}

const port = v.pipe(
  v.number(),
  v.integer('is not a whole number'),
  v.minValue(1, 'is below 1'),
  v.maxValue(65_535, 'is above 65535'),
);
const boundPorts = v.pipe(
  v.strictObject({
    protocol: v.picklist(['udp', 'tcp'], 'is neither udp nor tcp'),
    first: port,
    last: port,
  }),
  v.check(({ first, last }) => first <= last, 'ends before it begins'),
);

const ownerSchema = v.strictObject({
  cluster: namePart,
  namespace: namePart,
  pod: namePart,
  uid: namePart,
});

/** The fields of a spec, each by itself; docs/spec.md tells them. */
export const identitySpecSchema: v.GenericSchema<unknown, IdentitySpec> = v.strictObject({
  owner: ownerSchema,
  pool: v.pipe(v.string(), v.regex(poolName, poolNameFault)),
  address: v.optional(addressName),
  excludeAddresses: v.optional(v.array(addressName), []),
  region: v.pipe(v.string(), v.regex(/^[a-z]{2,4}(-[a-z]+)+-\d+$/, 'is not an AWS region')),
  linkName: v.optional(linkName, 'net1'),
  privateIp: v.optional(ipv4),
  networkInterface: v.optional(networkInterface, { by: 'mac' }),
  requireNoManageTag: v.optional(v.boolean(), false),
  vpcCidrs: v.pipe(v.array(cidr), v.minLength(1, 'is empty')),
  routeTables,
  gateway: v.optional(ipv4),
  table: v.optional(
    v.pipe(
      v.number(),
      v.integer(),
      v.minValue(1, 'is below 1'),
      v.maxValue(0xffff_ffff, 'is above 32 bits'),
      v.check(
        (table) => table < 253 || table > 255,
        'is one of the tables 253 to 255, which the kernel keeps for itself',
      ),
    ),
    200,
  ),
  delivery: v.optional(
    v.picklist(deliveries, `is no delivery mode (${deliveries.join(', ')})`),
    'both',
  ),
  routedCidrs: v.optional(v.array(cidr)),
  ports: v.optional(v.array(boundPorts)),
  identityDirectory: v.optional(
    v.pipe(name, v.regex(/^\//, 'is not an absolute path')),
    '/run/truetuple',
  ),
  proof: v.optional(proofSchema, { require: 'kernel' }),
  ...ipv6Fields,
});

/**
 * Parses a spec once, at the edge, and fills in every default.
 * @throws CoreError SpecInvalid naming every field that is wrong
 */
export function parseIdentitySpec(input: unknown): IdentitySpec {
  const result = v.safeParse(identitySpecSchema, input);
  if (!result.success) throw invalid(result.issues.map(describeIssue));
  const spec = result.output;
  const impossible = [
    ...refuseDelivery(spec),
    ...refuseProofOf(spec),
    ...refuseIpv6Spec(spec),
    ...refuseChoice(spec),
  ];
  if (impossible.length > 0) throw invalid(impossible);
  const length = longestTag(spec);
  if (length > tagValueLimit) {
    throw invalid([`owner: a tag would have ${length} characters, EC2 allows ${tagValueLimit}`]);
  }
  return spec;
}

/** How long the longest value is that is written of an owner: on its Elastic IP, or with the pool for its IPv6 address. */
function longestTag({ owner, addressFamilies, pool }: IdentitySpec): number {
  const onElasticIp = '255.255.255.255/assigned/eni-00000000000000000'.length;
  const ofIpv6 = addressFamilies.includes('ipv6') ? pool.length : 0;
  return `${Object.values(owner).join('/')}/`.length + Math.max(onElasticIp, ofIpv6);
}

/** What is wrong with an owner that is given without a spec; empty when nothing is. */
export function refuseOwner(input: unknown): string[] {
  return v.safeParse(ownerSchema, input).issues?.map(describeIssue) ?? [];
}

function refuseChoice({ address, excludeAddresses }: IdentitySpec): string[] {
  if (address === undefined || !excludeAddresses.includes(address)) return [];
  return [`excludeAddresses: has ${address}, the only one that will do`];
}

function refuseProofOf(spec: IdentitySpec): string[] {
  const { proof } = spec;
  if (proof.require === 'kernel') return [];
  return refuseProof(spec, proof.wire).map((problem) => `proof.${problem}`);
}

function describeIssue(issue: v.BaseIssue<unknown>): string {
  return `${v.getDotPath(issue) ?? 'spec'}: ${issue.message}`;
}

function invalid(problems: readonly string[]): CoreError {
  return new CoreError({
    code: 'SpecInvalid',
    message: `The identity spec is invalid: ${problems.join('; ')}`,
    remedy: 'Correct the named fields; IdentitySpecInput documents each one.',
    retry: 'never',
  });
}
