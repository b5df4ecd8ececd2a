import { spawnSync } from 'node:child_process';
import { createNetworkNamespace, nativeAvailable } from '@truetuple/netlink';
import type { Machine } from './level.ts';

export interface Told {
  /** What the set-up already found to be missing, and why. */
  readonly nftMissing: boolean;
  readonly isInUserNamespace: boolean;
}

/** Tries what the level kernel needs; changes nothing. */
export function probeMachine({ nftMissing, isInUserNamespace }: Told): Machine {
  const { platform } = process;
  const isRoot = process.getuid?.() === 0;
  const base = { platform, isRoot, isInUserNamespace };
  if (platform !== 'linux') {
    const no = 'not on Linux';
    return { ...base, addon: no, nft: no, namespaces: no, userNamespace: no };
  }
  const native = nativeAvailable();
  const addon = native.available || `the netlink addon is missing: ${native.reason}`;
  const namespaces = addon === true ? probeNamespaces() : addon;
  return {
    ...base,
    addon,
    nft: !nftMissing && runs('nft', ['--version']) ? true : 'the nft command is missing',
    namespaces,
    userNamespace: namespaces === true || isInUserNamespace ? 'not needed' : probeUserNamespace(),
  };
}

function probeNamespaces(): true | string {
  try {
    createNetworkNamespace().close();
    return true;
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return `network namespaces are not permitted (${why})`;
  }
}

/** unshare(1) with a user, mount and network namespace of our own, and a tmpfs on /run. */
export const userNamespaceCommand: readonly string[] = [
  'unshare',
  '-Urnm',
  'sh',
  '-c',
  'mount -t tmpfs tmpfs /run && exec "$@"',
  'sh',
];

function probeUserNamespace(): true | string {
  const [command = '', ...args] = userNamespaceCommand;
  return runs(command, [...args, 'true']) ? true : 'user namespaces are not permitted either';
}

function runs(command: string, args: readonly string[]): boolean {
  return spawnSync(command, args, { stdio: 'ignore' }).status === 0;
}
