import { importedModule, packageFolder } from './module-path.ts';
import { bans, type Ban } from './rooms.ts';

/** One import, export-from or dynamic import as the checker sees it. */
export interface Import {
  readonly specifier: string;
  /** The names taken, or undefined for the whole module. */
  readonly names: readonly string[] | undefined;
}

/**
 * Why this file may not import this; empty when it may.
 * @param importer repository path of the importing file
 */
export function importFaults(importer: string, taken: Import): readonly string[] {
  const module = importedModule(importer, taken.specifier);
  const faults = bans
    .filter((ban) => isBanned(ban, importer, module, taken))
    .map((ban) => ban.because);
  if (leavesPackage(importer, module, taken.specifier)) {
    faults.push('a package reaches another by its name, never by a path into it');
  }
  return faults;
}

function isBanned(ban: Ban, importer: string, module: string, { names }: Import): boolean {
  if (!ban.room.test(importer) || ban.except?.test(importer) === true) return false;
  if (!ban.from.test(module)) return false;
  return names === undefined || names.some((name) => ban.butNames?.includes(name) !== true);
}

/** Tests may look inside a package: what they check is not always exported. */
function leavesPackage(importer: string, module: string, specifier: string): boolean {
  if (!specifier.startsWith('.') || !importer.startsWith('packages/')) return false;
  return packageFolder(importer) !== packageFolder(module);
}
