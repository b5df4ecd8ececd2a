import { NetlinkError } from '@truetuple/netlink';
import type { Expression, NftChain, Nftables, NftRule } from '@truetuple/netlink/nftables';
import { isCidr, isIpv4Address, type Ipv4Address } from '../../identity/address.ts';
import {
  deliveryTableAddress,
  deliveryTableName,
  type DeliveryTable,
  type HeldDeliveryTable,
} from '../../kernel/delivery-table.ts';
import { deliveryChains, parseHead, type DeliveryChain } from './delivery-ruleset.ts';

const family = 'ip';

/** What a kernel says that has no nftables, or tells this process nothing of it. */
const untold: ReadonlySet<string> = new Set(['EPERM', 'EINVAL', 'EOPNOTSUPP', 'EPROTONOSUPPORT']);

/** Every delivery table of the namespace; undefined when the kernel does not tell. */
export async function readDeliveryTables(
  nft: Nftables,
): Promise<readonly HeldDeliveryTable[] | undefined> {
  try {
    const tables = await nft.tables.list({ family });
    const ours = tables
      .flatMap((table) => {
        const publicIp = deliveryTableAddress(table.table);
        return publicIp === undefined || !isIpv4Address(publicIp) ? [] : [{ table, publicIp }];
      })
      .toSorted((a, b) => (a.publicIp < b.publicIp ? -1 : 1));
    return await Promise.all(
      ours.map(async ({ table, publicIp }): Promise<HeldDeliveryTable> => {
        // a dormant table sees no packets
        const does = table.flags.length > 0 ? undefined : await readTable(nft, publicIp);
        return does === undefined ? { publicIp } : { publicIp, does };
      }),
    );
  } catch (error) {
    if (NetlinkError.is(error) && untold.has(error.code)) return undefined;
    throw error;
  }
}

/** What a table does; undefined when it is not whole, or gone by now. */
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

/** One transaction: at no moment is there no table, or half of one. */
export async function replaceDeliveryTable(nft: Nftables, table: DeliveryTable): Promise<void> {
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

/** Absent is done. */
export async function removeDeliveryTable(nft: Nftables, publicIp: Ipv4Address): Promise<void> {
  try {
    await nft.transaction((t) => t.deleteTable({ family, table: deliveryTableName(publicIp) }));
  } catch (error) {
    if (!NetlinkError.is(error) || !error.isNotFound) throw error;
  }
}
