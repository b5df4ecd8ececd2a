import { copyFile, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const addon = fileURLToPath(
  new URL('../../packages/netlink/build/Release/netlink.node', import.meta.url),
);

/**
 * Bundles a TypeScript program with all it imports, the AWS SDK included, into one file that starts in a
 * fraction of the time; the netlink addon is laid where its loader looks. Returns the file to run.
 */
export async function bundleProgram(entry: URL, directory: string): Promise<string> {
  const outfile = join(directory, 'bundle', 'program.mjs');
  await build({
    entryPoints: [fileURLToPath(entry)],
    outfile,
    bundle: true,
    minify: true,
    platform: 'node',
    format: 'esm',
    target: 'node22',
    conditions: ['truetuple-source'],
    mainFields: ['module', 'main'],
    logLevel: 'silent',
    // what CommonJS dependencies inside an ESM bundle call
    banner: {
      js: "import { createRequire as bundleRequire } from 'node:module'; const require = bundleRequire(import.meta.url);",
    },
  });
  await mkdir(join(directory, 'build', 'Release'), { recursive: true });
  await copyFile(addon, join(directory, 'build', 'Release', 'netlink.node'));
  return outfile;
}
