import { choosePlace } from './choose-place.ts';
import { withFailures } from './cloud/acquire/with-failures.ts';
import type { Claim, Grant } from './cloud/identity-grant.ts';
import { describeIdentity, isSameIdentity } from './describe-identity.ts';
import { convergeKernel, forgetOthers, withdrawClaim, type Run } from './ensure-run.ts';
import { CoreError } from './errors.ts';
import { findPublished, isIpv6Ours } from './find-published.ts';
import { holdIdentity, type HeldIdentity } from './held-identity.ts';
import type { Ipv4Address } from './identity/address.ts';
import { parseIdentitySpec, type IdentitySpecInput } from './identity/identity-spec.ts';
import type { PublicIdentity } from './identity/public-identity.ts';
import type { Publisher } from './identity/publisher.ts';
import type { OnStep } from './identity/step-event.ts';
import { anything, wrongOptions, type OptionRules } from './identity/wrong-options.ts';
import { lateParts } from './late-parts.ts';
import { lookBefore } from './look-before.ts';
import type { NodePorts } from './node-ports.ts';
import { releaseIdentity } from './release-public-identity.ts';
import { reportSteps } from './report-step.ts';
import { thisNode } from './this-node.ts';
import type { WireAids } from './verify/prove-on-wire.ts';
import { requireProof } from './verify/require-proof.ts';

/** What ensurePublicIdentity works with, and whom it tells of its steps. */
export interface EnsureOptions extends WireAids {
  /** Default: `thisNode()`. */
  readonly node?: NodePorts;
  readonly signal?: AbortSignal;
  readonly onStep?: OnStep;
}

const rules: OptionRules<EnsureOptions> = {
  node: anything,
  signal: anything,
  onStep: anything,
  applicationSockets: anything,
  probingPeers: anything,
};

/**
 * Takes a public UDP identity for a link of this network namespace, proves it and publishes it: the
 * link's private IP on its ENI, an Elastic IP claimed from the pool, VPC /32 routes, the public /32 on the
 * link, source rules, a fail-closed table. Repeating it when all is in place changes nothing. Another public address that a process
 * before this one left on the link for the same private IP is taken off.
 * @throws CoreError with a code, what was tried, and a remedy; whatever was taken is given back first. Aborted
 * once the signal aborts, however late: an identity that stood on the link before the call stays, as it was.
 */
export async function ensurePublicIdentity(
  input: IdentitySpecInput,
  options: EnsureOptions = {},
): Promise<HeldIdentity> {
  const spec = parseIdentitySpec(input);
  if (wrongOptions(options, rules).length > 0) {
    (await lateParts.optionRefusal()).requireOptions(options, rules, 'an ensure');
  }
  const node = options.node ?? thisNode();
  const report = await reportSteps(node.clock, options.onStep);
  const kernel = await node.openKernel();
  try {
    const link = await kernel.observe(spec.linkName, spec.table);
    const place = await choosePlace(link, spec);
    const found = await findPublished(node, spec);
    const before = await lookBefore(link, { spec, place, published: found });
    const grant = await node.openGrant(spec);
    const run: Run = {
      spec,
      node,
      kernel,
      grant,
      report,
      place,
      before,
      published: found,
      signal: options.signal,
      aids: options,
    };
    const published = await proveAndPublish(run, await takeBothHalves(run));
    return holdIdentity(published, { node, identityDirectory: spec.identityDirectory });
  } finally {
    kernel.close();
  }
}

/** What both halves took: the grant, and every claim on the way to it. */
interface Taken {
  readonly grant: Grant;
  readonly claims: readonly Claim[];
}

/** The kernel's and the cloud's half run side by side; either failing gives both back. */
async function takeBothHalves(run: Run): Promise<Taken> {
  const claims: Claim[] = [];
  const givenBack = new Set<Ipv4Address>();
  const stop = new AbortController();
  const signal =
    run.signal === undefined ? stop.signal : AbortSignal.any([run.signal, stop.signal]);
  const prepared = convergeKernel(run, { signal });
  prepared.catch((error: unknown) => stop.abort(error));
  const granted = run.grant.acquire({
    spec: run.spec,
    link: {
      ...run.place,
      ipv6Address: run.place.publicIpv6?.address,
      isIpv6Ours: isIpv6Ours(run.spec, run.place, run.published),
    },
    standing: run.before.standing,
    published: run.published,
    signal,
    onStep: run.report.cloud,
    onClaimed: async (claim) => {
      claims.push(claim);
      await prepared;
      await convergeKernel(run, { claim, signal });
    },
    onGivingBack: async (claim) => {
      givenBack.add(claim.publicIp);
      // it may be from before this call
      if (!claims.some(({ publicIp }) => publicIp === claim.publicIp)) claims.push(claim);
      await withdrawClaim(run, claim);
    },
  });
  const [kernelHalf, cloudHalf] = await Promise.allSettled([prepared, granted]);
  if (kernelHalf.status === 'fulfilled' && cloudHalf.status === 'fulfilled') {
    return { grant: cloudHalf.value, claims };
  }
  // the kernel's failure is the cause when both failed: it is what stopped the cloud's half
  const [cause] = [kernelHalf, cloudHalf].flatMap((half) =>
    half.status === 'rejected' ? [half.reason as unknown] : [],
  );
  const failures: unknown[] = [];
  const bear = (failure: unknown): void => void failures.push(failure);
  if (cloudHalf.status === 'fulfilled') await run.grant.release(cloudHalf.value).catch(bear);
  // as in EC2, an address that stood before stays, unless its claim was given back, or another has it
  const { findLost } = await lateParts.lostPublication();
  const lost = await findLost(run, cloudHalf.status === 'rejected' ? cloudHalf.reason : undefined);
  const gone = claims.filter(
    ({ publicIp }) => givenBack.has(publicIp) || !run.before.standing.includes(publicIp),
  );
  if (lost !== undefined) {
    await withdrawClaim(run, lost).catch(bear);
    gone.push(lost);
  }
  await forgetOthers(run, gone, undefined).catch(bear);
  throw failures.length === 0 ? cause : withFailures(cause, failures);
}

async function proveAndPublish(run: Run, { grant, claims }: Taken): Promise<PublicIdentity> {
  const { spec, node, kernel, place } = run;
  const { clock } = node;
  const [nowMs, claimedAtUptimeMs] = [clock.now(), clock.elapsed()];
  const identity = describeIdentity({ spec, place, nowMs, claimedAtUptimeMs }, grant);
  const publisher = node.openPublisher(spec.identityDirectory);
  try {
    await forgetOthers(run, claims, grant);
    await requireIpv6(run, grant);
    await requireProof(kernel, identity);
    const published = await publishOnce(run, publisher, identity);
    requireWanted(run, 'handing it over');
    return published;
  } catch (error) {
    const isAbort = error instanceof NotWanted;
    if (isAbort && run.before.standing.includes(grant.publicIp)) {
      throw aborted(run, grant, `${error.message}; it stood before this call, and stays`);
    }
    const options = { node, identityDirectory: spec.identityDirectory };
    await releaseIdentity({ ...identity, generation: 1 }, options).catch((failure: unknown) => {
      const cause = isAbort ? aborted(run, grant, error.message) : error;
      throw withFailures(cause, [failure]);
    });
    throw isAbort ? aborted(run, grant, `${error.message}; it was given back`) : error;
  }
}

/** A grant of somebody else's making may know nothing of IPv6. */
async function requireIpv6({ place }: Run, grant: Grant): Promise<void> {
  if (place.publicIpv6 === undefined || grant.publicIpv6 !== undefined) return;
  const { notGranted } = await lateParts.ipv6Refusal();
  throw notGranted(place.publicIpv6.address, grant.publicIp);
}

class NotWanted extends Error {}

function requireWanted({ signal }: Run, before: string): void {
  if (signal?.aborted === true) throw new NotWanted(`aborted before ${before}`);
}

function aborted({ signal }: Run, { publicIp }: Grant, how: string): CoreError {
  return new CoreError({
    code: 'Aborted',
    message: `Ensuring a public identity, ${publicIp}: ${how}`,
    remedy: 'Call again when it is wanted.',
    retry: 'now',
    cause: signal?.reason,
  });
}

/** What stands published as wanted already is left as it is. */
async function publishOnce(
  run: Run,
  publisher: Publisher,
  identity: Omit<PublicIdentity, 'generation'>,
): Promise<PublicIdentity> {
  const { publicIp } = identity;
  const { spec, report } = run;
  const current = await publisher.current().catch(() => undefined);
  requireWanted(run, 'publishing it');
  // what stands published was proven then: its ports are the application's now
  const stands = current !== undefined && isSameIdentity(current, identity);
  // unless a release began, and did not come to its end
  if (stands && !(await publisher.isReleased(current))) return current;
  if (spec.proof.require !== 'kernel') await proveOnWire(run, identity);
  requireWanted(run, 'publishing it');
  return report.publish(
    {
      name: 'publish',
      sentence: `Publish ${publicIp} in ${spec.identityDirectory}: it is proven.`,
      command: `echo ${publicIp} > ${spec.identityDirectory}/public-ip`,
    },
    () => publisher.publish(identity),
  );
}

async function proveOnWire(run: Run, identity: Omit<PublicIdentity, 'generation'>): Promise<void> {
  const { spec, node, aids, signal } = run;
  const { requireWireProof } = await lateParts.wireProof();
  await requireWireProof(node, identity, { proof: spec.proof, aids, signal }).catch(
    (error: unknown) => {
      requireWanted(run, 'it was proven on the wire');
      throw error;
    },
  );
}
