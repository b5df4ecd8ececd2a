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
