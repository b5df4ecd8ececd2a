import { join } from 'node:path';
import type { Installed } from './install-peers.ts';
import { compilePeer, installNpmPeer, unpackPythonPeer } from './install-peers.ts';
import type { SideProgram } from './side-process.ts';

/** One way to do what is measured. */
export interface SideDescription extends SideProgram {
  readonly name: string;
  readonly isOurs: boolean;
  /** Whether it is measured again in the same process, and its first use in a fresh one. */
  readonly uses: 'warm and fresh' | 'fresh';
  /** Whether it lists, beside what else it does. */
  readonly lists: boolean;
  /** It does one of so many, and its time is multiplied. */
  readonly oneOf: number;
}

export interface Sides {
  readonly all: readonly SideDescription[];
  /** What could not be there, with its reason. */
  readonly missing: readonly string[];
}

export const base = 'C, each ACK awaited';
export const ipBatch = 'ip -batch';

/** Everything that is measured, made or installed into `folder`. */
export function prepareSides(folder: string): Sides {
  const usual = { isOurs: false, uses: 'warm and fresh', lists: true, oneOf: 1 } as const;
  const ours = (name: string, lists: boolean): SideDescription => ({
    ...usual,
    ...node('ours-child.ts', name),
    name,
    isOurs: true,
    lists,
  });
  const ip = compilePeer(folder, 'ip-peer');
  const all: SideDescription[] = [
    { ...usual, name: base, command: [compilePeer(folder, 'peer')] },
    ours('batch', false),
    ours('batch of the sync twin', false),
    ours('sync', true),
    ours('async, in one turn', true),
    ours('async, each awaited', false),
    { ...usual, name: ipBatch, command: [ip, 'batch'], uses: 'fresh' },
    { ...usual, name: 'ip, forked', command: [ip], uses: 'fresh', lists: false, oneOf: 10 },
  ];
  const missing: string[] = [];
  const add = (
    name: string,
    installed: Installed,
    programs: (folder: string) => readonly (SideProgram & { readonly mode?: string })[],
  ): void => {
    if (installed.kind === 'missing') missing.push(`${name}: ${installed.why}`);
    else {
      for (const { mode, ...program } of programs(installed.folder)) {
        const lists = mode === undefined;
        all.push({ ...usual, ...program, lists, name: lists ? name : `${name}, ${mode}` });
      }
    }
  };
  const npmNetlink = installNpmPeer(folder, 'netlink', '0.3.0');
  add("npm's netlink", npmNetlink, (at) => [
    node('npm-netlink-child.ts', at),
    { ...node('npm-netlink-child.ts', at, 'by the hundred'), mode: 'by the hundred' },
  ]);
  const nodeNetlink = installNpmPeer(folder, 'node-netlink', '0.0.4');
  add('node-netlink', nodeNetlink, (at) => [node('node-netlink-child.ts', at)]);
  const python = join(import.meta.dirname, 'pyroute2-child.py');
  add('pyroute2', unpackPythonPeer(folder, 'python3-pyroute2'), (at) => [
    { command: ['/usr/bin/python3', python], environment: { PYTHONPATH: at } },
  ]);
  return { all, missing };
}

function node(file: string, ...args: readonly string[]): SideProgram {
  const program = join(import.meta.dirname, file);
  return { command: [process.execPath, ...process.execArgv, program, ...args] };
}
