import { NetlinkError } from '@truetuple/netlink';
import { openConntrack } from '@truetuple/netlink/conntrack';
import {
  openNftables,
  type Expression,
  type NftChain,
  type Nftables,
  type NftRule,
} from '@truetuple/netlink/nftables';
import { isCidr, type Ipv4Address } from '../../identity/address.ts';
import { deliveryTableName, type DeliveryTable } from '../../kernel/delivery-table.ts';
import { deliveryChains, parseHead, type DeliveryChain } from './delivery-ruleset.ts';
import { deliveryFamily as family } from './list-delivery-tables.ts';
import type { LinuxKernelOptions } from './linux-kernel.ts';
import { unlessMissing } from './unless-missing.ts';

/** The contents of delivery tables: what most identities have none of, and so a file and a socket that most processes never open. */
export interface Deliveries {
  /** What a table does; undefined when it is not whole, or gone by now. */
  readonly read: (publicIp: Ipv4Address) => Promise<DeliveryTable | undefined>;
  /** One transaction: at no moment is there no table, or half of one. */
  readonly replace: (table: DeliveryTable) => Promise<void>;
  /** Absent is done. */
  readonly remove: (publicIp: Ipv4Address) => Promise<void>;
  readonly close: () => void;
}

/** @throws NetlinkError as openNftables */
export async function openDeliveries({ netns }: LinuxKernelOptions): Promise<Deliveries> {
  const where = netns === undefined ? {} : { netns };
  const nft = await openNftables(where);
  return {
    read: (publicIp) => readTable(nft, publicIp),
    replace: async (table) => {
      await replaceTable(nft, table);
      // what was tracked before the table was there would go on without it: only a flow that begins meets NAT rules
      if (table.mode !== 'dnat') return;
      await unlessMissing(async () => {
        await using conntrack = await openConntrack(where);
        const original = { destination: table.publicIp };
        await conntrack.flows.deleteWhere({ family: 'ipv4', original });
      });
    },
    remove: (publicIp) => removeTable(nft, publicIp),
    close: () => nft.close(),
  };
}

async function readTable(nft: Nftables, publicIp: Ipv4Address): Promise<DeliveryTable | undefined> {
  const filter = { family, table: deliveryTableName(publicIp) } as const;
  const [chains, rules] = await Promise.all([nft.chains.list(filter), nft.rules.list(filter)]);
  const claimed = readClaim(publicIp, rules);
  if (claimed === undefined) return undefined;
  const wanted = deliveryChains(claimed).map(comparable);
  const held = chains
    // the listing of all chains is not filtered by table on every kernel
    .filter(({ table }) => table === filter.table)
    .map((chain) => comparable(asDeliveryChain(chain, rules)));
  const isWhole = held.length === wanted.length && wanted.every((chain) => held.includes(chain));
  return isWhole ? claimed : undefined;
}

/** What the comments of a table's rules say that it does. */
function readClaim(publicIp: Ipv4Address, rules: readonly NftRule[]): DeliveryTable | undefined {
  const comments = rules.map(({ comment }) => comment).filter((comment) => comment !== undefined);
  const head = comments.map(parseHead).find((found) => found !== undefined);
  if (head === undefined) return undefined;
  return { ...head, publicIp, routedCidrs: comments.filter(isCidr) };
}

function asDeliveryChain(held: NftChain, rules: readonly NftRule[]): DeliveryChain {
  const { chain, type = 'filter', hook = { name: 'prerouting', priority: 0 } } = held;
  return { chain, type, hook, rules: rules.filter((rule) => rule.chain === chain) };
}

/** One text for what does the same: the kernel leaves out what is 1, and we what it fills in. */
function comparable({ chain, type, hook, rules }: DeliveryChain): string {
  const { name, priority } = hook;
  const lines = rules.map(({ expressions, comment = '' }) => [
    comment,
    ...expressions.map(plainExpression),
  ]);
  return JSON.stringify([chain, type, name, priority, lines]);
}

function plainExpression(expression: Expression): unknown {
  const entries = Object.entries({ register: 1, ...expression })
    .filter(([, value]) => value !== undefined && value !== false)
    .map(([key, value]) => [key, value instanceof Uint8Array ? [...value] : (value as unknown)]);
  return entries.toSorted(([a], [b]) => (String(a) < String(b) ? -1 : 1));
}

async function replaceTable(nft: Nftables, table: DeliveryTable): Promise<void> {
  const ref = { family, table: deliveryTableName(table.publicIp) } as const;
  await nft.transaction((t) => {
    t.addTable(ref);
    t.deleteTable(ref);
    t.addTable(ref);
    for (const { chain, type, hook, rules } of deliveryChains(table)) {
      t.addChain({ ...ref, chain, type, hook });
      for (const rule of rules) t.addRule({ ...ref, chain, ...rule });
    }
  });
}

async function removeTable(nft: Nftables, publicIp: Ipv4Address): Promise<void> {
  try {
    await nft.transaction((t) => t.deleteTable({ family, table: deliveryTableName(publicIp) }));
  } catch (error) {
    if (!NetlinkError.is(error) || !error.isNotFound) throw error;
  }
}
