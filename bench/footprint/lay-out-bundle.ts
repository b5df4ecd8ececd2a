import { copyFile, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { addonFile } from '../../test/addon-file.ts';
import type { SidecarBundle } from './bundle-sidecar.ts';

/** Writes a bundle with the netlink addon where its loader looks. Returns the file to run. */
export async function layOutBundle(directory: string, { files }: SidecarBundle): Promise<string> {
  const addonDirectory = join(directory, 'build', 'Release');
  await mkdir(join(directory, 'bundle'), { recursive: true });
  await mkdir(addonDirectory, { recursive: true });
  for (const { name, code } of files) await writeFile(join(directory, 'bundle', name), code);
  const addon = addonFile();
  if (addon === undefined) throw new Error('there is no netlink addon: npm run build:native');
  await copyFile(addon, join(addonDirectory, 'netlink.node'));
  return join(directory, 'bundle', 'sidecar-child.mjs');
}
