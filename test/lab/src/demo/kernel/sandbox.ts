import { openNetworkNamespace, type NetworkNamespace } from '@truetuple/netlink';
import type { VpcBox } from '../../box/vpc-box.ts';
import { holdersOfNamespace } from '../leftovers/machine-trace.ts';
import type { Leftover } from '../report/report.ts';

/** How long the kernel may take to tear down a namespace that nobody holds. */
const teardownTimeoutMs = 5000;

/**
 * Lets go of the pod's namespace, as the kubelet does with a dead pod's sandbox, and sees its links go. Answers the
 * other processes that were in it then, or held it open.
 */
export async function removeSandbox(box: VpcBox): Promise<readonly number[]> {
  const pod = box.pod();
  const keepers = await otherHolders(pod.namespace.inode);
  pod.netlink.close();
  pod.namespace.close();
  await linkGone(box, nodeEndOfPod);
  return keepers;
}

/** The node's end of the pod's eth0: the pair dies together. */
const nodeEndOfPod = 'podveth0';

async function linkGone({ netlinks: { node } }: VpcBox, name: string): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const look = async (): Promise<void> => {
    if ((await node.links.get({ name })) === undefined) resolve();
  };
  const watching = node.watch(['link'], () => void look());
  const timer = setTimeout(resolve, teardownTimeoutMs);
  try {
    await look();
    await promise;
  } finally {
    clearTimeout(timer);
    watching.close();
  }
}

/**
 * What of the dead pod's sandbox is still there. Without its link the namespace may be gone, and its inode number
 * another one's: then only those have it who had it before.
 * @param keepers as `removeSandbox` answered
 */
export async function leftOfSandbox(
  box: VpcBox,
  podInode: number,
  keepers: readonly number[],
): Promise<readonly Leftover[]> {
  const end = await box.netlinks.node.links.get({ name: nodeEndOfPod });
  const holders = await holdersOfNamespace(podInode);
  if (end === undefined)
    return heldBy(
      podInode,
      holders.filter((pid) => keepers.includes(pid)),
    );
  return [
    kernel(`link ${nodeEndOfPod} of the dead pod is on the node`),
    ...heldBy(podInode, holders),
  ];
}

/** Besides this process, which looks. */
async function otherHolders(inode: number): Promise<readonly number[]> {
  return (await holdersOfNamespace(inode)).filter((pid) => pid !== process.pid);
}

/**
 * Handles of its own on namespaces that are about to be let go of: the kernel gives an inode number anew
 * as soon as its namespace is gone, and any process of the machine may get it.
 */
export class NamespaceWitness {
  readonly #handles: readonly NetworkNamespace[];

  constructor(namespaces: readonly NetworkNamespace[]) {
    this.#handles = namespaces.map(({ path }) => openNetworkNamespace(path));
  }

  /** What other processes are in, or hold open; lets go of the namespaces. */
  async leftOfNamespaces(): Promise<readonly Leftover[]> {
    const left: Leftover[] = [];
    for (const handle of this.#handles) {
      left.push(...heldBy(handle.inode, await otherHolders(handle.inode)));
      handle.close();
    }
    return left;
  }
}

function heldBy(inode: number, holders: readonly number[]): readonly Leftover[] {
  if (holders.length === 0) return [];
  return [kernel(`network namespace ${inode} is held by process ${holders.join(', ')}`)];
}

function kernel(what: string): Leftover {
  return { where: 'kernel', what };
}
