import { flows } from '../traffic/flow.ts';
import type { FlowRow, Leftover, StockRow } from './report.ts';
import { callRow, stockCallRow } from './sample-calls.ts';
import type { Findings } from './verdict.ts';

/** Findings of a run in which every promise held, for tests of the pure parts. */
export function findings(changes: Partial<Findings>): Findings {
  return {
    stockPath: [stockRow({})],
    stockCalls: [stockCallRow()],
    readyMs: 80,
    publicIp: '203.0.113.50',
    flows: flows.map(({ name, peer, role, way }) => flowRow({ name, peer, role, way })),
    calls: [callRow(), callRow({ name: 'outward-call', direction: 'outward' })],
    crash: {
      signal: 'SIGKILL',
      rtpInCall: 5,
      leftByPod: [leftover('ec2')],
      dryRun: ['Give 203.0.113.50 back to the pool.'],
      dryRunWrites: 0,
      reaped: ['Give 203.0.113.50 back to the pool.'],
      reapFailures: [],
      reapMs: 3,
    },
    leaked: [],
    ...changes,
  };
}

export function flowRow(changes: Partial<FlowRow>): FlowRow {
  return {
    name: 'internet-sip-out',
    peer: 'internet',
    role: 'sip',
    way: 'out',
    from: 'pod',
    to: 'Internet peer',
    advertised: '203.0.113.50:5060',
    observed: ['203.0.113.50:5060'],
    observedBy: 'capture',
    wanted: 250,
    sent: 250,
    received: 250,
    receivedByApplication: 250,
    lost: 0,
    repeated: 0,
    ...changes,
  };
}

export function stockRow(changes: Partial<StockRow>): StockRow {
  return {
    name: 'SIP',
    advertised: '10.0.1.50:5060',
    observed: ['203.0.113.7:31337'],
    observedBy: 'capture',
    sent: 5,
    arrived: 0,
    answered: true,
    diesAt: 'lost at Internet gateway (no_dst +5)',
    ...changes,
  };
}

export function leftover(where: Leftover['where']): Leftover {
  return { where, what: '203.0.113.50 is associated with 10.0.2.128 (eipassoc-1)' };
}
