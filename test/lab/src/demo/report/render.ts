import { elide, hang, layTable, maxColumns, shorten } from './layout.ts';
import { renderSteps } from './render-steps.ts';
import type { Paint } from './paint.ts';
import type {
  CrashFacts,
  DemoReport,
  IdentityFacts,
  Leftover,
  Level,
  Sabotage,
  StepRow,
  StockRow,
} from './report.ts';

type Lines = readonly string[];

const levelMeaning: Readonly<Record<Level, string>> = {
  kernel: 'real packets through Linux network namespaces, a simulated EC2',
  loopback: 'simulated EC2, fake kernel, 127.0.0.1: no real packet path',
};

/** The first lines: what this is, and at which level. */
export function renderHead(
  level: Level,
  levelReason: string,
  sabotage: Sabotage | undefined,
  paint: Paint,
): Lines {
  return [
    `${paint.bold('truetuple demo')}, level ${paint.bold(level)}: ${levelMeaning[level]}`,
    ...hang('  ', levelReason).map(paint.dim),
    ...(sabotage === undefined
      ? []
      : [
          paint.yellow(
            `  sabotage ${sabotage}: one thing is broken on purpose and must be noticed`,
          ),
        ]),
  ];
}

function renderAct(number: number, title: string, meaning: string, paint: Paint): Lines {
  const head = `Act ${number}  `;
  return [
    '',
    paint.bold(paint.cyan(`${head}${title}`)),
    ...hang('       ', meaning).map(paint.dim),
    '',
  ];
}

export function renderStockPath(rows: readonly StockRow[], paint: Paint): Lines {
  const table = layTable(
    [
      { title: 'app on eth0' },
      { title: 'advertises' },
      { title: 'the peer observes' },
      { title: 'calls to it that arrive' },
    ],
    rows.map((row) => [
      row.name,
      row.advertised,
      row.observed.join(', '),
      row.diesAt === undefined
        ? `${row.arrived} of ${row.sent}`
        : `${row.arrived} of ${row.sent}: ${row.diesAt}`,
    ]),
  );
  return [
    ...renderAct(
      1,
      'The stock path',
      "A UDP app on a pod's eth0, modelled on EKS: VPC CNI, source NAT on the node, NAT gateway. " +
        'What it says of itself is not what its peer sees.',
      paint,
    ),
    paint.dim(table.heading),
    ...table.lines.map((line, index) => {
      const row = rows[index];
      return row === undefined || row.observed.includes(row.advertised) ? line : paint.yellow(line);
    }),
  ];
}

export function renderIdentity(
  identity: IdentityFacts,
  readyMs: number,
  steps: readonly StepRow[],
  paint: Paint,
): Lines {
  const { publicIp, privateIp, linkName, networkInterfaceId } = identity;
  return [
    ...renderAct(
      2,
      'truetuple',
      'The pod takes an Elastic IP for its own second link, proves it, and advertises exactly that.',
      paint,
    ),
    ...renderSteps(steps, paint),
    `  ${paint.green('ready')} in ${readyMs.toFixed(0)} ms: ${paint.bold(publicIp)} is ${privateIp} on ${linkName} (${networkInterfaceId})`,
  ];
}

export function renderCrash(
  { level, crash, leaked }: Pick<DemoReport, 'level' | 'crash' | 'leaked'>,
  paint: Paint,
): Lines {
  return [
    ...renderAct(
      3,
      'The pod is killed',
      `${crash.signal ?? 'No signal'}${crash.rtpInCall > 0 ? ' in a call' : ''}: nothing is given back. The reaper, told which pods live, cleans up.`,
      paint,
    ),
    paint.dim('  left by the dead pod'),
    ...listed(crash.leftByPod.map(describeLeftover)),
    paint.dim('  the reaper, in a dry run: what it would do'),
    ...listed(crash.dryRun.map(toOneLine)),
    ...renderReaped(crash).map(paint.dim),
    ...crash.reapFailures.map((why) => paint.red(`    ${elide(why, maxColumns - 4)}`)),
    paint.dim('  left afterwards, in EC2 and on this machine'),
    ...renderLeaked(level, leaked, paint),
  ];
}

/** What was looked at and found to be gone, by level. */
const gone: Readonly<Record<Level, string>> = {
  kernel: 'nothing on this machine: all namespaces, links, processes, sockets and files are gone',
  loopback: 'nothing on this machine: all processes, sockets and files are gone',
};

function renderLeaked(level: Level, leaked: readonly Leftover[], paint: Paint): Lines {
  if (leaked.length > 0) return listed(leaked.map(describeLeftover)).map(paint.red);
  const inEc2 = 'nothing in EC2: no association, owner tag, private IP or /32 route';
  return listed([inEc2, gone[level]]).map(paint.green);
}

function renderReaped({ dryRun, reaped, reapMs }: CrashFacts): Lines {
  if (reaped.length === 0) return ['  the reaper was not run'];
  const inMs = `in ${reapMs.toFixed(0)} ms`;
  return reaped.join('\n') === dryRun.join('\n')
    ? [`  the reaper, for real: it did exactly that, ${inMs}`]
    : [`  the reaper, for real, ${inMs}`, ...listed(reaped.map(toOneLine))];
}

export function describeLeftover({ where, what }: Leftover): string {
  return `${where === 'ec2' ? 'EC2' : where}: ${what}`;
}

function listed(items: readonly string[]): Lines {
  if (items.length === 0) return ['    nothing'];
  return items.map((item) => `    ${elide(item, maxColumns - 4)}`);
}

function toOneLine(sentence: string): string {
  return shorten(sentence, maxColumns - 4);
}
