import { CoreError } from './errors.ts';
import type { HeldIdentity } from './held-identity.ts';
import type { PublicIdentity } from './identity/public-identity.ts';
import type { OnStep } from './identity/step-event.ts';
import { convergeLink } from './kernel/converge-link.ts';
import { identityLink } from './kernel/wanted-link.ts';
import type { NodePorts } from './node-ports.ts';
import { reportSteps, type StepReport } from './report-step.ts';
import { thisNode } from './this-node.ts';

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
 * @throws CoreError ReleaseIncomplete naming each part that could not be given back.
 */
export async function releasePublicIdentity(
  held: PublicIdentity | HeldIdentity,
  options: ReleaseOptions = {},
): Promise<void> {
  const identity = 'identity' in held ? held.identity : held;
  const node = options.node ?? thisNode();
  const report = reportSteps(node.clock, options.onStep);
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
  if (await isSuperseded(node, directory, identity)) return;
  await attempt('unpublish', () => withdraw(node, report, directory, identity));
  await attempt('EC2', async () => {
    const grant = await node.openGrant(identity);
    const signal = options.signal;
    await grant.release(identity, {
      onStep: report.cloud,
      ...(signal === undefined ? {} : { signal }),
    });
  });
  await attempt('kernel', () => releaseLink(node, report, identity));
  if (failures.length > 0) throw incomplete(identity, failures);
}

/** The short name. */
export const release: typeof releasePublicIdentity = releasePublicIdentity;

/**
 * True when the pod has claimed the same address anew and published that: the older claim is long given
 * back, and what stands now is the newer one's.
 */
async function isSuperseded(
  node: NodePorts,
  directory: string,
  identity: PublicIdentity,
): Promise<boolean> {
  const newer = await node
    .openPublisher(directory)
    .current()
    .catch(() => undefined);
  return (
    newer !== undefined &&
    newer.owner.uid === identity.owner.uid &&
    newer.allocationId === identity.allocationId &&
    newer.privateIp === identity.privateIp &&
    newer.associationId !== identity.associationId &&
    newer.publishedAt > identity.publishedAt
  );
}

async function withdraw(
  node: NodePorts,
  report: StepReport,
  directory: string,
  identity: PublicIdentity,
): Promise<void> {
  const publisher = node.openPublisher(directory);
  // a file that cannot be read as an identity is no reason to leave it there: withdraw removes it
  const held = await publisher.current().catch(() => 'unreadable' as const);
  if (held === undefined) return;
  await report.publish(
    {
      name: 'withdraw',
      sentence: `Withdraw ${identity.publicIp} from ${directory}, if it is still what is published there.`,
      command: `rm ${directory}/public-ip ${directory}/public-ip.json`,
    },
    () => publisher.withdraw(identity),
  );
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
    remedy: 'Call release again: it is safe to repeat. Otherwise the reaper of the pool cleans up.',
    retry: 'later',
    cause: failures.length === 1 ? failures[0]?.cause : new AggregateError(failures, parts),
  });
}
