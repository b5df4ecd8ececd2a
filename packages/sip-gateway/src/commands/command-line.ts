import { parseArgs } from 'node:util';

/** What a command line asks for. */
export type Command =
  | { readonly kind: 'help' }
  | { readonly kind: 'version' }
  | { readonly kind: 'run'; readonly config: string }
  | { readonly kind: 'check-config'; readonly file: string }
  | {
      readonly kind: 'ladder';
      readonly file: string;
      readonly callId: string | undefined;
      readonly isJson: boolean;
      readonly isAscii: boolean;
      readonly isApart: boolean;
      readonly width: number;
      readonly names: Readonly<Record<string, string>>;
      readonly publicAddresses: Readonly<Record<string, string>>;
    }
  | { readonly kind: 'wrong'; readonly because: string };

const options = {
  help: { type: 'boolean', short: 'h' },
  version: { type: 'boolean', short: 'V' },
  config: { type: 'string', short: 'c' },
  'call-id': { type: 'string' },
  json: { type: 'boolean' },
  ascii: { type: 'boolean' },
  apart: { type: 'boolean' },
  width: { type: 'string' },
  name: { type: 'string', multiple: true },
  public: { type: 'string', multiple: true },
} as const;

type Values = Partial<ReturnType<typeof parseArgs<{ options: typeof options }>>['values']>;

/** Which options each command takes. */
const optionsOf: Readonly<Record<string, readonly (keyof typeof options)[]>> = {
  run: ['config'],
  'check-config': [],
  ladder: ['call-id', 'json', 'ascii', 'apart', 'width', 'name', 'public'],
};

/** Reads the arguments that follow the program's name. */
export function readCommandLine(args: readonly string[]): Command {
  try {
    const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true });
    if (values.help === true) return { kind: 'help' };
    if (values.version === true) return { kind: 'version' };
    return commandOf(positionals, values);
  } catch (error) {
    return wrong(error instanceof Error ? error.message : String(error));
  }
}

function commandOf([name, ...operands]: readonly string[], values: Values): Command {
  if (name === undefined) return wrong('no command is given');
  const known = Object.hasOwn(optionsOf, name) ? optionsOf[name] : undefined;
  if (known === undefined) return wrong(`there is no command ${JSON.stringify(name)}`);
  const stranger = Object.keys(values).find((key) => !known.some((each) => each === key));
  if (stranger !== undefined) return wrong(`${name} takes no --${stranger}`);
  const [file, more] = operands;
  if (name === 'run') {
    if (file !== undefined) return wrong(`run takes no operand, such as ${JSON.stringify(file)}`);
    return values.config === undefined
      ? wrong('run needs --config FILE')
      : { kind: 'run', config: values.config };
  }
  if (file === undefined || more !== undefined) return wrong(`${name} needs one FILE`);
  return name === 'ladder' ? ladder(file, values) : { kind: 'check-config', file };
}

function ladder(file: string, values: Values): Command {
  const width = Number(values.width ?? 100);
  if (!Number.isInteger(width) || width < 60 || width > 500)
    return wrong('--width is not from 60 to 500');
  const names = pairs(values.name ?? []);
  const publicAddresses = pairs(values.public ?? []);
  if (names === undefined) return wrong('--name is not ADDRESS=NAME');
  if (publicAddresses === undefined) return wrong('--public is not PRIVATE=PUBLIC');
  return {
    kind: 'ladder',
    file,
    callId: values['call-id'],
    isJson: values.json === true,
    isAscii: values.ascii === true,
    isApart: values.apart === true,
    width,
    names,
    publicAddresses,
  };
}

/** "a=b" each; undefined when one is not. */
function pairs(texts: readonly string[]): Readonly<Record<string, string>> | undefined {
  const read = texts.map((text) => /^([^=]+)=(.+)$/u.exec(text));
  if (read.includes(null)) return undefined;
  return Object.fromEntries(read.map((found) => [found?.[1] ?? '', found?.[2] ?? '']));
}

function wrong(because: string): Command {
  return { kind: 'wrong', because };
}
