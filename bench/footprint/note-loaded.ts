// Preload: when the process ends it writes which files of the program Node loaded. Argument: --loaded FILE, last.
import { writeFileSync } from 'node:fs';
import { registerHooks } from 'node:module';

const loaded: string[] = [];
registerHooks({
  load(url, context, next) {
    loaded.push(url);
    return next(url, context);
  },
});
process.on('exit', () => {
  writeFileSync(process.argv.at(-1) ?? '', JSON.stringify(loaded));
});
