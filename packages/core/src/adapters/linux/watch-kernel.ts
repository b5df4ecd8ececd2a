import { NetlinkError, type NetlinkEvent, type WatchGroup } from '@truetuple/netlink';
import type { NftTables, NftWatch } from '@truetuple/netlink/nft-tables';
import type { KernelWatch, WatchOptions } from '../../kernel/kernel-port.ts';
import type { KernelSockets } from './kernel-sockets.ts';

/** RTMGRP_* of what an identity depends on; netconf tells of rp_filter. */
const groups: readonly WatchGroup[] = ['link', 'address', 'route', 'rule', 'netconf'];

/** Whatever is told counts, but other neighbours: which of it matters is for a look to say. */
export function watchKernel(
  { netlink, nft }: KernelSockets,
  onChange: () => void,
  { neighbours = [] }: WatchOptions = {},
): KernelWatch {
  const watched: ReadonlySet<string> = new Set(neighbours);
  const counts = (event: NetlinkEvent): boolean =>
    event.kind !== 'neighbour' || watched.has(event.neighbour.address);
  let pending: NodeJS.Immediate | undefined;
  const tell = (): void => {
    pending ??= setImmediate(() => {
      pending = undefined;
      onChange();
    });
  };
  const asked: readonly WatchGroup[] = watched.size === 0 ? groups : [...groups, 'neighbour'];
  const links = netlink.watch(asked, (event) => {
    if (counts(event)) tell();
  });
  const ruleset = watchRuleset(nft, tell, links);
  return {
    close: () => {
      clearImmediate(pending);
      links.close();
      ruleset?.close();
    },
  };
}

/** Who may not read nftables is told nothing of them; nobody else is any the worse for it. */
function watchRuleset(
  nft: NftTables | undefined,
  tell: () => void,
  links: KernelWatch,
): NftWatch | undefined {
  try {
    return nft?.watch(tell);
  } catch (error) {
    if (NetlinkError.is(error) && error.code === 'EPERM') return undefined;
    links.close();
    throw error;
  }
}
