import type { SideName } from './kernel-sides.ts';

/** What kernel-child.ts prints: times in milliseconds. */
export interface KernelRun {
  /** Importing @truetuple/netlink and loading its addon. */
  readonly loadMs: number;
  /** Loading core's Linux adapter and opening the socket. */
  readonly openMs: number;
  /** The first look at the link. */
  readonly observeMs: number;
  readonly rounds: readonly KernelRound[];
}

export interface KernelRound {
  readonly steps: readonly string[];
  /** A time for each step; `batch` has one for all. */
  readonly times: Readonly<Record<SideName, readonly number[]>>;
}
