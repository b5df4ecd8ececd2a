import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { Plugin, PluginBuild } from 'esbuild';
import { withNumbers } from './inline-numbers.ts';

/** A statement that takes names from another file or package; TypeScript's types among them. */
const takes = /^(import|export) (type )?\{([^}]*)\} from '([^']+)';$/gm;
const isOurs = /^@truetuple\//;
const oursAt = /(?:packages|@truetuple|bench)[\\/](?!.*[\\/]node_modules[\\/](?!@truetuple[\\/]))/;
/** What every sidecar comes to need: divided off it would be loaded all the same, in many more files. */
const alwaysLoaded = /await import\('(\.\/(?:open-linux-kernel|ec2-commands)\.[tj]s)'\)/g;

/**
 * Imports from the files themselves what our packages export by their indexes, and divides off only what is loaded later. esbuild
 * divides a program into chunks by what files import, not by what they use: through an index everything belongs to whatever is loaded first, and
 * each set of later parts that has something in common with the first part makes a chunk of that. So each later part imports all of
 * the first part, which is there by then.
 */
export const straightImports: Plugin = {
  name: 'straight-imports',
  setup: (build) => {
    const later = laterParts(build);
    build.onLoad({ filter: /\.[tj]s$/ }, async ({ path }) => {
      const isOurFile = oursAt.test(path);
      if (!isOurFile && !later.has(path)) return undefined;
      const text = await readFile(path, 'utf8');
      const straight = isOurFile
        ? await withNumbers(withoutWaiting(await straightened(text)), path)
        : text;
      const first = later.has(path) ? await firstPart() : '';
      return { contents: `${straight}${first}`, loader: path.endsWith('.ts') ? 'ts' : 'js' };
    });
  },
};

/** The files that something imports when it needs them. */
function laterParts(build: PluginBuild): ReadonlySet<string> {
  const later = new Set<string>();
  const resolved = Symbol('resolved');
  build.onResolve({ filter: /./ }, async ({ path, pluginData, ...how }) => {
    if (how.kind !== 'dynamic-import' || pluginData === resolved) return undefined;
    const { importer, namespace, resolveDir, kind } = how;
    const found = await build.resolve(path, {
      importer,
      namespace,
      resolveDir,
      kind,
      pluginData: resolved,
    });
    if (found.namespace === 'file') later.add(found.path);
    return found;
  });
  return later;
}

async function firstPart(): Promise<string> {
  const places = await placesOf('@truetuple/core');
  const names = ['ensurePublicIdentity', 'thisNode'];
  return names
    .map((name) => `\nexport { ${name} as ${name}There } from ${JSON.stringify(places.get(name))};`)
    .join('');
}

function withoutWaiting(text: string): string {
  const taken = new Map<string, string>();
  const contents = text.replaceAll(alwaysLoaded, (_, from: string) => {
    const name = taken.get(from) ?? `loaded${taken.size}`;
    taken.set(from, name);
    return name;
  });
  const imports = [...taken].map(([from, name]) => `import * as ${name} from '${from}';`);
  return `${imports.join(' ')}${contents}`;
}

async function straightened(text: string): Promise<string> {
  let straight = text;
  for (const [statement, verb, ofTypes, names = '', from = ''] of text.matchAll(takes)) {
    if (ofTypes !== undefined || !isOurs.test(from)) continue;
    const places = await placesOf(from);
    const lines = valuesOf(names).map((name) => {
      const place = places.get(name);
      if (place === undefined) throw new Error(`${from} does not export ${name} from a file`);
      return `${verb} { ${name} } from ${JSON.stringify(place)};`;
    });
    straight = straight.replace(statement, lines.join(' '));
  }
  return straight;
}

/** The file that each name of an index comes from. */
async function placesOf(specifier: string): Promise<ReadonlyMap<string, string>> {
  const index = import.meta.resolve(specifier);
  const text = await readFile(fileURLToPath(index), 'utf8');
  const places = new Map<string, string>();
  for (const [, , ofTypes, names = '', from = ''] of text.matchAll(takes)) {
    if (ofTypes !== undefined) continue;
    for (const name of valuesOf(names)) places.set(name, fileURLToPath(new URL(from, index)));
  }
  return places;
}

function valuesOf(names: string): string[] {
  return names
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '' && !name.startsWith('type '));
}
