import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import {
  compile,
  compilerName,
  findHeaders,
  findObstacle,
} from '../../packages/netlink/scripts/compile-native.mjs';
import {
  prebuildFlags,
  prebuiltPath,
  readPrebuilds,
  sourcesDigest,
} from '../../packages/netlink/scripts/native-sources.mjs';

const mustRun = process.env['CI'] === 'true';
const folder = mkdtempSync(join(tmpdir(), 'truetuple-prebuilds-'));
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

const targets = [
  { architecture: 'x64', machine: 'Advanced Micro Devices X86-64', compiler: 'gcc' },
  { architecture: 'arm64', machine: 'AArch64', compiler: 'aarch64-linux-gnu-gcc' },
] as const;

describe('the prebuilt addon', () => {
  it('was made from the sources that lie beside it', () => {
    // When this fails: npm run prebuild:native, and commit prebuilds/ with the change.
    expect(readPrebuilds().sources).toBe(sourcesDigest());
  });

  it.each(targets)(
    'of linux-$architecture is the file that was recorded, for that machine',
    ({ architecture, machine }) => {
      const path = prebuiltPath(architecture);
      expect(sha256(path)).toBe(readPrebuilds().files[`linux-${architecture}`]?.sha256);
      expect(readelf('-h', path)).toContain(machine);
    },
  );

  it.each(targets)(
    'of linux-$architecture asks for no library and no version of one',
    ({ architecture }) => {
      const path = prebuiltPath(architecture);
      expect(readelf('-d', path)).not.toMatch(/\(NEEDED\)|\(RPATH\)|\(RUNPATH\)/);
      expect(readelf('-V', path)).toContain('No version information found');
      expect(readelf('-l', path)).toMatch(/GNU_STACK.* RW /); // no executable stack
    },
  );

  it('of both architectures asks for the same names', () => {
    expect(asked('arm64')).toEqual(asked('x64'));
  });

  it('asks this node for names that it exports, and the rest of its C library', () => {
    const names = asked(process.arch);
    const exported = symbols(process.execPath);
    expect(names.filter(isNodes).filter((name) => exported.get(name) !== 'defined')).toEqual([]);
    expect(names.filter((name) => !isNodes(name)).length).toBeGreaterThan(10);
  });

  for (const { architecture, compiler } of targets) {
    it(`of linux-${architecture} is made again, byte for byte, by the same compiler`, (context) => {
      if (findObstacle(compiler) !== undefined) context.skip(`there is no ${compiler}`);
      const said = readPrebuilds().files[`linux-${architecture}`]?.compiler;
      const here = compilerName(compiler);
      if (here !== said) context.skip(`it was made by ${said}, here is ${here}`);
      const out = join(folder, `${architecture}.node`);
      compile(compiler, prebuildFlags, out);
      expect(sha256(out)).toBe(sha256(prebuiltPath(architecture)));
    });
  }

  it('opens a namespace and a socket in it, and talks to the kernel, in a process of musl', (context) => {
    if (spawnSync('musl-gcc', ['--version']).status !== 0) {
      if (mustRun) throw new Error('there is no musl-gcc; on Debian: apt-get install musl-tools');
      context.skip('there is no musl-gcc (Debian: musl-tools)');
    }
    const host = buildMuslHost();
    expect(readelf('-l', host)).toContain('ld-musl');
    const { stdout, status } = spawnSync(host, [prebuiltPath(process.arch)], { encoding: 'utf8' });
    expect({ status, stdout }).toEqual({ status: 0, stdout: expect.any(String) as string });
    const said = new Map(
      stdout
        .trim()
        .split('\n')
        .map((line) => line.split(' ') as [string, string]),
    );
    expect(said.get('dlopen')).toBeUndefined();
    // RTM_NEWLINK: the namespace's lo
    expect(Object.fromEntries(said)).toMatchObject({
      bind: '0',
      answer: '16',
      exchange: '16',
      sent: '1',
      close: '0',
    });
    expect(Number(said.get('openIn'))).toBeGreaterThan(0);
  });
});

/** Compiles the stand-in, with an empty function for each name of Node's that it does not have. */
function buildMuslHost(): string {
  const source = join(import.meta.dirname, 'netlink-musl-host.c');
  const written = readFileSync(source, 'utf8');
  const missing = asked(process.arch).filter(
    (name) => isNodes(name) && !written.includes(`napi_status ${name}(`),
  );
  const empty = join(folder, 'empty.c');
  writeFileSync(empty, missing.map((name) => `int ${name}(void) { return 9; }\n`).join(''));
  const host = join(folder, 'musl-host');
  execFileSync('musl-gcc', [
    '-DNAPI_VERSION=9',
    '-rdynamic',
    '-I',
    findHeaders() ?? '',
    '-o',
    host,
    source,
    empty,
  ]);
  return host;
}

function asked(architecture: string): string[] {
  const all = [...symbols(prebuiltPath(architecture))];
  return all.flatMap(([name, kind]) => (kind === 'undefined' ? [name] : [])).toSorted();
}

function isNodes(name: string): boolean {
  return name.startsWith('napi_') || name.startsWith('uv_');
}

/** The dynamic symbols of a file, without versions. */
function symbols(path: string): Map<string, 'defined' | 'undefined'> {
  const found = new Map<string, 'defined' | 'undefined'>();
  for (const line of readelf('--dyn-syms', path).split('\n')) {
    const match = /^\s*\d+: [0-9a-f]+ +\S+ \S+ +(?:GLOBAL|WEAK) +\S+ +(\S+) ([^\s@]+)/.exec(line);
    if (match === null) continue;
    const [, index, name] = match;
    found.set(name ?? '', index === 'UND' ? 'undefined' : 'defined');
  }
  return found;
}

function readelf(option: string, path: string): string {
  return execFileSync('readelf', ['-W', option, path], {
    encoding: 'utf8',
    maxBuffer: 256 << 20,
    env: { ...process.env, LC_ALL: 'C' },
  });
}

function sha256(path: string): string {
  return createHash('sha256').update(readFileSync(path)).digest('hex');
}
