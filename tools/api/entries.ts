import { globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** One way to import a package: what its report is made of, and where that lies. */
export interface Entry {
  /** As it is imported, such as "@truetuple/core/testing". */
  readonly specifier: string;
  /** Folder of the package. */
  readonly folder: string;
  /** Its declarations, as the compiler wrote them. */
  readonly declarations: string;
  /** Absolute path of the report. */
  readonly report: string;
}

interface Manifest {
  readonly name: string;
  readonly private?: boolean;
  readonly exports?: Readonly<Record<string, string | { readonly types?: string }>>;
}

/** Every entry of every package that `exports` names with declarations. */
export function entriesOf(root: string): readonly Entry[] {
  return globSync('packages/*/package.json', { cwd: root })
    .toSorted()
    .flatMap((file) => {
      const folder = join(root, dirname(file));
      const { name, exports = {} } = JSON.parse(readFileSync(join(root, file), 'utf8')) as Manifest;
      return Object.entries(exports).flatMap(([path, target]) => {
        const types = typeof target === 'string' ? undefined : target.types;
        if (types === undefined) return [];
        const specifier = join(name, path);
        const title = specifier.replace(/^@[^/]+\//, '').replaceAll('/', '.');
        return [
          {
            specifier,
            folder,
            declarations: join(folder, types),
            report: join(root, 'docs', 'api', `${title}.api.md`),
          },
        ];
      });
    });
}
