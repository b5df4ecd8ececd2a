import { readFileSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { fileURLToPath } from 'node:url';
import { mutants } from './mutants.ts';

/**
 * From now on core is loaded with one of its safety rules switched off. Must run before core is loaded.
 * @throws Error when the text that the mutant replaces is not there exactly once.
 */
export function installMutant(name: string): void {
  const mutant = mutants.find((one) => one.name === name);
  if (mutant === undefined) throw new Error(`there is no mutant ${name}`);
  const target = new URL(`../../packages/core/src/${mutant.file}`, import.meta.url).href;
  mutate(readFileSync(fileURLToPath(target), 'utf8'), mutant);
  registerHooks({
    load: (url, context, nextLoad) => {
      const loaded = nextLoad(url, context);
      if (url !== target) return loaded;
      const source =
        typeof loaded.source === 'string' ? loaded.source : new TextDecoder().decode(loaded.source);
      return { ...loaded, source: mutate(source, mutant) };
    },
  });
}

function mutate(source: string, mutant: (typeof mutants)[number]): string {
  const parts = source.split(mutant.text);
  if (parts.length !== 2) {
    throw new Error(
      `mutant ${mutant.name}: ${mutant.file} has its text ${parts.length - 1} times, not once: mend the mutant`,
    );
  }
  return parts.join(mutant.replacement);
}
