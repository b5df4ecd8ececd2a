import { execFileSync } from 'node:child_process';
import { createNetworkNamespace, openNftables } from '@truetuple/netlink';
import type { NetworkNamespace, Nftables, Operation } from '@truetuple/netlink';

/** A namespace of its own, with nftables open in it. */
export interface NftPlace extends Disposable {
  readonly netns: NetworkNamespace;
  readonly nft: Nftables;
}

export async function openPlace(): Promise<NftPlace> {
  const netns = createNetworkNamespace();
  const nft = await openNftables({ netns });
  return {
    netns,
    nft,
    [Symbol.dispose]: () => {
      nft.close();
      netns.close();
    },
  };
}

/** The ruleset as nft(8) reads it from the kernel, without the numbers that the kernel gave. */
export function listed(netns: NetworkNamespace): unknown {
  const { nftables } = JSON.parse(nftIn(netns, ['-j', 'list', 'ruleset'])) as {
    nftables: readonly object[];
  };
  const known = nftables.filter((entry) => !('metainfo' in entry));
  return JSON.parse(
    JSON.stringify(known, (key, value: unknown) => (key === 'handle' ? undefined : value)),
  ) as unknown;
}

/** What nft(8) lists after it loaded the script, in a namespace of its own. */
export function meant(script: string): unknown {
  using netns = createNetworkNamespace();
  nftIn(netns, ['-f', '-'], script);
  return listed(netns);
}

/** What nft(8) lists after we applied the operations, in a namespace of its own. */
export async function made(operations: readonly Operation[]): Promise<unknown> {
  using place = await openPlace();
  await place.nft.apply(operations);
  return listed(place.netns);
}

export function nftIn(netns: NetworkNamespace, args: readonly string[], input = ''): string {
  return execFileSync('nsenter', [`--net=${netns.path}`, 'nft', ...args], {
    input,
    encoding: 'utf8',
    stdio: ['pipe', 'pipe', 'pipe'],
  });
}
