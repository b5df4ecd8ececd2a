import type { HeldIdentity } from './held-identity.ts';
import { identityOf } from './identity-of.ts';
import type { PublicIdentity } from './identity/public-identity.ts';
import { anything, isTime, wrongOptions, type OptionRules } from './identity/wrong-options.ts';
import { watchClaim } from './keep/claim-watch.ts';
import { heed } from './keep/heed.ts';
import { Keeper } from './keep/keeper.ts';
import type { KeeperParts } from './keep/keeper-parts.ts';
import type { KernelPort } from './kernel/kernel-port.ts';
import type { KeepOptions, Keeping } from './keep/keeping.ts';
import { lateParts } from './late-parts.ts';
import { reportSteps } from './report-step.ts';
import { thisNode } from './this-node.ts';

const known: OptionRules<KeepOptions> = {
  node: anything,
  identityDirectory: anything,
  intervalMs: isTime,
  gatewaySilenceMs: isTime,
  wire: anything,
  random: anything,
  signal: anything,
  onEvent: anything,
  onStep: anything,
};

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
 * @throws CoreError when the kernel cannot be reached or watched, SpecInvalid for what is no identity, options that are misspelt or wrong, or a wire that cannot be asked; later
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
  if (wrongOptions(options, known).length > 0) {
    (await lateParts.optionRefusal()).requireOptions(options, known, 'a keep');
  }
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

function open(kernel: KernelPort, parts: Omit<KeeperParts, 'kernel'>): Keeper {
  try {
    return new Keeper({ ...parts, kernel });
  } catch (error) {
    kernel.close();
    throw error;
  }
}
