/** `npm run demo`: three acts, one verdict. Exit 0 when every promise held, 1 when not, 2 on a bad command line. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { constants } from 'node:os';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CoreError } from '@truetuple/core';
import { parseDemoArguments, usage, type DemoOptions } from './arguments.ts';
import { DemoError } from './demo-error.ts';
import { chooseLevel } from './level.ts';
import { choosePaint } from './report/paint.ts';
import { playDemo } from './play-demo.ts';
import { probeMachine, userNamespaceCommand } from './probe-machine.ts';
import { makeFolder } from './report/make-folder.ts';
import { writeReport } from './report/write-report.ts';

const inUserNamespace = 'TRUETUPLE_DEMO_IN_USER_NAMESPACE';

// ended by a signal it still removes its temporary files; its namespaces have no name and go by themselves
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.once(signal, () => process.exit(128 + constants.signals[signal]));
}

process.exitCode = await startDemo(process.argv.slice(2));

async function startDemo(argv: readonly string[]): Promise<number> {
  const parsed = parseDemoArguments(argv);
  switch (parsed.kind) {
    case 'help':
      console.log(usage);
      return 0;
    case 'refused':
      console.error(`demo: ${parsed.message}. ${parsed.remedy}`);
      return 2;
    case 'run':
      return runDemo(parsed.options).catch(complain);
    default:
      return parsed satisfies never;
  }
}

async function runDemo(options: DemoOptions): Promise<number> {
  const { env, stdout } = process;
  const machine = probeMachine(env[inUserNamespace] === '1');
  const choice = chooseLevel(machine, options);
  if (choice.kind === 'enter-user-namespace') return enterUserNamespace();
  if (choice.kind === 'refused') {
    throw new DemoError({
      code: 'LevelUnavailable',
      message: `level kernel is required and cannot be had: ${choice.reason}`,
      remedy:
        'Run as root on Debian or Ubuntu (npm run demo installs what is missing), or require less.',
    });
  }
  const { jsonFile, pcapDirectory } = options;
  // before the first act: nobody waits for a report that cannot be written
  if (jsonFile !== undefined) await makeFolder(dirname(jsonFile), '--json');
  if (pcapDirectory !== undefined) await makeFolder(pcapDirectory, '--pcap');
  const report = await playDemo({
    choice,
    options,
    print: (line) => console.log(line),
    paint: choosePaint({ isTty: stdout.isTTY, noColor: env['NO_COLOR'], term: env['TERM'] }),
  });
  if (jsonFile !== undefined) await writeReport(jsonFile, report);
  return report.ok ? 0 : 1;
}

/** Starts the same command line again where this user is root of namespaces of its own. */
async function enterUserNamespace(): Promise<number> {
  const [command = '', ...prefix] = userNamespaceCommand;
  const program = fileURLToPath(import.meta.url);
  const args = [
    ...prefix,
    process.execPath,
    ...process.execArgv,
    program,
    ...process.argv.slice(2),
  ];
  const env = { ...process.env, [inUserNamespace]: '1' };
  const child = spawn(command, args, { stdio: 'inherit', env });
  process.once('exit', () => child.kill());
  const [code, signal] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null];
  return code ?? 128 + (signal === null ? 0 : constants.signals[signal]);
}

function complain(error: unknown): number {
  if (DemoError.is(error) || CoreError.is(error)) {
    console.error(`demo: ${error.message} (${error.code})\n  ${error.remedy}`);
  } else {
    console.error('demo: an unexpected failure; please report it with this text:', error);
  }
  return 1;
}
