import { openNetworkNamespace, type NetworkNamespace } from '@truetuple/netlink';
import type { VpcBox } from '../../box/vpc-box.ts';
import { holdersOfNamespace } from '../leftovers/machine-trace.ts';
import type { Leftover } from '../report/report.ts';

/** How long the kernel may take to tear down a namespace that nobody holds. */
const teardownTimeoutMs = 5000;

/** Lets go of the pod's namespace, as the kubelet does with a dead pod's sandbox, and sees its links go. */
export async function removeSandbox(box: VpcBox): Promise<void> {
  const pod = box.pod();
  pod.netlink.close();
  pod.namespace.close();
  await linkGone(box, nodeEndOfPod);
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
 * What of the dead pod's sandbox is still there. A namespace that is gone has taken its end of the pair
 * along, so no link means no namespace; its inode number may be another namespace's by then.
 */
export async function leftOfSandbox(box: VpcBox, podInode: number): Promise<readonly Leftover[]> {
  const end = await box.netlinks.node.links.get({ name: nodeEndOfPod });
  if (end === undefined) return [];
  return [
    kernel(`link ${nodeEndOfPod} of the dead pod is on the node`),
    ...heldBy(podInode, await holdersOfNamespace(podInode)),
  ];
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
      const holders = await holdersOfNamespace(handle.inode);
      handle.close();
      left.push(
        ...heldBy(
          handle.inode,
          holders.filter((pid) => pid !== process.pid),
        ),
      );
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
