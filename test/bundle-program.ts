import { build } from 'esbuild';

export interface BundleOptions {
  /** Packages that stay imports; default none. */
  readonly external?: readonly string[];
}

/** One ESM file from a TypeScript program with all it imports, workspace packages taken from source. */
export async function bundleProgram(
  entry: string,
  options: BundleOptions = {},
): Promise<Uint8Array> {
  const result = await build({
    entryPoints: [entry],
    bundle: true,
    write: false,
    platform: 'node',
    format: 'esm',
    target: 'node24',
    conditions: ['truetuple-source'],
    mainFields: ['module', 'main'],
    external: [...(options.external ?? [])],
    keepNames: true,
    logLevel: 'silent',
    // what CommonJS dependencies inside an ESM bundle call
    banner: {
      js: "import { createRequire as bundleRequire } from 'node:module'; const require = bundleRequire(import.meta.url);",
    },
  });
  const file = result.outputFiles[0];
  if (file === undefined) throw new Error(`esbuild wrote no file for ${entry}`);
  return file.contents;
}
