import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { createNetworkNamespace, openNetlink } from '@truetuple/netlink';
import type { Netlink } from '@truetuple/netlink';
import { describe, expect, it } from 'vitest';
import { transportContract } from '../../packages/netlink/src/testing/transport-contract.ts';
import { whyNoNamespaces } from './netns-rights.ts';

const reason = whyNoNamespaces();
const needs = reason === undefined ? '' : ` (skipped: ${reason})`;

describe.skipIf(reason !== undefined)(`the addon's transport${needs}`, () => {
  for (const { id, title, run } of transportContract) {
    it(`${id}: ${title}`, async () => {
      using netns = createNetworkNamespace();
      const opened: Netlink[] = [];
      try {
        await run(async () => {
          const netlink = await openNetlink({ netns });
          opened.push(netlink);
          return netlink;
        });
      } finally {
        for (const netlink of opened) netlink.close();
      }
    });
  }
});

// Installed by `npm run why-not-node-netlink`, which sets this; it is no dependency.
const folder = process.env['TRUETUPLE_NODE_NETLINK'];
const notThere =
  folder === undefined ? ' (skipped: npm run why-not-node-netlink installs and runs it)' : '';

/**
 * Where node-netlink 0.0.4 breaks, and why. Its promises of requests made together break too: the adapter
 * does not believe them, it takes the messages and matches them itself.
 */
const breaks: Readonly<Record<string, string>> = {
  words: 'it never asks for extended ACKs, and gives nobody its descriptor',
  strict: 'it never asks for strict checking: filters are ignored, and all comes back',
  idle: 'each socket holds a thread of the pool in ppoll()',
  children: 'its sockets are made without SOCK_CLOEXEC',
};

describe.skipIf(folder === undefined || reason !== undefined)(`node-netlink${notThere}`, () => {
  if (folder !== undefined && !existsSync(join(folder, 'node_modules/node-netlink'))) {
    throw new Error(`there is no node-netlink in ${folder}: npm run why-not-node-netlink`);
  }
  for (const { id, title } of transportContract) {
    const why = breaks[id];
    if (why === undefined) {
      it(`${id}: ${title}`, async () => expect(await outcomeOver(id)).toEqual({ kind: 'held' }));
    } else {
      // What did not run at all shows nothing: only what broke fails here, as it must.
      it.fails(`${id}: ${title}: BREAKS, ${why}`, async () => {
        const outcome = await outcomeOver(id);
        console.log(`${id}: ${outcome.kind} ${'words' in outcome ? outcome.words : ''}`);
        expect(outcome.kind).not.toBe('broke');
      });
    }
  }
});

const execute = promisify(execFile);
type Outcome =
  | { readonly kind: 'held' }
  | { readonly kind: 'broke'; readonly words: string }
  | { readonly kind: 'did-not-run'; readonly words: string };

/** The case in a process and a namespace of its own. */
async function outcomeOver(id: string): Promise<Outcome> {
  const program = join(import.meta.dirname, 'netlink-node-netlink-program.ts');
  const node = [process.execPath, '-C', 'truetuple-source', program, folder ?? '', id];
  try {
    await execute('unshare', ['--user', '--map-root-user', '--net', ...node], { timeout: 20_000 });
    return { kind: 'held' };
  } catch (error) {
    const said = String((error as { stderr?: string }).stderr);
    const words = /BROKEN (.*)/.exec(said)?.[1];
    return words === undefined ? { kind: 'did-not-run', words: said } : { kind: 'broke', words };
  }
}
