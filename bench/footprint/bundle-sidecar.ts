import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

export interface SidecarBundle {
  /** The whole program but for the netlink addon, in one file. */
  readonly code: Uint8Array;
  /** Bytes of it, by package. */
  readonly shares: ReadonlyMap<string, number>;
}

/**
 * The sidecar as one file of minified ESM, as anybody's esbuild makes it: no plugins, nothing left out. What is loaded only on
 * demand is in it too, so that all that this process can ever load is counted.
 */
export async function bundleSidecar(): Promise<SidecarBundle> {
  const result = await build({
    entryPoints: [fileURLToPath(new URL('sidecar-child.ts', import.meta.url))],
    bundle: true,
    write: false,
    minify: true,
    metafile: true,
    outfile: 'sidecar-child.mjs',
    platform: 'node',
    format: 'esm',
    target: 'node22',
    // with conditions of one's own esbuild leaves out `module`
    conditions: [...(isSource() ? ['truetuple-source'] : []), 'module'],
    logLevel: 'error',
  });
  const [file] = result.outputFiles;
  if (file === undefined) throw new Error('esbuild wrote no file for the sidecar');
  const shares = new Map<string, number>();
  for (const { inputs } of Object.values(result.metafile.outputs)) {
    for (const [path, { bytesInOutput }] of Object.entries(inputs)) {
      const name = packageOf(path);
      shares.set(name, (shares.get(name) ?? 0) + bytesInOutput);
    }
  }
  return { code: file.contents, shares };
}

function isSource(): boolean {
  return import.meta.resolve('@truetuple/core').endsWith('.ts');
}

function packageOf(path: string): string {
  const own = /packages\/(\w+)\//.exec(path)?.[1];
  if (own !== undefined && !path.includes('node_modules')) return `@truetuple/${own}`;
  if (!path.includes('node_modules')) return 'the program itself';
  const [scope = '', name = ''] = path.replace(/.*node_modules\//, '').split('/');
  return scope.startsWith('@') ? `${scope}/${name}` : scope;
}
