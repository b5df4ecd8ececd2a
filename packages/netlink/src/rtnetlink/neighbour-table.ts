import { command } from '../plan.ts';
import type { Answer, Face } from '../plan.ts';
import { messageFlag } from '../schema/netlink.ts';
import { addressFamily, neighbourTable, rtm } from '../schema/rtnetlink.ts';
import type { Family } from '../wire/ip-address.ts';
import { MessageWriter } from '../wire/message-writer.ts';

/** Parameters of ARP (ipv4, the default) or neighbour discovery (ipv6). */
export interface NeighbourTableParameters {
  readonly family?: Family;
  /**
   * The link they are for. Without it: the defaults of new links, which only the first network
   * namespace has (ENOENT elsewhere).
   */
  readonly linkIndex?: number;
  /** How long at most an answer for a proxied address is held back; milliseconds. */
  readonly proxyDelayMs?: number;
  /** Between two solicitations; milliseconds. */
  readonly retransTimeMs?: number;
}

/** The neighbour tables of a network namespace (RTM_SETNEIGHTBL). */
export interface NeighbourTables<F extends Face = 'async'> {
  /** @throws NetlinkError ENOENT when the link is not in the table. */
  set(parameters: NeighbourTableParameters): Answer<F, void>;
}

const { request, ack } = messageFlag;
const tableName = { ipv4: 'arp_cache', ipv6: 'ndisc_cache' } as const;

export function planNeighbourTables(): NeighbourTables<'plan'> {
  const writer = new MessageWriter();
  return {
    set: (parameters) =>
      command({
        message: encodeSetNeighbourTable(writer, parameters),
        until: 'ack',
        describe: () =>
          `setting the ${tableName[parameters.family ?? 'ipv4']} parameters of ` +
          (parameters.linkIndex === undefined
            ? 'new links'
            : `link ${String(parameters.linkIndex)}`),
      }),
  };
}

/** struct ndtmsg: u8 family, pad, u16 pad. Times are u64 milliseconds. */
export function encodeSetNeighbourTable(
  writer: MessageWriter,
  { family = 'ipv4', linkIndex, proxyDelayMs, retransTimeMs }: NeighbourTableParameters,
): Uint8Array {
  writer.begin(rtm.setNeighbourTable, request | ack);
  writer.u8(addressFamily[family]).u8(0).u16(0);
  writer.attributeString(neighbourTable.name, tableName[family]);
  const parameters = writer.start(neighbourTable.parameters);
  if (linkIndex !== undefined) writer.attributeU32(neighbourTable.linkIndex, linkIndex);
  if (retransTimeMs !== undefined) writer.attributeU64(neighbourTable.retransTime, retransTimeMs);
  if (proxyDelayMs !== undefined) writer.attributeU64(neighbourTable.proxyDelay, proxyDelayMs);
  return writer.end(parameters).finish();
}
