import { formatIpv6Owner } from './cloud/ipv6/ipv6-record.ts';
import type { CloudView } from './cloud/observe/view.ts';
import { planAlone, type WantedIdentity } from './cloud/plan/plan-cloud.ts';
import type { CloudStep } from './cloud/steps/cloud-step.ts';
import { describeCloudStep } from './cloud/steps/describe-cloud-step.ts';
import { CoreError } from './errors.ts';
import { hostCidr, type Cidr, type Ipv4Address } from './identity/address.ts';
import { deliveryPlan } from './identity/delivery.ts';
import { deriveIpv6 } from './identity/derive-ipv6.ts';
import {
  parseIdentitySpec,
  type IdentitySpec,
  type IdentitySpecInput,
} from './identity/identity-spec.ts';
import type { Ipv6Address } from './identity/ipv6-address.ts';
import type { StepDescription } from './identity/step-description.ts';
import { chooseIpv6 } from './kernel/choose-ipv6.ts';
import { describeKernelStep } from './kernel/describe-kernel-step.ts';
import { isIpv6Step } from './kernel/ipv6-step.ts';
import type { LinkState } from './kernel/kernel-port.ts';
import type { KernelStep } from './kernel/kernel-step.ts';
import { planKernel } from './kernel/plan-kernel.ts';
import { identityLink } from './kernel/wanted-link.ts';

/** One step of a plan, in words and as the command that would do it. */
export interface ExplainedStep extends StepDescription {
  readonly half: 'cloud' | 'kernel' | 'publish';
  readonly name: string;
}

/** A plan, in words. */
export interface Explanation {
  /** In the order in which ensure carries them out; the two halves run side by side until the claim. */
  readonly steps: readonly ExplainedStep[];
  /** The shell variables in the commands, and what each stands for. */
  readonly unknown: Readonly<Record<string, string>>;
}

/**
 * What is not known before the link and EC2 were asked. The planners get a value of the right form
 * (RFC 5737's 192.0.2.0/24), which is a shell variable in what is told.
 */
const placeholders = {
  PUBLIC_IP: { value: '192.0.2.201', meaning: 'the Elastic IP that will be claimed' },
  PRIVATE_IP: { value: '192.0.2.202', meaning: 'the address of the link' },
  PUBLIC_IPV6: { value: '2001:db8::c0ff:ee01', meaning: "the link's global IPv6 address" },
  GATEWAY_IPV6: { value: 'fe80::c0ff:ee02', meaning: 'the VPC router, as advertised on the link' },
  GATEWAY: { value: '192.0.2.203', meaning: "the VPC router of the link's subnet" },
  SUBNET_CIDR: { value: '192.0.2.204/30', meaning: "the link's subnet" },
  ENI: { value: 'eni-0000000c0ffee0001', meaning: "the link's network interface" },
  ALLOCATION_ID: { value: 'eipalloc-0000000c0ffee0002', meaning: "the Elastic IP's allocation" },
  ROUTE_TABLE: { value: 'rtb-0000000c0ffee0003', meaning: 'each route table with the tag' },
} as const;
const publicIp = placeholders.PUBLIC_IP.value as Ipv4Address;

/**
 * The whole plan of an identity, from a namespace and an account where nothing is there yet: each step a
 * sentence and the `ip` or `aws` line that would do the same. Asks nobody and changes nothing.
 * @throws CoreError SpecInvalid naming every field that is wrong
 */
export function explain(input: IdentitySpecInput): Explanation {
  const spec = parseIdentitySpec(input);
  const cloud = planEmptyCloud(spec);
  const kernel = planEmptyLink(spec);
  const steps = [
    ...kernel.filter((step) => !isOfClaim(step)).map(tellKernel),
    ...cloud.filter((step) => !isRoute(step)).map(tellCloud),
    ...kernel.filter(isOfClaim).map(tellKernel),
    ...cloud.filter(isRoute).map(tellCloud),
    tellPublish(spec),
  ].map(nameUnknown);
  const told = steps.map(({ command }) => command).join('\n');
  const unknown = Object.entries(placeholders)
    .filter(([name]) => told.includes(`$${name}`))
    .map(([name, { meaning }]) => [name, meaning] as const);
  return { steps, unknown: Object.fromEntries(unknown) };
}

function isRoute(step: CloudStep): boolean {
  return step.kind === 'create-route';
}

/** What cannot be done before the public address is known. */
function isOfClaim(step: KernelStep): boolean {
  if (step.kind === 'add-rule') return step.from === hostCidr(publicIp) || step.ports !== undefined;
  if (step.kind === 'replace-route') return step.source === publicIp;
  return step.kind === 'add-address' || step.kind === 'replace-delivery-table' || isIpv6Step(step);
}

function planEmptyLink(spec: IdentitySpec): KernelStep[] {
  const privateIp = spec.privateIp ?? (placeholders.PRIVATE_IP.value as Ipv4Address);
  const state: LinkState = {
    linkIndex: 0,
    linkName: spec.linkName,
    macAddress: '00:00:00:00:00:00',
    mtu: 9001,
    up: true,
    lowerUp: true,
    settings: { rpFilter: 0, arpAnnounce: 0, arpIgnore: 0 },
    addresses: [],
    routes: [],
    rules: [],
    deliveryTables: [],
    ipv6: {
      settings: { disabled: false, keepAddrOnDown: false },
      maySet: true,
      addresses: [],
      routes: [],
      rules: [],
      routers: [placeholders.GATEWAY_IPV6.value as Ipv6Address],
    },
  };
  return planKernel(state, {
    ...identityLink({
      table: spec.table,
      vpcCidrs: spec.vpcCidrs,
      gateway: spec.gateway ?? (placeholders.GATEWAY.value as Ipv4Address),
      subnetCidr: placeholders.SUBNET_CIDR.value as Cidr,
    }),
    identities: [
      {
        privateIp,
        publicIp,
        publicIpv6: chooseIpv6(state, knownIpv6(spec)),
        ...deliveryPlan(spec),
      },
    ],
    releasing: [],
  });
}

/** The address that the link will have, where neither the spec nor the pod's name says it. */
function knownIpv6(spec: IdentitySpec): IdentitySpec {
  if (spec.publicIpv6 !== undefined || spec.subnetIpv6Cidr !== undefined) return spec;
  return { ...spec, publicIpv6: placeholders.PUBLIC_IPV6.value as Ipv6Address };
}

/** Before the claim of the Elastic IP. */
function planIpv6Cloud(spec: IdentitySpec, networkInterfaceId: string): CloudStep[] {
  if (!spec.addressFamilies.includes('ipv6')) return [];
  const { publicIpv6, subnetIpv6Cidr, owner } = knownIpv6(spec);
  const address = publicIpv6 ?? (subnetIpv6Cidr && deriveIpv6(subnetIpv6Cidr, owner));
  if (address === undefined) return [];
  const value = formatIpv6Owner(owner, spec.pool);
  return [
    { kind: 'tag-ipv6-owner', networkInterfaceId, address, value },
    { kind: 'assign-ipv6-address', networkInterfaceId, address },
  ];
}

function planEmptyCloud(spec: IdentitySpec): readonly CloudStep[] {
  const { networkInterface, routeTables } = spec;
  const ids =
    routeTables.by === 'ids' ? routeTables.routeTableIds : [placeholders.ROUTE_TABLE.value];
  const networkInterfaceId =
    networkInterface.by === 'id' ? networkInterface.networkInterfaceId : placeholders.ENI.value;
  const view: CloudView = {
    networkInterfaces: [
      {
        networkInterfaceId,
        vpcId: '',
        subnetId: '',
        macAddress: '',
        sourceDestCheck: true,
        status: 'in-use',
        privateIpAddresses: [],
        tags: [],
      },
    ],
    addresses: [
      {
        allocationId: placeholders.ALLOCATION_ID.value,
        publicIp: placeholders.PUBLIC_IP.value,
        tags: [],
      },
    ],
    routeTables: ids.map((routeTableId) => ({
      routeTableId,
      vpcId: '',
      routes: [],
      associatedSubnetIds: [],
      tags: [],
    })),
  };
  const wanted: WantedIdentity = {
    kind: 'identity',
    owner: spec.owner,
    privateIp: spec.privateIp ?? (placeholders.PRIVATE_IP.value as Ipv4Address),
    networkInterfaceId,
    excluded: [],
    privateIpAssignedByUs: false,
    withRoutes: true,
  };
  const plan = planAlone(wanted, view);
  if (plan.kind === 'steps') return [...planIpv6Cloud(spec, networkInterfaceId), ...plan.steps];
  throw new CoreError({
    code: 'NotConverged',
    message: `No plan for an empty account: ${plan.kind}`,
    remedy: 'This is a defect of truetuple: please report it with the spec.',
    retry: 'never',
  });
}

function tellKernel(step: KernelStep): ExplainedStep {
  return { half: 'kernel', name: step.kind, ...describeKernelStep(step) };
}

function tellCloud(step: CloudStep): ExplainedStep {
  return { half: 'cloud', name: step.kind, ...describeCloudStep(step) };
}

function tellPublish({ identityDirectory }: IdentitySpec): ExplainedStep {
  return {
    half: 'publish',
    name: 'publish',
    sentence: `Once both halves are verified, write the identity to ${identityDirectory}.`,
    command: `echo ${placeholders.PUBLIC_IP.value} > ${identityDirectory}/public-ip`,
  };
}

function nameUnknown(step: ExplainedStep): ExplainedStep {
  return { ...step, sentence: substitute(step.sentence), command: substitute(step.command) };
}

function substitute(text: string): string {
  return Object.entries(placeholders).reduce(
    (now, [name, { value }]) => now.replaceAll(value, `$${name}`),
    text,
  );
}
