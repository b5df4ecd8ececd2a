import { parseArgs } from 'node:util';
import type { Level, Sabotage } from './report/report.ts';

export interface DemoOptions {
  /** Which level to run; undefined: the best that this machine permits. */
  readonly level?: Level;
  /** A level below this is an error. */
  readonly require?: Level;
  readonly sabotage?: Sabotage;
  /** File for the report. */
  readonly jsonFile?: string;
  /** Directory for the captures. */
  readonly pcapDirectory?: string;
}

export type DemoArguments =
  | { readonly kind: 'run'; readonly options: DemoOptions }
  | { readonly kind: 'help' }
  | { readonly kind: 'refused'; readonly message: string; readonly remedy: string };

const levels: readonly Level[] = ['kernel', 'loopback'];

/** What each sabotage breaks, in a sentence. */
export const sabotages: Readonly<Record<Sabotage, string>> = {
  'drop-rule': 'takes the policy rules of the held identity: replies leave by eth0',
  'advertise-private': 'the pod advertises its private IP',
  'wrong-port': 'the pod sends RTP from another port than it advertises',
  'wrong-contact': 'below the send guard, each Contact the pod sends gets another port',
  'wrong-connection-address': 'likewise, each c= gets an address that nobody holds',
  'wrong-rtp-source': 'likewise, RTP of the calls leaves from a port nobody was told',
  'no-release': 'the reaper is not run after the SIGKILL',
  'no-route': "removes the identity's VPC /32 route: VPC clients come by NAT",
};

export const usage: string = [
  'npm run demo -- [options]',
  '',
  '  --json FILE       write the report to FILE',
  '  --pcap DIR        keep the captures in DIR (level kernel)',
  '  --level LEVEL     kernel or loopback; default: the best this machine permits',
  '  --require LEVEL   fail rather than fall below LEVEL',
  '  --sabotage NAME   break one thing on purpose; the demo must notice and exit 1:',
  ...Object.entries(sabotages).map(([name, what]) => `      ${name.padEnd(25)} ${what}`),
  '  --help            this text',
  '',
  'Exit 0: every promise held. 1: one did not, or it could not be played. 2: the command line was',
  'refused.',
].join('\n');

/** Reads the command line; never throws. */
export function parseDemoArguments(argv: readonly string[]): DemoArguments {
  let values;
  try {
    values = parseArgs({
      args: [...argv],
      strict: true,
      options: {
        json: { type: 'string' },
        pcap: { type: 'string' },
        level: { type: 'string' },
        require: { type: 'string' },
        sabotage: { type: 'string' },
        help: { type: 'boolean', short: 'h' },
      },
    }).values;
  } catch (error) {
    return refused(error instanceof Error ? error.message : String(error), 'See --help.');
  }
  if (values.help === true) return { kind: 'help' };
  const { level, require, sabotage, json, pcap } = values;
  const wrong =
    notOneOf('--level', level, levels) ??
    notOneOf('--require', require, levels) ??
    notOneOf('--sabotage', sabotage, Object.keys(sabotages)) ??
    emptyPath('--json', json) ??
    emptyPath('--pcap', pcap);
  if (wrong !== undefined) return wrong;
  if (level === 'loopback' && pcap !== undefined) {
    return refused(
      '--pcap has nothing to keep at --level loopback, which has no link to capture',
      'Leave one of the two out.',
    );
  }
  return {
    kind: 'run',
    options: {
      ...(level === undefined ? {} : { level: level as Level }),
      ...(require === undefined ? {} : { require: require as Level }),
      ...(sabotage === undefined ? {} : { sabotage: sabotage as Sabotage }),
      ...(json === undefined ? {} : { jsonFile: json }),
      ...(pcap === undefined ? {} : { pcapDirectory: pcap }),
    },
  };
}

function notOneOf(
  option: string,
  value: string | undefined,
  allowed: readonly string[],
): DemoArguments | undefined {
  if (value === undefined || allowed.includes(value)) return undefined;
  return refused(`${option} "${value}" is not known`, `Give one of: ${allowed.join(', ')}.`);
}

function emptyPath(option: string, value: string | undefined): DemoArguments | undefined {
  return value === '' ? refused(`${option} has an empty path`, 'Give a path.') : undefined;
}

function refused(message: string, remedy: string): DemoArguments {
  return { kind: 'refused', message, remedy };
}
