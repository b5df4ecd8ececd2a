import { CoreError } from './errors.ts';
import type { HeldIdentity } from './held-identity.ts';
import { identityOf } from './identity-of.ts';
import { claimAgeMs } from './keep/claim-age.ts';
import type { PublicIdentity } from './identity/public-identity.ts';
import type { OnStep } from './identity/step-event.ts';
import { convergeLink } from './kernel/converge-link.ts';
import { identityLink } from './kernel/wanted-link.ts';
import { isOf } from './keep/publication.ts';
import { lateParts } from './late-parts.ts';
import { whatIsOnLink } from './keep/what-is-on-link.ts';
import type { NodePorts } from './node-ports.ts';
import { reportSteps, type StepReport } from './report-step.ts';
import { thisNode } from './this-node.ts';

/** What a release works with, and whom it tells of its steps. */
export interface ReleaseOptions {
  /** Default: `thisNode()`. */
  readonly node?: NodePorts;
  /** Where the identity was published; default `/run/truetuple`. */
  readonly identityDirectory?: string;
  readonly signal?: AbortSignal;
  readonly onStep?: OnStep;
}

/**
 * Gives an identity back: unpublish, VPC routes, association, owner tag, private IP (only if we assigned
 * it), then the public address and the table's routes on the link. The source rules and the fail-closed
 * route stay, so that a socket still bound to an address of ours sends nothing by eth0.
 * Idempotent, and safe from another process in the pod: the value is all it needs.
 * @throws CoreError SpecInvalid for what is no identity. ReleaseIncomplete naming each part that could not be given back. Superseded, with nothing
 * changed, when the pod has claimed the address anew and published that, as a keep does: the newer value holds it.
 */
export async function releasePublicIdentity(
  held: PublicIdentity | HeldIdentity,
  options: ReleaseOptions = {},
): Promise<void> {
  await releaseIdentity(identityOf(held), options);
}

/** As releasePublicIdentity, of a value that is known to be one. */
export async function releaseIdentity(
  identity: PublicIdentity,
  options: ReleaseOptions,
): Promise<void> {
  const node = options.node ?? thisNode();
  const report = await reportSteps(node.clock, options.onStep);
  const directory = options.identityDirectory ?? '/run/truetuple';
  const failures: Error[] = [];
  const attempt = async (part: string, act: () => Promise<void>): Promise<void> => {
    try {
      await act();
    } catch (cause) {
      failures.push(
        new Error(`${part}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause }),
      );
    }
  };
  const newer = await findNewer(node, directory, identity);
  if (newer !== undefined) {
    throw (await lateParts.supersession()).superseded(identity, newer, directory);
  }
  const isFirst = await isNotReleased(node, directory, identity);
  await attempt('unpublish', () => withdraw(node, report, directory, identity));
  await attempt('EC2', async () => {
    const grant = await node.openGrant(identity);
    const signal = options.signal;
    await grant.release(identity, {
      onStep: report.cloud,
      claimAgeMs: claimAgeMs(node.clock, identity),
      isFirst,
      ...(await seeLink(node, identity)),
      ...(signal === undefined ? {} : { signal }),
    });
  });
  await attempt('kernel', () => releaseLink(node, report, identity));
  if (failures.length > 0) throw incomplete(identity, failures);
}

/** The short name. */
export const release: typeof releasePublicIdentity = releasePublicIdentity;

/** What the pod has published since of the same address, under another association. */
async function findNewer(
  node: NodePorts,
  directory: string,
  identity: PublicIdentity,
): Promise<PublicIdentity | undefined> {
  const current = await node
    .openPublisher(directory)
    .current()
    .catch(() => undefined);
  const isNewer =
    current !== undefined &&
    current.owner.uid === identity.owner.uid &&
    current.allocationId === identity.allocationId &&
    current.privateIp === identity.privateIp &&
    current.associationId !== identity.associationId &&
    isLater(current, identity);
  return isNewer ? current : undefined;
}

/**
 * The generation counts what was published in a directory. It begins anew only where a process died after it had withdrawn; then, and only
 * then, the wall clock tells, which may have been set back meanwhile.
 */
function isLater(current: PublicIdentity, earlier: PublicIdentity): boolean {
  return (
    current.generation > earlier.generation ||
    (current.generation < earlier.generation && current.publishedAt > earlier.publishedAt)
  );
}

async function withdraw(
  node: NodePorts,
  report: StepReport,
  directory: string,
  identity: PublicIdentity,
): Promise<void> {
  const publisher = node.openPublisher(directory);
  // a file that cannot be read as an identity is no reason to leave it there: release removes it
  const held = await publisher.current().catch(() => 'unreadable' as const);
  // a keep in another process may have withdrawn it, until it is proven again
  if (held === undefined) return publisher.release(identity);
  await report.publish(
    {
      name: 'withdraw',
      sentence: `Withdraw ${identity.publicIp} from ${directory}, if it is still what is published there.`,
      command: `rm ${directory}/public-ip ${directory}/public-ip.json`,
    },
    async () => {
      await publisher.release(identity);
      if (held === 'unreadable' || held.associationId === identity.associationId) return;
      // of an earlier association, that could not be replaced
      if (isOf(held, identity)) await publisher.withdraw(held);
    },
  );
}

/** False also when nobody can tell. */
function isNotReleased(
  node: NodePorts,
  directory: string,
  identity: PublicIdentity,
): Promise<boolean> {
  return node
    .openPublisher(directory)
    .isReleased(identity)
    .then(
      (isReleased) => !isReleased,
      () => false,
    );
}

async function seeLink(node: NodePorts, identity: PublicIdentity): ReturnType<typeof whatIsOnLink> {
  const kernel = await node.openKernel().catch(() => undefined);
  try {
    return await whatIsOnLink(kernel, identity);
  } finally {
    kernel?.close();
  }
}

async function releaseLink(
  node: NodePorts,
  report: StepReport,
  identity: PublicIdentity,
): Promise<void> {
  const kernel = await node.openKernel();
  try {
    await convergeLink({
      kernel,
      report,
      linkName: identity.linkName,
      wanted: { ...identityLink(identity), identities: [], releasing: [identity] },
    });
  } finally {
    kernel.close();
  }
}

function incomplete(identity: PublicIdentity, failures: readonly Error[]): CoreError {
  const parts = failures.map((failure) => failure.message).join('; ');
  return new CoreError({
    code: 'ReleaseIncomplete',
    message: `Not all of ${identity.publicIp} could be given back: ${parts}`,
    remedy: [
      ...failures.flatMap(({ cause }) => (CoreError.is(cause) ? cause.remedy : [])),
      'Call release again: it is safe to repeat. Otherwise the reaper of the pool cleans up.',
    ].join(' '),
    retry: 'later',
    cause: failures.length === 1 ? failures[0]?.cause : new AggregateError(failures, parts),
  });
}
