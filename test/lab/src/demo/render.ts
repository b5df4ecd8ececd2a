import { hang, layTable, maxColumns, shorten } from './layout.ts';
import type { Paint } from './paint.ts';
import type {
  CrashFacts,
  DemoReport,
  FlowRow,
  IdentityFacts,
  Leftover,
  Level,
  Sabotage,
  StepRow,
  StockRow,
} from './report.ts';
import { judgeFlow } from './verdict.ts';

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
  const width = maxColumns - 31;
  const table = layTable(
    [
      { title: 'at ms', align: 'right' },
      { title: 'took', align: 'right' },
      { title: 'half' },
      { title: 'step' },
    ],
    steps.map((step) => [
      step.atMs.toFixed(1),
      step.durationMs.toFixed(1),
      step.half,
      shorten(step.sentence, width),
    ]),
  );
  return [
    ...renderAct(
      2,
      'truetuple',
      'The pod takes an Elastic IP for its own second link, proves it, and advertises exactly that.',
      paint,
    ),
    paint.dim(table.heading),
    ...table.lines,
    '',
    `  ${paint.green('ready')} in ${readyMs.toFixed(0)} ms: ${paint.bold(publicIp)} is ${privateIp} on ${linkName} (${networkInterfaceId})`,
  ];
}

const wayWords = { in: 'calls the pod', reply: 'gets answers', out: 'is called' } as const;

export function renderFlows(flows: readonly FlowRow[], paint: Paint): Lines {
  const hosts = { internet: 'peer', vpc: 'client' } as const;
  const table = layTable(
    [
      { title: 'flow' },
      { title: 'far side' },
      { title: 'advertised' },
      { title: 'observed' },
      { title: 'sent', align: 'right' },
      { title: 'got', align: 'right' },
      { title: '' },
    ],
    flows.map((flow) => [
      flow.name,
      `${hosts[flow.peer]} ${wayWords[flow.way]}`,
      flow.advertised,
      flow.observed.length === 0 ? 'nothing' : shorten(flow.observed.join(', '), 20),
      String(flow.sent),
      String(Math.min(flow.received, flow.receivedByApplication)),
      judgeFlow(flow).ok ? 'ok' : 'FAIL',
    ]),
  );
  const by = flows[0]?.observedBy === 'capture' ? 'captured at its link' : 'by its socket';
  return [
    '',
    ...hang(
      '  ',
      `What packets advertise, and the source tuple that the receiving host saw (${by}):`,
    ),
    '',
    paint.dim(table.heading),
    ...table.lines.map((line) => paintMark(line, paint)),
  ];
}

export function renderCrash(crash: CrashFacts, leaked: readonly Leftover[], paint: Paint): Lines {
  return [
    ...renderAct(
      3,
      'The pod is killed',
      `${crash.signal}: no handler runs, nothing is given back. The reaper, told which pods live, cleans up.`,
      paint,
    ),
    paint.dim('  left by the dead pod'),
    ...listed(crash.leftByPod.map(describeLeftover)),
    paint.dim('  reaper, dry run: says what it would do'),
    ...listed(crash.dryRun),
    paint.dim(
      crash.reaped.length === 0
        ? '  reaper: not run'
        : `  reaper: done in ${crash.reapMs.toFixed(0)} ms`,
    ),
    ...(crash.reaped.length === 0 ? [] : listed(crash.reaped)),
    paint.dim('  left afterwards, in EC2 and on this machine'),
    ...listed(leaked.map(describeLeftover)).map(leaked.length === 0 ? paint.green : paint.red),
  ];
}

export function describeLeftover({ where, what }: Leftover): string {
  return `${where === 'ec2' ? 'EC2' : where}: ${what}`;
}

function listed(items: readonly string[]): Lines {
  if (items.length === 0) return ['    nothing'];
  return items.flatMap((item) => hang('    ', item));
}

/** The last lines: each promise, what is not shown, and the sum. */
export function renderVerdict(report: DemoReport, paint: Paint): Lines {
  const flowNames = new Set(report.flows.map(({ name }) => name));
  const held = report.flows.filter((flow) => judgeFlow(flow).ok);
  const packets = held.reduce((sum, flow) => sum + flow.received, 0);
  const sum = {
    name: `${held.length} of ${report.flows.length} flows`,
    ok: held.length === report.flows.length,
    why: `advertised is observed, nothing lost: ${packets} packets`,
  };
  const firstFlow = report.verdicts.findIndex(({ name }) => flowNames.has(name));
  const rows = report.verdicts.flatMap((verdict, index) => {
    const summed = index === firstFlow ? [sum] : [];
    return flowNames.has(verdict.name) && verdict.ok ? summed : [...summed, verdict];
  });
  const broken = report.verdicts.filter(({ ok }) => !ok);
  return [
    '',
    paint.bold(paint.cyan('Verdict')),
    '',
    ...rows.flatMap(({ name, ok, why }) => {
      const lines = hang(`  ${ok ? 'ok  ' : 'FAIL'}  ${name.padEnd(28)} `, why);
      return ok ? lines.map((line) => paintMark(line, paint)) : lines.map(paint.red);
    }),
    '',
    paint.dim('  not shown by this run'),
    ...report.notProven.flatMap((what) => hang('    - ', what)).map(paint.dim),
    '',
    broken.length === 0
      ? paint.green(`Every promise held (${(report.durationMs / 1000).toFixed(1)} s).`)
      : paint.red(`${broken.length} broken: ${broken.map(({ name }) => name).join(', ')}`),
  ];
}

function paintMark(line: string, paint: Paint): string {
  if (/\bFAIL$/.test(line)) return paint.red(line);
  return line.replace(/ok$|^ {2}ok\b/, (mark) => paint.green(mark));
}
