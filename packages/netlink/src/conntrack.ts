/** Connection tracking: what imports it pays for it, and nobody else. */
export { openConntrack } from './conntrack/conntrack.ts';
export type { Conntrack, ConntrackVerbs } from './conntrack/conntrack.ts';
export { mirrored } from './conntrack/encode-flow.ts';
export type {
  Flow,
  FlowChange,
  FlowCounters,
  FlowFilter,
  FlowKey,
  FlowTuple,
  NewFlow,
} from './conntrack/flow.ts';
export type { Flows } from './conntrack/flows.ts';
