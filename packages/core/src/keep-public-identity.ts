import { CoreError } from './errors.ts';
import type { HeldIdentity } from './held-identity.ts';
import { identityOf } from './identity-of.ts';
import type { PublicIdentity } from './identity/public-identity.ts';
import { watchClaim } from './keep/claim-watch.ts';
import { heed } from './keep/heed.ts';
import { Keeper } from './keep/keeper.ts';
import type { KeeperParts } from './keep/keeper-parts.ts';
import type { KernelPort } from './kernel/kernel-port.ts';
import type { KeepOptions, Keeping } from './keep/keeping.ts';
import { lateParts } from './late-parts.ts';
import { reportSteps } from './report-step.ts';
import { thisNode } from './this-node.ts';

/**
 * Keeps an identity true for as long as it is held. Drift of the link is put back as soon as the kernel
 * tells of it; EC2 is looked at once an interval, with jitter: a lost VPC route, the owner tag, the private
 * IP, the source/destination check and an association that nobody took are put back. What is not proven is
 * withdrawn at once and published anew when it is. An address that somebody else has, proven twice, is
 * fenced: withdrawn and taken off the link, and the keep ends. EC2's silence changes nothing.
 *
 * With `wire`, STUN servers are asked, too, from sockets that the application lends or a port that it leaves free: what a quorum of
 * them sees to come from another tuple is withdrawn, EC2 is looked at on the spot, and it is published anew once a quorum
 * sees the advertised tuple. Their silence changes nothing, and nothing is fenced for what they say.
 *
 * Bounds: the link, as soon as a look that is under way has ended, in a fight with somebody who undoes it (more
 * than 50 steps an interval) at most once a second; arp_announce and arp_ignore, of which the kernel tells
 * nobody, one interval; EC2, one interval, and 2 s for the second look before anything is believed lost. In the first
 * five minutes after a claim an address that is shown elsewhere counts only with our own owner record on it.
 * @throws CoreError when the kernel cannot be reached or watched, SpecInvalid for what is no identity, a time that is none, or a wire that cannot be asked; later
 * troubles are events.
 */
export async function keepPublicIdentity(
  held: PublicIdentity | HeldIdentity,
  options: KeepOptions = {},
): Promise<Keeping> {
  identityOf(held);
  return 'identity' in held ? held.keep(options) : keepIdentity(held, options);
}

/** As keepPublicIdentity; `onIdentity` is told of each new value of the identity. */
export async function keepIdentity(
  identity: PublicIdentity,
  options: KeepOptions,
  onIdentity: (identity: PublicIdentity) => void = () => {},
): Promise<Keeping> {
  requireTime('intervalMs', options.intervalMs);
  requireTime('gatewaySilenceMs', options.gatewaySilenceMs);
  requireTime('wire.intervalMs', options.wire?.intervalMs);
  const { wire, onStep } = options;
  const openWireWatch = wire && (await lateParts.wireWatch()).wireWatchOf(identity, wire);
  const node = options.node ?? thisNode();
  const { identityDirectory = '/run/truetuple' } = options;
  const report = await reportSteps(node.clock, onStep && ((event) => heed(() => onStep(event))));
  const kernel = await node.openKernel();
  const keeper = open(kernel, {
    identity,
    node,
    identityDirectory,
    options,
    report,
    openWireWatch,
    onIdentity,
  });
  const watched = watchClaim(node, identity, () => keeper.lookAtCloudSoon());
  const ended = keeper.run().then(async (end) => {
    (await watched)?.close();
    return end;
  });
  const close = async (): Promise<void> => {
    keeper.stop();
    await ended;
  };
  return {
    get identity() {
      return keeper.identity;
    },
    ended,
    close,
    [Symbol.asyncDispose]: close,
  };
}

/** What Node's timers can wait; they wait 1 ms for whatever is longer, and for what is no time. */
const longestMs = 2 ** 31 - 1;

function requireTime(
  option: 'intervalMs' | 'gatewaySilenceMs' | 'wire.intervalMs',
  ms: number | undefined,
): void {
  if (ms === undefined || (ms > 0 && ms <= longestMs)) return;
  throw new CoreError({
    code: 'SpecInvalid',
    message: `Keeping an identity with ${option} ${ms}: no timer waits so long`,
    remedy: `Give ${option} in milliseconds, above 0 and at most ${longestMs}.`,
    retry: 'never',
  });
}

function open(kernel: KernelPort, parts: Omit<KeeperParts, 'kernel'>): Keeper {
  try {
    return new Keeper({ ...parts, kernel });
  } catch (error) {
    kernel.close();
    throw error;
  }
}
