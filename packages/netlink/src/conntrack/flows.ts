import { listing } from '../dump.ts';
import { NetlinkError } from '../errors.ts';
import { command } from '../plan.ts';
import type { Answer, Face, Program } from '../plan.ts';
import { removedOrAbsent } from '../rtnetlink/outcome.ts';
import type { Removed } from '../rtnetlink/outcome.ts';
import { hasAll } from '../rtnetlink/same.ts';
import { conntrackMessage } from '../schema/conntrack.ts';
import type { Family } from '../wire/ip-address.ts';
import { MessageWriter } from '../wire/message-writer.ts';
import { decodeFlow } from './decode-flow.ts';
import {
  encodeAddFlow,
  encodeDeleteFlow,
  encodeFlushFlows,
  encodeGetFlow,
  encodeListFlows,
  encodeUpdateFlow,
} from './encode-flow.ts';
import type { Flow, FlowChange, FlowFilter, FlowKey, FlowTuple, NewFlow } from './flow.ts';

/** The tracked flows of a network namespace. */
export interface Flows<F extends Face = 'async'> {
  /** `resetCounters` sets the counters of every flow that the kernel gave (whatever this package filters) to 0. */
  list(filter?: FlowFilter, options?: { readonly resetCounters?: boolean }): Answer<F, Flow[]>;
  /** Undefined when there is none. */
  get(key: FlowKey): Answer<F, Flow | undefined>;
  /** @throws NetlinkError EEXIST, ENOMEM (the table is full). */
  add(flow: NewFlow): Answer<F, void>;
  /** @throws NetlinkError ENOENT (`isNotFound`), EBUSY (a status that cannot be changed). */
  update(key: FlowKey, change: FlowChange): Answer<F, void>;
  /** The next packet of the flow begins a new one, and meets the NAT rules again. */
  delete(key: FlowKey): Answer<F, Removed>;
  /** Deletes all that match; gives how many. Flows that begin meanwhile are left. */
  deleteWhere(filter: FlowFilter): Answer<F, number>;
  /** Deletes every flow, or all of one family. */
  flush(family?: Family): Answer<F, void>;
}

export function planFlows(): Flows<'plan'> {
  const writer = new MessageWriter();
  const flows: Flows<'plan'> = {
    list: (filter = {}, options = {}) =>
      listing(() => ({
        message: encodeListFlows(writer, filter, options.resetCounters === true),
        describe: () => 'listing tracked flows',
        decode: (type, view, start, end) => {
          const flow = type === conntrackMessage.new ? decodeFlow(view, start, end) : undefined;
          return flow !== undefined && passes(flow, filter) ? flow : undefined;
        },
      })),
    get: (key) => getFlow(writer, key),
    add: (flow) =>
      command({
        message: encodeAddFlow(writer, flow),
        until: 'ack',
        describe: () => `adding the flow ${say(flow.original)}`,
      }),
    update: (key, change) =>
      command({
        message: encodeUpdateFlow(writer, key, change),
        until: 'ack',
        describe: () => `updating the flow ${say(key.original)}`,
      }),
    delete: (key) =>
      removedOrAbsent({
        message: encodeDeleteFlow(writer, key),
        until: 'ack',
        describe: () => `deleting the flow ${say(key.original)}`,
      }),
    deleteWhere: (filter) => deleteWhere(flows, filter),
    flush: (family) =>
      command({
        message: encodeFlushFlows(writer, family),
        until: 'ack',
        describe: () => 'deleting all tracked flows',
      }),
  };
  return flows;
}

function* getFlow(writer: MessageWriter, key: FlowKey): Program<Flow | undefined> {
  let found: Flow | undefined;
  try {
    yield {
      message: encodeGetFlow(writer, key),
      until: 'answer',
      describe: () => `getting the flow ${say(key.original)}`,
      onMessage: (_, view, start, end) => {
        found = decodeFlow(view, start, end);
      },
    };
  } catch (error) {
    if (!NetlinkError.is(error) || !error.isNotFound) throw error;
  }
  return found;
}

function* deleteWhere(flows: Flows<'plan'>, filter: FlowFilter): Program<number> {
  let count = 0;
  for (const { original, zone, id } of yield* flows.list(filter)) {
    const key = { original, id, ...(zone === undefined ? {} : { zone }) };
    if ((yield* flows.delete(key)) === 'removed') count += 1;
  }
  return count;
}

function passes(flow: Flow, { family, zone, original, reply }: FlowFilter): boolean {
  return (
    (family === undefined || family === flow.family) &&
    (zone === undefined || zone === (flow.zone ?? 0)) &&
    hasAll(flow.original, original ?? {}) &&
    hasAll(flow.reply, reply ?? {})
  );
}

function say({ source, destination, protocol, sourcePort, destinationPort }: FlowTuple): string {
  const from = sourcePort === undefined ? source : `${source} port ${String(sourcePort)}`;
  const to =
    destinationPort === undefined ? destination : `${destination} port ${String(destinationPort)}`;
  return `of protocol ${String(protocol)} from ${from} to ${to}`;
}
