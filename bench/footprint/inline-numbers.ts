import { pathToFileURL } from 'node:url';

const takesTables = /^import \{([^}]*)\} from '(\.[^']*\/schema\/[^']+)';$/gm;

/**
 * Writes the kernel's numbers where netlink names them: a bundler keeps each table whole of which one name is used, and each use by its
 * name. What uses a table as such still has it.
 */
export async function withNumbers(text: string, path: string): Promise<string> {
  let inlined = text;
  for (const [, names = '', from = ''] of text.matchAll(takesTables)) {
    const schema = (await import(new URL(from, pathToFileURL(path)).href)) as Readonly<
      Record<string, unknown>
    >;
    for (const name of names.split(',').map((one) => one.trim())) {
      const table = schema[name];
      if (typeof table !== 'object' || table === null) continue;
      const numbers = new Map(Object.entries(table));
      const uses = new RegExp(`(?<!typeof )(?<![\\w.$])${name}\\.(\\w+)\\b`, 'g');
      inlined = inlined.replaceAll(uses, (use, key: string) => {
        const number: unknown = numbers.get(key);
        return typeof number === 'number' ? `(${number})` : use;
      });
    }
  }
  return inlined;
}
