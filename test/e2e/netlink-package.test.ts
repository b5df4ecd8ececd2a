import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { nativeAvailable } from '@truetuple/netlink';

const execute = promisify(execFile);
const root = join(import.meta.dirname, '../..');
const native = nativeAvailable();
const unavailable = native.available ? '' : ` (skipped: ${native.reason})`;
const mustRun = process.env['CI'] === 'true';

let folder = '';
/** Where the packed package is installed, twice. */
let first = '';
let second = '';

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'truetuple-package-'));
  const tarball = await packNetlink();
  [first, second] = [join(folder, 'first'), join(folder, 'second')];
  await Promise.all([install(first, tarball), install(second, tarball)]);
}, 60_000);
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('the packed package', () => {
  it('holds the prebuilt addon of both architectures and its sources, and runs nothing when installed', async () => {
    const manifest = JSON.parse(await readFile(join(installed(first), 'package.json'), 'utf8')) as {
      readonly scripts?: Readonly<Record<string, string>>;
      readonly dependencies?: object;
    };
    const atInstall = ['preinstall', 'install', 'postinstall'];
    expect(Object.keys(manifest.scripts ?? {}).filter((name) => atInstall.includes(name))).toEqual(
      [],
    );
    expect(manifest.dependencies ?? {}).toEqual({});
    const { stdout } = await execute('tar', ['tzf', join(folder, 'netlink.tgz')]);
    const files = stdout
      .trim()
      .split('\n')
      .map((line) => line.replace(/^package\//, ''));
    expect(files).toEqual(
      expect.arrayContaining([
        'README.md',
        'dist/index.js',
        'dist/index.d.ts',
        'native/netlink.c',
        'prebuilds/linux-arm64/netlink.node',
        'prebuilds/linux-x64/netlink.node',
        'scripts/build-native.mjs',
      ]),
    );
    expect(files.filter((path) => path.includes('.test.') || path.startsWith('build/'))).toEqual(
      [],
    );
  });

  it('where there is no netlink it imports, and every use says why and what to do', async () => {
    const program = `
      Object.defineProperty(process, 'platform', { value: 'darwin' });
      const { nativeAvailable, openNetlink } = await import('@truetuple/netlink');
      await import('@truetuple/netlink/nftables');
      const refused = await openNetlink().catch(({ code, message, remedy }) => ({ code, message, remedy }));
      console.log(JSON.stringify([nativeAvailable(), refused]));`;
    const reason = 'netlink exists on Linux only, this is darwin';
    const remedy = 'Run this on Linux, or in a Linux container or virtual machine.';
    expect(JSON.parse(await run(first, program))).toEqual([
      { available: false, reason, remedy },
      { code: 'ENATIVE', message: `loading the netlink addon: ${reason}`, remedy },
    ]);
  });
});

describe.skipIf(!native.available && !mustRun)(`on this machine${unavailable}`, () => {
  it('works with no compiler about', async () => {
    expect(JSON.parse(await run(first, listLinks))).toEqual([['lo'], 'lo']);
  });

  it('works as two copies in one process, which know the errors of one another', async () => {
    const program = `
      const one = await import('@truetuple/netlink');
      const { createRequire } = await import('node:module');
      const { pathToFileURL } = await import('node:url');
      const path = createRequire(${JSON.stringify(join(second, 'package.json'))}).resolve('@truetuple/netlink');
      const two = await import(pathToFileURL(path).href);
      const results = [];
      using netns = one.createNetworkNamespace();
      for (const copy of [one, two]) {
        await using netlink = await copy.openNetlink({ netns: netns.fd });
        await netlink.links.add({ kind: 'bridge', name: copy === one ? 'br1' : 'br2' });
        const error = await netlink.links.set({ name: 'none' }, { up: true }).catch((error) => error);
        const other = copy === one ? two : one;
        results.push([error.code, other.NetlinkError.is(error), error instanceof other.NetlinkError]);
        if (copy === two) results.push((await netlink.links.list()).map(({ name }) => name));
      }
      console.log(JSON.stringify(results));`;
    expect(JSON.parse(await run(first, program))).toEqual([
      ['ENODEV', true, false],
      ['ENODEV', true, false],
      ['lo', 'br1', 'br2'],
    ]);
  });

  it('without a prebuilt file says so, and is built by one command', async (context) => {
    const copy = join(folder, 'third');
    await cp(first, copy, { recursive: true, verbatimSymlinks: true });
    await rm(join(installed(copy), 'prebuilds'), { recursive: true });
    const ask = `
      const { nativeAvailable } = await import('@truetuple/netlink');
      console.log(JSON.stringify(nativeAvailable()));`;
    expect(JSON.parse(await run(copy, ask))).toEqual({
      available: false,
      reason: expect.stringMatching(/^no compiled addon for linux-/) as string,
      remedy: expect.stringContaining('npx truetuple-netlink-build') as string,
    });
    const hasCompiler = await execute('cc', ['--version']).then(
      () => true,
      () => false,
    );
    if (!hasCompiler) context.skip('there is no C compiler');
    const build = join(copy, 'node_modules', '.bin', 'truetuple-netlink-build');
    // Run by the workspace's Node, which has its headers beside it.
    await execute(process.execPath, [build], { cwd: copy });
    expect(JSON.parse(await run(copy, listLinks))).toEqual([['lo'], 'lo']);
  });

  it('a file that does not load is told, with why', async () => {
    const copy = join(folder, 'fourth');
    await cp(first, copy, { recursive: true, verbatimSymlinks: true });
    await writeFile(
      join(installed(copy), `prebuilds/linux-${process.arch}/netlink.node`),
      'no ELF',
    );
    const program = `
      const { nativeAvailable } = await import('@truetuple/netlink');
      console.log(JSON.stringify(nativeAvailable()));`;
    expect(JSON.parse(await run(copy, program))).toMatchObject({
      available: false,
      reason: expect.stringMatching(/netlink\.node does not load: .*(?:ELF|too short)/) as string,
    });
  });
});

const listLinks = `
  const { createNetworkNamespace, openNetlink } = await import('@truetuple/netlink');
  using netns = createNetworkNamespace();
  await using netlink = await openNetlink({ netns });
  const links = await netlink.links.list();
  console.log(JSON.stringify([links.map(({ name }) => name), netlink.sync.links.get({ index: 1 }).name]));`;

/** Packs the package as it would be published, compiled from the source that is here now. */
async function packNetlink(): Promise<string> {
  const from = join(root, 'packages/netlink');
  const to = join(folder, 'package');
  await mkdir(to);
  for (const name of ['package.json', 'README.md', 'native', 'prebuilds', 'scripts', 'src']) {
    await cp(join(from, name), join(to, name), { recursive: true });
  }
  await symlink(join(root, 'node_modules'), join(folder, 'node_modules'));
  const config = {
    extends: join(root, 'tsconfig.base.json'),
    compilerOptions: { rootDir: 'src', outDir: 'dist', noCheck: true },
    include: ['src'],
    exclude: ['src/**/*.test.ts'],
  };
  await writeFile(join(to, 'tsconfig.json'), JSON.stringify(config));
  await execute(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', to]);
  // What runs before a real packing is a test of its own: test/netns/netlink-prebuilds.test.ts.
  const { stdout } = await execute(
    'npm',
    ['pack', '--ignore-scripts', '--pack-destination', folder],
    {
      cwd: to,
    },
  );
  await cp(join(folder, stdout.trim().split('\n').at(-1) ?? ''), join(folder, 'netlink.tgz'));
  return join(folder, 'netlink.tgz');
}

/** Scripts are allowed: there must be none. */
async function install(into: string, tarball: string): Promise<void> {
  await mkdir(into);
  await writeFile(join(into, 'package.json'), '{ "private": true, "type": "module" }\n');
  await execute('npm', ['install', '--offline', '--no-audit', '--no-fund', tarball], { cwd: into });
}

function installed(consumer: string): string {
  return join(consumer, 'node_modules/@truetuple/netlink');
}

/** Runs a program in that folder, with no programs to be found but Node's. */
async function run(consumer: string, program: string): Promise<string> {
  const file = join(consumer, 'program.mjs');
  await writeFile(file, program);
  const PATH = dirname(process.execPath);
  const { stdout } = await execute(process.execPath, [file], {
    cwd: consumer,
    env: { ...process.env, PATH },
  });
  return stdout;
}
