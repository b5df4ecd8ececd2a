import { isBuiltin } from 'node:module';
import { posix } from 'node:path';

/**
 * The repository path of a file with forward slashes, or undefined when it lies elsewhere.
 * @param root absolute path of the repository
 * @param file absolute path of the file
 */
export function repositoryPath(root: string, file: string): string | undefined {
  const [top, path] = [root, file].map((each) => each.replaceAll('\\', '/'));
  if (top === undefined || path === undefined || !path.startsWith(`${top}/`)) return undefined;
  return path.slice(top.length + 1);
}

/**
 * What an import names: a relative one as a repository path, a Node module with its prefix, a package as it is.
 * @param importer repository path of the importing file
 * @param specifier the text between the quotes
 */
export function importedModule(importer: string, specifier: string): string {
  if (/^\.\.?(\/|$)/.test(specifier)) {
    return posix.normalize(posix.join(posix.dirname(importer), specifier));
  }
  if (!specifier.startsWith('node:') && isBuiltin(specifier)) return `node:${specifier}`;
  return specifier;
}

/** The folder of the workspace package a repository path lies in, such as "packages/core"; the root is "". */
export function packageFolder(path: string): string {
  const match = /^(?:packages\/[^/]+|test\/lab|test|bench)(?=\/)/.exec(path);
  return match?.[0] ?? '';
}
