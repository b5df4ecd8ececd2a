import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Where a peer's files lie. It goes with its disposal, or with this process, whichever is first. */
export interface PeerFolder extends Disposable {
  readonly path: string;
  write(name: string, content: string | Uint8Array): void;
}

export function peerFolder(): PeerFolder {
  const path = mkdtempSync(join(tmpdir(), 'truetuple-peer-'));
  const remove = (): void => rmSync(path, { recursive: true, force: true });
  process.once('exit', remove);
  return {
    path,
    write: (name, content) => writeFileSync(join(path, name), content),
    [Symbol.dispose]: () => {
      process.removeListener('exit', remove);
      remove();
    },
  };
}
