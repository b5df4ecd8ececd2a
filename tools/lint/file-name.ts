const emptyWords = ['utils', 'util', 'helpers', 'helper', 'common', 'manager', 'service', 'base'];
const kebabCase = /^[a-z0-9]+(-[a-z0-9]+)*$/;
/** Where a package's one public face may lie: its root, and the fakes that it ships. */
const faces = /^(packages\/[^/]+|test\/lab)\/src\/(testing\/)?index\.ts$/;

/**
 * What is wrong with the name of a file or of a folder on its way; empty when nothing is.
 * @param path repository path
 */
export function fileNameFaults(path: string): readonly string[] {
  const faults: string[] = [];
  for (const part of path.split('/').map(stem)) {
    if (!kebabCase.test(part)) faults.push(`"${part}" is not kebab-case`);
    const empty = part.split('-').find((word) => emptyWords.includes(word));
    if (empty !== undefined) {
      faults.push(`"${empty}" says nothing: name the file after what it holds or does`);
    }
  }
  if (path.endsWith('/index.ts') && !faces.test(path)) {
    faults.push('only a package has an index.ts; inside it, import the file itself');
  }
  return faults;
}

/** "route.property.test.ts" is named "route": the rest says what kind of file it is. A leading dot hides a folder. */
function stem(part: string): string {
  return part.replace(/^\./, '').replace(/(\.[a-z]+)+$/, '');
}
