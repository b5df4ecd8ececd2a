// Preload: when the process ends it writes which files Node loaded to the file that the last argument names, as a JSON list of URLs.
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
