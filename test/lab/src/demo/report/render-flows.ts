import { elide, hang, layTable, maxColumns, shorten } from './layout.ts';
import type { Paint } from './paint.ts';
import type { FlowRow } from './report.ts';
import { judgeFlow } from './verdict.ts';

const hosts = { internet: 'Internet peer', vpc: 'VPC client' } as const;
const wayWords = { in: 'calls pod', reply: 'is answered', out: 'is called' } as const;

/** The flows that held, those of one far side and port in a line; each that did not has its own. */
export function renderFlows(flows: readonly FlowRow[], paint: Paint): readonly string[] {
  const held = flows.filter((flow) => judgeFlow(flow).ok);
  const broken = flows.filter((flow) => !judgeFlow(flow).ok);
  const groups = Map.groupBy(held, ({ peer, role }) => `${peer} ${role}`);
  const table = layTable(
    [
      { title: 'packets with' },
      { title: 'pod advertises' },
      { title: 'they come from' },
      { title: 'in', align: 'right' },
      { title: 'reply', align: 'right' },
      { title: 'out', align: 'right' },
      { title: '' },
    ],
    [...groups.values()].map(cellsOf),
  );
  const by = flows[0]?.observedBy === 'capture' ? "the receiving hosts' links" : 'their sockets';
  return [
    '',
    ...hang('  ', `Raw packets, ${flows[0]?.wanted ?? 0} of each flow, read off ${by}:`),
    paint.dim(table.heading),
    ...table.lines.map((line) => line.replace(/ok$/, (mark) => paint.green(mark))),
    ...renderBroken(broken).map(paint.red),
  ];
}

function cellsOf(group: readonly FlowRow[]): readonly string[] {
  const [first] = group;
  if (first === undefined) return [];
  const ofPod = group.filter(({ way }) => way !== 'in');
  const distinct = (pick: (flow: FlowRow) => readonly string[]): string =>
    [...new Set(ofPod.flatMap(pick))].join(', ') || '-';
  const count = (wanted: FlowRow['way']): string => {
    const flow = group.find(({ way }) => way === wanted);
    return flow === undefined ? '' : String(Math.min(flow.received, flow.receivedByApplication));
  };
  return [
    `${hosts[first.peer]}, ${first.role.toUpperCase()}`,
    distinct(({ advertised }) => [advertised]),
    distinct(({ observed }) => observed),
    ...(['in', 'reply', 'out'] as const).map(count),
    'ok',
  ];
}

function renderBroken(flows: readonly FlowRow[]): readonly string[] {
  if (flows.length === 0) return [];
  const { lines } = layTable(
    Array.from({ length: 5 }, () => ({ title: '' })),
    flows.map((flow) => [
      flow.name,
      wayWords[flow.way],
      `${flow.advertised} advertised`,
      `${shorten(flow.observed.join(', ') || 'nothing', 20)} observed`,
      `${Math.min(flow.received, flow.receivedByApplication)} of ${flow.sent}`,
    ]),
  );
  return lines.map((line) => `${elide(line, maxColumns - 5)} FAIL`);
}
