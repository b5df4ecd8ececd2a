// Runs one case of the transport contract over node-netlink, in this process's own network namespace.
// Arguments: the folder in which node-netlink is installed, the case's id.
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import { openNetlink } from '@truetuple/netlink';
import { openNodeNetlink } from '@truetuple/netlink/node-netlink';
import type { NodeNetlink } from '@truetuple/netlink/node-netlink';
import { transportContract } from '../../packages/netlink/src/testing/transport-contract.ts';

const [folder = '', id] = process.argv.slice(2);
const entry = createRequire(`${folder}/package.json`).resolve('node-netlink');
const module = (await import(pathToFileURL(entry).href)) as { default: NodeNetlink };
const found = transportContract.find((one) => one.id === id);
if (found === undefined) throw new Error(`the transport contract has no case ${String(id)}`);
const limit = setTimeout(() => end(new Error('no end within 8 s')), 8000);
try {
  await found.run(async () => openNetlink({ transport: await openNodeNetlink(module.default) }));
  end(undefined);
} catch (error) {
  end(error);
}

// Its sockets hold threads of the pool, which an ordinary end waits for.
function end(error: unknown): void {
  clearTimeout(limit);
  const words = error instanceof Error ? error.message : JSON.stringify(error);
  if (error !== undefined) process.stderr.write(`\nBROKEN ${words.replaceAll(/\s+/g, ' ')}\n`);
  process.exit(error === undefined ? 0 : 1);
}
