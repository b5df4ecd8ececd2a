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

/** Links and namespaces of the dead pod that are still there. */
export async function leftOfSandbox(box: VpcBox, podInode: number): Promise<readonly Leftover[]> {
  const end = await box.netlinks.node.links.get({ name: nodeEndOfPod });
  return [
    ...(end === undefined ? [] : [kernel(`link ${nodeEndOfPod} of the dead pod is on the node`)]),
    ...(await leftOfNamespaces([podInode])),
  ];
}

/** Namespaces that a process is in, or holds open. */
export async function leftOfNamespaces(inodes: readonly number[]): Promise<readonly Leftover[]> {
  const left: Leftover[] = [];
  for (const inode of inodes) {
    const holders = await holdersOfNamespace(inode);
    if (holders.length > 0) {
      left.push(kernel(`network namespace ${inode} is held by process ${holders.join(', ')}`));
    }
  }
  return left;
}

function kernel(what: string): Leftover {
  return { where: 'kernel', what };
}
