import { CoreError } from '../errors.ts';
import type { PublicIdentity } from '../identity/public-identity.ts';
import { convergeLink } from '../kernel/converge-link.ts';
import type { KernelPort } from '../kernel/kernel-port.ts';
import type { KernelStep } from '../kernel/kernel-step.ts';
import { identityLink } from '../kernel/wanted-link.ts';
import type { StepReport } from '../report-step.ts';
import { requireProof } from '../verify/require-proof.ts';

export interface LinkLook {
  readonly kernel: KernelPort;
  readonly report: StepReport;
  readonly identity: PublicIdentity;
  readonly signal?: AbortSignal;
}

/** What came of a look at the link. */
export interface LinkSeen {
  readonly repaired: readonly KernelStep[];
  /** Why the identity is not proven; undefined when it is. */
  readonly unproven: CoreError | undefined;
  /** True when the look failed, and nothing was seen that speaks against the identity. */
  readonly isSilent: boolean;
}

/** Puts back what the link lost of an identity, and proves it. */
export async function lookAtLink(look: LinkLook): Promise<LinkSeen> {
  const { kernel, identity } = look;
  const repaired: KernelStep[] = [];
  const report: StepReport = {
    ...look.report,
    kernel: async (step, carryOut) => {
      await look.report.kernel(step, carryOut);
      repaired.push(step);
    },
  };
  const failed = await errorOf(
    convergeLink({
      kernel,
      report,
      linkName: identity.linkName,
      wanted: { ...identityLink(identity), identities: [identity], releasing: [] },
      signal: look.signal,
    }),
  );
  const found = await errorOf(requireProof(kernel, identity));
  const error = failed ?? found;
  const unproven =
    error === undefined ? error : coreErrorOf(error, `The link of ${identity.publicIp}`);
  const isFound = CoreError.is(found) && found.code === 'NotProven';
  return { repaired, unproven, isSilent: error !== undefined && !isFound };
}

function errorOf(done: Promise<unknown>): Promise<unknown> {
  return done.then(
    () => undefined,
    (error: unknown) => error,
  );
}

/** Takes the public address off the link; what keeps it closed stays. */
export async function fenceLink({ kernel, report, identity }: LinkLook): Promise<void> {
  await convergeLink({
    kernel,
    report,
    linkName: identity.linkName,
    wanted: { ...identityLink(identity), identities: [], releasing: [identity] },
  });
}

/** What a port should not have thrown is told as a trouble like any other. */
export function coreErrorOf(error: unknown, what: string): CoreError {
  if (CoreError.is(error)) return error;
  return new CoreError({
    code: 'NotProven',
    message: `${what}: ${error instanceof Error ? error.message : String(error)}`,
    remedy: 'This is no refusal that truetuple knows: look at the cause.',
    retry: 'later',
    cause: error,
  });
}
