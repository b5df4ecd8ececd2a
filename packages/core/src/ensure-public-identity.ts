import type { Claim, Grant, IdentityGrant } from './cloud/identity-grant.ts';
import { holdIdentity, type HeldIdentity } from './held-identity.ts';
import {
  parseIdentitySpec,
  type IdentitySpec,
  type IdentitySpecInput,
} from './identity/identity-spec.ts';
import { identitySchema, type PublicIdentity } from './identity/public-identity.ts';
import type { OnStep } from './identity/step-event.ts';
import { chooseLinkAddress, type LinkPlace } from './kernel/choose-link-address.ts';
import { convergeLink } from './kernel/converge-link.ts';
import type { KernelPort } from './kernel/kernel-port.ts';
import { identityLink } from './kernel/wanted-link.ts';
import type { NodePorts } from './node-ports.ts';
import { releasePublicIdentity } from './release-public-identity.ts';
import { reportSteps, type StepReport } from './report-step.ts';
import { thisNode } from './this-node.ts';
import { requireProof } from './verify/require-proof.ts';

export interface EnsureOptions {
  /** Default: `thisNode()`. */
  readonly node?: NodePorts;
  readonly signal?: AbortSignal;
  readonly onStep?: OnStep;
}

/** All that one call of ensure works with. */
interface Run {
  readonly spec: IdentitySpec;
  readonly node: NodePorts;
  readonly kernel: KernelPort;
  readonly grant: IdentityGrant;
  readonly report: StepReport;
  readonly place: LinkPlace;
  readonly signal: AbortSignal | undefined;
}

/**
 * Takes a public UDP identity for a link of this network namespace, proves it and publishes it: the
 * link's private IP on its ENI, an Elastic IP claimed from the pool, VPC /32 routes, the public /32 on the
 * link, source rules, a fail-closed table. Repeating it when all is in place changes nothing.
 * @throws CoreError with a code, what was tried, and a remedy; whatever was taken is given back first.
 */
export async function ensurePublicIdentity(
  input: IdentitySpecInput,
  options: EnsureOptions = {},
): Promise<HeldIdentity> {
  const spec = parseIdentitySpec(input);
  const node = options.node ?? thisNode();
  const report = reportSteps(node.clock, options.onStep);
  const kernel = await node.openKernel();
  try {
    const place = chooseLinkAddress(await kernel.observe(spec.linkName, spec.table), spec);
    const grant = await node.openGrant(spec);
    const run: Run = { spec, node, kernel, grant, report, place, signal: options.signal };
    const identity = await proveAndPublish(run, await takeBothHalves(run));
    return holdIdentity(identity, (held) =>
      releasePublicIdentity(held, { node, identityDirectory: spec.identityDirectory }),
    );
  } finally {
    kernel.close();
  }
}

/** The kernel's and the cloud's half run side by side; either failing gives both back. */
async function takeBothHalves(run: Run): Promise<Grant> {
  const claims: Claim[] = [];
  const stop = new AbortController();
  const signal =
    run.signal === undefined ? stop.signal : AbortSignal.any([run.signal, stop.signal]);
  const prepared = convergeKernel(run, { signal });
  prepared.catch((error: unknown) => stop.abort(error));
  const granted = run.grant.acquire({
    spec: run.spec,
    link: run.place,
    signal,
    onStep: run.report.cloud,
    onClaimed: async (claim) => {
      claims.push(claim);
      await prepared;
      await convergeKernel(run, { claim, signal });
    },
  });
  const [kernelHalf, cloudHalf] = await Promise.allSettled([prepared, granted]);
  if (kernelHalf.status === 'fulfilled' && cloudHalf.status === 'fulfilled') {
    await forgetOthers(run, claims, cloudHalf.value);
    return cloudHalf.value;
  }
  if (cloudHalf.status === 'fulfilled') await run.grant.release(cloudHalf.value);
  await forgetOthers(run, claims, undefined);
  // the kernel's failure is the cause when both failed: it is what stopped the cloud's half
  throw kernelHalf.status === 'rejected'
    ? kernelHalf.reason
    : (cloudHalf as PromiseRejectedResult).reason;
}

interface KernelWish {
  readonly claim?: Pick<Claim, 'publicIp'>;
  readonly releasing?: readonly Pick<Claim, 'publicIp'>[];
  readonly signal?: AbortSignal | undefined;
}

async function convergeKernel(run: Run, wish: KernelWish): Promise<void> {
  const { privateIp } = run.place;
  const held = wish.claim === undefined ? {} : { publicIp: wish.claim.publicIp };
  await convergeLink({
    kernel: run.kernel,
    report: run.report,
    linkName: run.spec.linkName,
    wanted: {
      ...identityLink({ ...run.place, table: run.spec.table, vpcCidrs: run.spec.vpcCidrs }),
      identities: wish.releasing === undefined ? [{ privateIp, ...held }] : [],
      releasing: (wish.releasing ?? []).map(({ publicIp }) => ({ privateIp, publicIp })),
    },
    signal: wish.signal,
  });
}

/** Takes off the link every address that was claimed on the way and is not the one we kept. */
async function forgetOthers(
  run: Run,
  claims: readonly Claim[],
  kept: Grant | undefined,
): Promise<void> {
  const releasing = claims.filter((claim) => claim.publicIp !== kept?.publicIp);
  if (releasing.length === 0) return;
  await convergeKernel(run, { releasing });
  if (kept !== undefined) await convergeKernel(run, { claim: kept });
}

async function proveAndPublish(run: Run, grant: Grant): Promise<PublicIdentity> {
  const { spec, node, report, kernel } = run;
  const identity = describeIdentity(run, grant);
  const publisher = node.openPublisher(spec.identityDirectory);
  try {
    await requireProof(kernel, identity);
    const current = await publisher.current().catch(() => undefined);
    if (current !== undefined && isSameIdentity(current, identity)) return current;
    return await report.publish(
      {
        name: 'publish',
        sentence: `Publish ${grant.publicIp} in ${spec.identityDirectory}: it is proven.`,
        command: `echo ${grant.publicIp} > ${spec.identityDirectory}/public-ip`,
      },
      () => publisher.publish(identity),
    );
  } catch (error) {
    const options = { node, identityDirectory: spec.identityDirectory };
    await releasePublicIdentity({ ...identity, generation: 1 }, options);
    throw error;
  }
}

function describeIdentity(run: Run, grant: Grant): Omit<PublicIdentity, 'generation'> {
  const { spec, place, node } = run;
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
    bind: { internet: place.privateIp, vpc: grant.publicIp },
    region: spec.region,
    pool: spec.pool,
    owner: spec.owner,
    networkInterfaceId: grant.networkInterfaceId,
    allocationId: grant.allocationId,
    associationId: grant.associationId,
    privateIpAssignedByUs: grant.privateIpAssignedByUs,
    routeTableIds: grant.routeTableIds,
    publishedAt: new Date(node.clock.now()).toISOString(),
  };
}

/** Equal in everything but when and how often it was published. */
function isSameIdentity(a: PublicIdentity, b: Omit<PublicIdentity, 'generation'>): boolean {
  const { generation: _generation, publishedAt: _publishedAt, ...published } = a;
  const { publishedAt: _now, ...wanted } = b;
  return JSON.stringify(sorted(published)) === JSON.stringify(sorted(wanted));
}

function sorted(value: object): unknown {
  return Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1));
}
