import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { createNetworkNamespace, openNetlink, type Netlink } from '@truetuple/netlink';
import { afterAll, describe, expect, it } from 'vitest';
import { compile } from '../../packages/netlink/scripts/compile-native.mjs';
import { addonFile } from '../addon-file.ts';
import { countOpenSockets } from './netlink-open-sockets.ts';
import { whyNoNamespaces } from './netns-rights.ts';

const reason = whyNoNamespaces();
const needs = reason === undefined ? '' : ` (skipped: ${reason})`;
const root = join(import.meta.dirname, '../../packages/netlink');
const program = fileURLToPath(new URL('netlink-engine-program.ts', import.meta.url));
const folders: string[] = [];

/** A copy of the package, with an addon of its own. */
function copyOfPackage(): string {
  const folder = mkdtempSync(join(tmpdir(), 'netlink-'));
  folders.push(folder);
  cpSync(join(root, 'src'), join(folder, 'src'), {
    recursive: true,
    filter: (path) => !path.endsWith('.test.ts'),
  });
  cpSync(join(root, 'package.json'), join(folder, 'package.json'));
  mkdirSync(join(folder, 'build/Release'), { recursive: true });
  return folder;
}

function run(
  values: readonly string[],
  environment: Record<string, string> = {},
): { readonly status: number | null; readonly signal: string | null; readonly output: string } {
  const { status, signal, stdout, stderr } = spawnSync(
    process.execPath,
    ['--expose-gc', '--conditions=truetuple-source', program, ...values],
    { encoding: 'utf8', timeout: 60_000, env: { ...process.env, ...environment } },
  );
  return { status, signal, output: `${stdout}${stderr}` };
}

afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

describe.skipIf(reason !== undefined)(`a process${needs}`, () => {
  it('ends by itself when all is closed', () => {
    expect(run([root, 'return'])).toEqual({ status: 0, signal: null, output: 'done\n' });
  });

  it('exits with everything under way', () => {
    expect(run([root, 'exit'])).toEqual({ status: 0, signal: null, output: '' });
  });

  it('may load the package twice', () => {
    const second = copyOfPackage();
    cpSync(addonFile() ?? '', join(second, 'build/Release/netlink.node'));
    expect(run([root, 'twice', second])).toEqual({ status: 0, signal: null, output: 'done\n' });
  });

  it('terminates workers in the middle of anything', async () => {
    const before = await countOpenSockets();
    const worked = Array.from({ length: 4 }, async () => {
      const worker = new Worker(new URL('netlink-engine-busy.ts', import.meta.url), {
        execArgv: ['--conditions=truetuple-source'],
      });
      const failed = new Promise<Error>((resolve) => void worker.once('error', resolve));
      const busy = new Promise<undefined>((resolve) => {
        worker.once('message', () => {
          resolve(undefined);
        });
      });
      const error = await Promise.race([failed, busy]);
      await worker.terminate();
      return error;
    });
    expect(await Promise.all(worked)).toEqual([undefined, undefined, undefined, undefined]);
    expect(await countOpenSockets()).toBe(before);
  });

  it('has its thread pool for itself while sockets are idle', async () => {
    using netns = createNetworkNamespace();
    using stack = new DisposableStack();
    const idle: Netlink[] = [];
    for (let index = 0; index < 6; index++) {
      const netlink = stack.use(await openNetlink({ netns }));
      netlink.watch(['link'], () => undefined);
      netlink.sync.links.list();
      await netlink.links.list();
      idle.push(netlink);
    }
    // A socket that waits in a thread would hold each of these up until it has waited enough.
    const slowest: number[] = [];
    for (let round = 0; round < 5; round++) {
      const start = process.hrtime.bigint();
      await Promise.all(Array.from({ length: 8 }, () => stat('/')));
      slowest.push(Number(process.hrtime.bigint() - start) / 1e6);
    }
    expect(Math.min(...slowest)).toBeLessThan(50);
    expect(idle.length).toBe(6);
  });
});

const sanitizer = findSanitizer();

const noSanitizer = sanitizer.path === '' ? ` (skipped: ${sanitizer.why})` : needs;

describe.skipIf(reason !== undefined || sanitizer.path === '')(
  `the addon under AddressSanitizer${noSanitizer}`,
  () => {
    it.each(['return', 'exit', 'collect'])('touches only its own memory: %s', (ending) => {
      const folder = copyOfPackage();
      buildSanitized(folder);
      const ended = run([folder, ending], {
        LD_PRELOAD: sanitizer.path,
        // Node and V8 keep memory until the process ends.
        ASAN_OPTIONS: 'detect_leaks=0:abort_on_error=0:exitcode=99',
      });
      expect(ended).toEqual({ status: 0, signal: null, output: ending === 'exit' ? '' : 'done\n' });
    });
  },
);

function buildSanitized(folder: string): void {
  const flags = '-std=gnu11 -shared -fPIC -O1 -g -pthread -DNAPI_VERSION=9 -fno-omit-frame-pointer';
  const checks = '-fsanitize=address,undefined -fno-sanitize-recover=all';
  compile('cc', `${flags} ${checks}`.split(' '), join(folder, 'build/Release/netlink.node'));
}

/** The library that has to be loaded before Node; empty where there is none, and why. */
function findSanitizer(): { readonly path: string; readonly why: string } {
  if (isMusl()) return { path: '', why: 'GCC has no AddressSanitizer for a Node of musl' };
  const { status, stdout } = spawnSync('cc', ['-print-file-name=libasan.so'], { encoding: 'utf8' });
  const path = status === 0 ? stdout.trim() : '';
  if (existsSync(path)) return { path, why: '' };
  const why = 'the C compiler brings no AddressSanitizer';
  if (process.env['CI'] === 'true') throw new Error(`CI must run the addon sanitized, but ${why}`);
  return { path: '', why };
}

/** Whether this Node is linked with another C library than glibc, which names itself in the report. */
function isMusl(): boolean {
  const { header } = process.report.getReport() as { header: Record<string, unknown> };
  return header['glibcVersionRuntime'] === undefined;
}
