import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, type Plugin } from 'esbuild';
import { inlineSchemaKeys } from './inline-schema-keys.ts';
import { leaveOut } from './leave-out.ts';
import { requireBuiltins } from './require-builtins.ts';
import { straightImports } from './straight-imports.ts';

export interface SidecarBundle {
  /** The program, `sidecar-child.mjs`, and the chunks that it loads when it needs them. */
  readonly files: readonly { readonly name: string; readonly code: Uint8Array }[];
  readonly bytes: number;
  /** Bytes of it, by package. */
  readonly shares: ReadonlyMap<string, number>;
}

/** `whole`: with all of the SDK that could be loaded; `pod`: without what no pod uses. */
export type BundleKind = 'whole' | 'pod';

const plugins: Readonly<Record<BundleKind, Plugin[]>> = {
  whole: [inlineSchemaKeys, requireBuiltins, straightImports],
  pod: [inlineSchemaKeys, requireBuiltins, leaveOut, straightImports],
};

/**
 * The sidecar as minified ESM. Split: without chunks esbuild cannot leave out what is unused of anything that is loaded by a
 * dynamic import, as core loads the SDK.
 */
export async function bundleSidecar(kind: BundleKind): Promise<SidecarBundle> {
  const result = await build({
    entryPoints: [fileURLToPath(new URL('sidecar-child.ts', import.meta.url))],
    bundle: true,
    splitting: true,
    outdir: '.',
    outExtension: { '.js': '.mjs' },
    write: false,
    minify: true,
    metafile: true,
    platform: 'node',
    format: 'esm',
    target: 'node22',
    // with conditions of one's own esbuild leaves out `module`, and the SDK comes as CommonJS
    conditions: [...(isSource() ? ['truetuple-source'] : []), 'module'],
    mainFields: ['module', 'main'],
    plugins: plugins[kind],
    logLevel: 'error',
  });
  const shares = new Map<string, number>();
  for (const { inputs } of Object.values(result.metafile.outputs)) {
    for (const [path, { bytesInOutput }] of Object.entries(inputs)) {
      const name = packageOf(path);
      shares.set(name, (shares.get(name) ?? 0) + bytesInOutput);
    }
  }
  const files = result.outputFiles.map(({ path, contents }) => ({
    name: basename(path),
    code: contents,
  }));
  return { files, bytes: files.reduce((sum, { code }) => sum + code.byteLength, 0), shares };
}

function isSource(): boolean {
  return import.meta.resolve('@truetuple/core').endsWith('.ts');
}

function packageOf(path: string): string {
  if (path.startsWith('builtin:')) return "Node's own modules";
  const own = /packages\/(\w+)\//.exec(path)?.[1];
  if (own !== undefined && !path.includes('node_modules')) return `@truetuple/${own}`;
  const [scope = '', name = ''] = path.replace(/.*node_modules\//, '').split('/');
  if (scope === '@aws-sdk' || scope === '@smithy' || scope === '@aws') return 'the AWS SDK';
  return scope.startsWith('@') ? `${scope}/${name}` : scope;
}
