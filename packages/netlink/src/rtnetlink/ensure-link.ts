import type { Program } from '../plan.ts';
import { NetlinkError } from '../errors.ts';
import type { Link, LinkChange } from './link.ts';
import type { Links } from './links.ts';
import type { NewLink } from './new-link.ts';
import type { Ensured } from './outcome.ts';
import { hasAll } from './same.ts';

/**
 * The link of that name. One that stands is brought to the wanted MTU, MAC address, queue length, master and state; if it is of another
 * kind, parent, mode or number of queues it stays as it is: replacing it would lose its addresses.
 * @throws NetlinkError EEXIST when what stands cannot be made the wanted one.
 */
export function* ensureLink(links: Links<'plan'>, link: NewLink): Program<Ensured> {
  const standing = link.netns === undefined ? yield* links.get({ name: link.name }) : undefined;
  if (standing === undefined) {
    yield* links.add(link);
    return 'created';
  }
  requireSameKind(standing, link);
  const { macAddress, mtu, txQueueLength, masterIndex, up } = link;
  const wanted = { macAddress, mtu, txQueueLength, masterIndex, up };
  if (hasAll(standing, wanted)) return 'unchanged';
  const change = Object.entries(wanted).filter(([, value]) => value !== undefined);
  yield* links.set({ index: standing.index }, Object.fromEntries(change) as LinkChange);
  return 'replaced';
}

const queues = ['txQueues', 'rxQueues'];
const common = ['name', 'netns', 'macAddress', 'mtu', 'txQueueLength', 'masterIndex', 'up', 'peer'];

function requireSameKind(standing: Link, link: NewLink): void {
  const own = Object.entries(link).filter(([name]) => ![...common, ...queues].includes(name));
  const { parentIndex, ...details } = Object.fromEntries(own) as Record<string, unknown>;
  const isSame =
    standing.kind === link.kind &&
    (parentIndex === undefined || link.kind === 'vxlan' || parentIndex === standing.parentIndex) &&
    hasAll(standing, { txQueues: link.txQueues, rxQueues: link.rxQueues }) &&
    hasAll(standing.details ?? { kind: standing.kind }, details);
  if (isSame) return;
  throw new NetlinkError(
    `the ${link.kind} link ${link.name} was to be there, but a link of that name is ${standing.kind ?? 'no such virtual link'} with other parameters`,
    {
      code: 'EEXIST',
      errno: 17,
      remedy: 'Remove that link first, or take another name.',
      retry: 'never',
    },
  );
}
