import { join } from 'node:path';
import type { NetworkNamespace } from '@truetuple/netlink';
import { kamailioConfig, kamailioReady, type KamailioSettings } from './kamailio-config.ts';
import { peerFolder } from './peer-folder.ts';
import { startPeerProgram } from './peer-program.ts';

export interface KamailioOptions extends KamailioSettings {
  readonly namespace: Pick<NetworkNamespace, 'path'>;
}

/** Stays there, writes to its standard error, with 16 MB for all and 4 MB for each of its processes. */
const foreground = '-DD -E -m 16 -M 4'.split(' ');

/**
 * Starts Debian's kamailio as a registrar and proxy on a host; resolves once it takes requests. Its disposal ends it
 * and takes its files away.
 * @throws LabError CommandFailed, TimedOut
 */
export async function startKamailio({
  namespace,
  ...settings
}: KamailioOptions): Promise<AsyncDisposable> {
  await using opened = new AsyncDisposableStack();
  const folder = opened.use(peerFolder());
  folder.write('kamailio.cfg', kamailioConfig(settings));
  opened.adopt(
    await startPeerProgram({
      namespace,
      command: 'kamailio',
      args: [...foreground, '-f', join(folder.path, 'kamailio.cfg'), '-Y', folder.path],
      readyText: kamailioReady,
    }),
    async (each) => each.stop(),
  );
  const resources = opened.move();
  return { [Symbol.asyncDispose]: () => resources.disposeAsync() };
}
