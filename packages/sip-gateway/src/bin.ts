#!/usr/bin/env node
// truetuple-gateway: hears signals before it loads what it is made of, which takes a good part of a second. What a container's first process
// does not hear by then is no signal to it at all: it would take an identity, and be killed with it when its time is over.
import { readCommandLine } from './commands/command-line.ts';
import { StopWish } from './commands/stop-signals.ts';

const command = readCommandLine(process.argv.slice(2));
const stop = new StopWish();
if (command.kind === 'run') {
  for (const name of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) {
    process.on(name, () => stop.stop({ kind: 'signal', name }));
  }
}
const { main } = await import('./main.ts');
process.exitCode = await main(command, stop);
