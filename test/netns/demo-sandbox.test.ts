import { once } from 'node:events';
import { openBox, runIn } from '@truetuple/lab';
import { createNetworkNamespace, type NetworkNamespace } from '@truetuple/netlink';
import { describe, expect, it } from 'vitest';
import { leftOfSandbox, NamespaceWitness, removeSandbox } from '../lab/src/demo/kernel/sandbox.ts';
import { boxIsMissing } from './box-is-missing.ts';

describe.skipIf(boxIsMissing)('what the demo finds of its namespaces afterwards', () => {
  it('is nothing of a sandbox that is gone, whosever its inode number is by now', async () => {
    await using box = await openBox();
    const keepers = await removeSandbox(box);
    expect(keepers).toEqual([]);
    using stranger = createNetworkNamespace();
    // what the kernel does with a free number, at once
    expect(await leftOfSandbox(box, stranger.inode, keepers)).toEqual([]);
  });

  it('names a process that keeps the sandbox of the dead pod', async () => {
    await using box = await openBox();
    const { namespace } = box.pod();
    await using holder = await holderOf(namespace);
    const keepers = await removeSandbox(box);
    expect((await leftOfSandbox(box, namespace.inode, keepers)).map(({ what }) => what)).toEqual([
      'link podveth0 of the dead pod is on the node',
      `network namespace ${String(namespace.inode)} is held by process ${String(holder.pid)}`,
    ]);
  }, 20_000);

  it('names it also when somebody has taken the link away', async () => {
    await using box = await openBox();
    const { namespace } = box.pod();
    await using holder = await holderOf(namespace);
    await box.netlinks.node.links.remove({ name: 'podveth0' });
    const keepers = await removeSandbox(box);
    expect((await leftOfSandbox(box, namespace.inode, keepers)).map(({ what }) => what)).toEqual([
      `network namespace ${String(namespace.inode)} is held by process ${String(holder.pid)}`,
    ]);
  });

  it('names a process that keeps a host of the box, and nobody else', async () => {
    const box = await openBox();
    const { peer, client } = box.namespaces;
    await using holder = await holderOf(peer);
    const witness = new NamespaceWitness([peer, client]);
    await box.close();
    expect((await witness.leftOfNamespaces()).map(({ what }) => what)).toEqual([
      `network namespace ${String(peer.inode)} is held by process ${String(holder.pid)}`,
    ]);
  });
});

async function holderOf(
  namespace: NetworkNamespace,
): Promise<AsyncDisposable & { readonly pid: number | undefined }> {
  const child = runIn(namespace, 'cat', ['/proc/self/cmdline', '-'], {
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  if (child.stdout === null) throw new Error('cat has no output');
  await once(child.stdout, 'data');
  return {
    pid: child.pid,
    [Symbol.asyncDispose]: async () => {
      const ended = once(child, 'exit');
      child.kill('SIGKILL');
      await ended;
    },
  };
}
