import { execFile } from 'node:child_process';
import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { GuestArchitecture } from './architecture.ts';

const run = promisify(execFile);

/** The packages that apt knows, of this machine's architecture or another. Nothing is ever installed. */
export interface DebianArchive {
  readonly architecture: GuestArchitecture['debian'];
  /** Where the lists of another architecture are kept: apart from those of this system, which stay as they are. */
  readonly folder: string;
}

/** What `ask` resolves to; with fresh package lists where it rejects with those that are there. */
export async function withPackageLists<T>(
  archive: DebianArchive,
  ask: () => Promise<T>,
): Promise<T> {
  try {
    return await ask();
  } catch {
    await apt(archive, 'apt-get', ['update', '-q']);
    return ask();
  }
}

/** Fetches packages into a folder, and unpacks them into another. */
export async function unpackPackages(
  archive: DebianArchive,
  names: readonly string[],
  { work, into }: { readonly work: string; readonly into: string },
): Promise<void> {
  await apt(archive, 'apt-get', ['download', ...names], work);
  const files = (await readdir(work)).filter((entry) => entry.endsWith('.deb'));
  if (files.length !== names.length)
    throw new Error(`apt-get download ${names.join(' ')} left ${String(files.length)} packages`);
  for (const file of files) await run('dpkg-deb', ['-x', join(work, file), into]);
}

/** The first package that this one depends on and whose name matches; undefined where apt knows none. */
export async function dependencyOf(
  archive: DebianArchive,
  name: string,
  pattern: RegExp,
): Promise<string | undefined> {
  const answer = await apt(archive, 'apt-cache', ['depends', name]).catch(() => '');
  const names = [...answer.matchAll(/Depends: (\S+)/g)].map(([, found = '']) => found);
  return names.find((found) => pattern.test(found));
}

async function apt(
  { architecture, folder }: DebianArchive,
  program: 'apt-get' | 'apt-cache',
  args: readonly string[],
  cwd = '.',
): Promise<string> {
  const options = architecture === 'amd64' ? [] : await foreignOptions(architecture, folder);
  const { stdout } = await run(program, [...options, ...args], { cwd });
  return stdout;
}

/** apt.conf(5): all that it keeps of another architecture, in a folder of its own. */
async function foreignOptions(architecture: string, folder: string): Promise<string[]> {
  const own = join(folder, `apt-${architecture}`);
  for (const needed of ['lists/partial', 'cache/archives/partial'])
    await mkdir(join(own, needed), { recursive: true });
  return [
    `APT::Architecture=${architecture}`,
    `APT::Architectures::=${architecture}`,
    `Dir::State::Lists=${join(own, 'lists')}`,
    `Dir::Cache=${join(own, 'cache')}`,
    'Dir::State::status=/dev/null',
    'APT::Sandbox::User=root',
  ].flatMap((option) => ['-o', option]);
}
