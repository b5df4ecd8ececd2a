import { readFile } from 'node:fs/promises';
import { isBuiltin } from 'node:module';
import type { Plugin } from 'esbuild';

/** In the SDK: what it loads when it needs it, be it that Node has it all the while. */
const awaited = /await import\("(node:[a-z_/]+)"\)/g;

/**
 * Takes Node's own modules as CommonJS does. An ESM import of one reads all that it exports, and so loads what hangs there
 * lazily: since `node:http` exports WebSocket, importing it loads undici, 14 MiB and tens of milliseconds that no
 * `require('node:http')` costs. One that the SDK awaits is no file of its own either.
 */
export const requireBuiltins: Plugin = {
  name: 'require-builtins',
  setup: (build) => {
    build.onResolve({ filter: /^(?:node:)?[a-z_/]+$/ }, ({ path }) =>
      isBuiltin(path)
        ? { path: path.startsWith('node:') ? path : `node:${path}`, namespace: 'builtin' }
        : undefined,
    );
    build.onLoad({ filter: /.*/, namespace: 'builtin' }, ({ path }) => ({
      contents: exportsOf(path),
      loader: 'js',
    }));
    build.onLoad({ filter: /[\\/]node-http-handler\.js$/ }, async ({ path }) => ({
      contents: (await readFile(path, 'utf8')).replaceAll(
        awaited,
        (_, name: string) => `process.getBuiltinModule(${JSON.stringify(name)})`,
      ),
      loader: 'js',
    }));
  },
};

/**
 * Reads only the names that the program uses: esbuild drops the others. As a CommonJS module each file that imports it would get an
 * object of its own with a getter for each name.
 */
function exportsOf(builtin: string): string {
  const names = Object.keys(process.getBuiltinModule(builtin) ?? {});
  const lines = names
    .filter((name) => name !== 'default')
    .map((name, at) => {
      const key = JSON.stringify(name);
      return `const name${at} = /* @__PURE__ */ (() => builtin[${key}])(); export { name${at} as ${key} };`;
    });
  return [
    `const builtin = process.getBuiltinModule(${JSON.stringify(builtin)});`,
    'export default builtin;',
    ...lines,
  ].join('\n');
}
