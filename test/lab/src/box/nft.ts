import type { NetworkNamespace } from '@truetuple/netlink';
import { LabError } from '../errors.ts';
import { findProgram } from '../socket/find-program.ts';
import { runToEnd } from '../socket/run-in.ts';

/** Loads a script into a namespace: all of it, or nothing (code NftRefused). */
export async function loadNft(
  namespace: Pick<NetworkNamespace, 'path'>,
  script: string,
): Promise<void> {
  await runNft(namespace, ['-f', '-'], script);
}

/** Packets counted by each named counter of one table. */
export async function readCounters(
  namespace: Pick<NetworkNamespace, 'path'>,
  table: string,
): Promise<ReadonlyMap<string, number>> {
  const text = await runNft(namespace, ['-j', 'list', 'counters', 'table', 'ip', table], '');
  const { nftables } = JSON.parse(text) as { nftables: readonly NftObject[] };
  return new Map(
    nftables.flatMap(({ counter }) =>
      counter === undefined ? [] : [[counter.name, counter.packets] as const],
    ),
  );
}

interface NftObject {
  readonly counter?: { readonly name: string; readonly packets: number };
}

async function runNft(
  namespace: Pick<NetworkNamespace, 'path'>,
  args: readonly string[],
  script: string,
): Promise<string> {
  try {
    return (await runToEnd(namespace, findProgram('nft') ?? 'nft', args, script)).stdout;
  } catch (error) {
    throw new LabError({
      code: 'NftRefused',
      message: `nft ${args.join(' ')} in ${namespace.path}: ${error instanceof Error ? error.message : String(error)}`,
      remedy: 'Install nftables (Debian: apt-get install nftables) and run as root.',
      cause: error,
    });
  }
}
