import { execFileSync } from 'node:child_process';
import { createNetworkNamespace } from '@truetuple/netlink';
import { openNftables } from '@truetuple/netlink/nftables';
import type { NetworkNamespace } from '@truetuple/netlink';
import type { Nftables, Operation } from '@truetuple/netlink/nftables';
import { ends, nats, sets, steps, table, told } from './netlink-nftables-cases.ts';

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

/** Adds every statement and set there is; gives what the kernel then lists, and what that should be. */
export async function listEverything(
  nft: Nftables,
): Promise<{ readonly listed: unknown; readonly given: unknown }> {
  const main = { ...table, chain: 'main' };
  const post = { ...table, chain: 'post' };
  await nft.transaction((t) => {
    t.addTable(table);
    t.addCounter({ ...table, counter: 'drops' });
    t.addChain({ ...main, hook: { name: 'prerouting', priority: -300 } });
    t.addChain({ ...post, type: 'nat', hook: { name: 'postrouting', priority: 99 } });
    t.addChain({ ...table, chain: 'side' });
    for (const { set, elements } of sets) {
      t.addSet(set);
      t.addElements(set, elements);
    }
    for (const [comment, expressions] of [...steps, ...ends]) {
      t.addRule({ ...main, expressions, comment });
    }
    for (const [comment, expressions] of nats) t.addRule({ ...post, expressions, comment });
  });
  const rules = [...(await nft.rules.list(main)), ...(await nft.rules.list(post))];
  return {
    listed: rules.map(({ comment, expressions }) => [comment, expressions]),
    given: [...steps, ...ends, ...nats].map(([text, expressions]) => [text, expressions.map(told)]),
  };
}
