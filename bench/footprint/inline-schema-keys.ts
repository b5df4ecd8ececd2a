import { readFile } from 'node:fs/promises';
import type { Plugin } from 'esbuild';

/**
 * Writes the keys of the SDK's generated schemas where they are computed from constants. A bundler takes a computed
 * key for a side effect, and so keeps the schemas of all operations of EC2; with literal keys it keeps those in use.
 */
export const inlineSchemaKeys: Plugin = {
  name: 'inline-schema-keys',
  setup: (build) => {
    build.onLoad(
      { filter: /[\\/]dist-es[\\/](?:.*[\\/])?schemas[\\/][^\\/]+\.js$/ },
      async (file) => ({
        contents: withLiteralKeys(await readFile(file.path, 'utf8')),
        loader: 'js',
      }),
    );
  },
};

function withLiteralKeys(text: string): string {
  const constants = new Map(
    [...text.matchAll(/^const (\w+) = ("(?:[^"\\]|\\.)*");$/gm)].map(
      ([, name = '', literal = '']) => [name, literal] as const,
    ),
  );
  return text.replaceAll(/\[(\w+)\]:/g, (computed, name: string) => {
    const literal = constants.get(name);
    return literal === undefined ? computed : `${literal}:`;
  });
}
