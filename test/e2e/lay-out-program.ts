import { copyFile, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { addonFile } from '../addon-file.ts';
import { bundleProgram } from '../bundle-program.ts';

/**
 * Bundles a program, the AWS SDK included, into a directory with the netlink addon where its loader looks:
 * it starts in a fraction of the time. Returns the file to run.
 */
export async function layOutProgram(entry: URL, directory: string): Promise<string> {
  const program = join(directory, 'bundle', 'program.mjs');
  const addonDirectory = join(directory, 'build', 'Release');
  await mkdir(join(directory, 'bundle'), { recursive: true });
  await mkdir(addonDirectory, { recursive: true });
  await writeFile(program, await bundleProgram(fileURLToPath(entry)));
  const addon = addonFile();
  if (addon === undefined) throw new Error('there is no netlink addon: npm run build:native');
  await copyFile(addon, join(addonDirectory, 'netlink.node'));
  return program;
}
