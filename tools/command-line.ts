import { parseArgs, type ParseArgsOptionsConfig } from 'node:util';

/** What the command line of a program of this repository comes to. */
export type CommandLine<Options> =
  | { readonly kind: 'help' }
  | { readonly kind: 'refused'; readonly because: string }
  | { readonly kind: 'run'; readonly options: Options };

type ValuesOf<Config extends ParseArgsOptionsConfig> = ReturnType<
  typeof parseArgs<{ options: Config }>
>['values'];

/**
 * Reads a command line with these options, and `--help` or `-h`; anything else is refused.
 *
 * @param read makes of the values what the program wants, and throws when one cannot be
 */
export function readCommandLine<const Config extends ParseArgsOptionsConfig, Options>(
  args: readonly string[],
  options: Config,
  read: (values: ValuesOf<Config>) => Options,
): CommandLine<Options> {
  try {
    const help = { type: 'boolean', short: 'h' } as const;
    const { values } = parseArgs({ args: [...args], options: { ...options, help } });
    if ((values as { readonly help?: boolean }).help === true) return { kind: 'help' };
    return { kind: 'run', options: read(values) };
  } catch (error) {
    return { kind: 'refused', because: error instanceof Error ? error.message : String(error) };
  }
}

/** @throws Error when the text of the option is no whole number within the limits, which are allowed themselves */
export function wholeNumber(option: string, text: string, least: number, most?: number): number {
  const value = /^\d+$/u.test(text) ? Number(text) : Number.NaN;
  if (Number.isSafeInteger(value) && value >= least && value <= (most ?? value)) return value;
  const range = most === undefined ? `from ${least} on` : `from ${least} to ${most}`;
  throw new Error(`${option} ${text} is no whole number ${range}`);
}

/** Does what the command line asks for. Resolves with the exit code: 0 after `--help`, 2 for what was refused, else the program's own. */
export async function startProgram<Options>(
  { name, usage }: { readonly name: string; readonly usage: string },
  line: CommandLine<Options>,
  run: (options: Options) => Promise<number>,
): Promise<number> {
  switch (line.kind) {
    case 'help':
      console.log(usage);
      return 0;
    case 'refused':
      console.error(`${name}: ${line.because}\n${usage}`);
      return 2;
    case 'run':
      return run(line.options);
    default:
      return line satisfies never;
  }
}
