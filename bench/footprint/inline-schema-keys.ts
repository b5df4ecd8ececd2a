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
  const literal = text.replaceAll(/\[(\w+)\]:/g, (computed, name: string) => {
    const key = constants.get(name);
    return key === undefined ? computed : `${key}:`;
  });
  return withNamesOnce(literal);
}

/** Hundreds of members have these two names and nothing else: each says the keys again, which nothing that makes names short makes short. */
const bothNames = /\{ "ec2QueryName": (`[^`]*`|\w+),\s*"xmlName": (`[^`]*`|\w+) \}/g;

function withNamesOnce(text: string): string {
  const once = text.replaceAll(bothNames, '/* @__PURE__ */ namesOf($1, $2)');
  if (once === text) return text;
  return `${once}\nfunction namesOf(ec2QueryName, xmlName) { return { ec2QueryName, xmlName }; }\n`;
}
