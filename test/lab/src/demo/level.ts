import type { DemoOptions } from './arguments.ts';
import type { Level } from './report/report.ts';

/** What this machine permits, as it was probed. A string says why not. */
export interface Machine {
  readonly platform: string;
  /** This process was started again inside a user namespace of its own. */
  readonly isInUserNamespace: boolean;
  readonly addon: true | string;
  /** Starting a program in a network namespace, with nsenter(1). */
  readonly nsenter: true | string;
  /** Making network namespaces. */
  readonly namespaces: true | string;
  /** Making a user, mount and network namespace with unshare(1). */
  readonly userNamespace: true | string;
}

export type LevelChoice =
  | { readonly kind: 'play'; readonly level: Level; readonly reason: string }
  /** Start again inside `unshare -Urnm`. */
  | { readonly kind: 'enter-user-namespace' }
  | { readonly kind: 'refused'; readonly reason: string };

/** The best level that the machine permits and the options allow. */
export function chooseLevel(
  machine: Machine,
  options: Pick<DemoOptions, 'level' | 'require'>,
): LevelChoice {
  const needsKernel = options.level === 'kernel' || options.require === 'kernel';
  if (options.level === 'loopback') {
    return needsKernel
      ? { kind: 'refused', reason: '--level loopback was asked for, --require kernel forbids it' }
      : { kind: 'play', level: 'loopback', reason: 'Asked for with --level loopback.' };
  }
  const missing = missingForKernel(machine);
  if (missing === undefined) {
    return { kind: 'play', level: 'kernel', reason: kernelReason(machine) };
  }
  if (missing.curableByUserNamespace) return { kind: 'enter-user-namespace' };
  const { reason } = missing;
  return needsKernel
    ? { kind: 'refused', reason }
    : { kind: 'play', level: 'loopback', reason: `Not level kernel: ${reason}.` };
}

function kernelReason({ isInUserNamespace }: Machine): string {
  return isInUserNamespace
    ? 'In network namespaces of a user namespace: no rights on this machine were used.'
    : 'In network namespaces of their own: nothing of this machine is changed.';
}

interface Missing {
  readonly reason: string;
  readonly curableByUserNamespace: boolean;
}

function missingForKernel(machine: Machine): Missing | undefined {
  const { platform, addon, nsenter, namespaces, userNamespace, isInUserNamespace } = machine;
  if (platform !== 'linux') return hopeless(`${platform} has no network namespaces`);
  if (addon !== true) return hopeless(addon);
  if (nsenter !== true) return hopeless(nsenter);
  if (namespaces === true) return undefined;
  if (isInUserNamespace) return hopeless(namespaces);
  return userNamespace === true
    ? { reason: namespaces, curableByUserNamespace: true }
    : hopeless(`${namespaces}, and ${userNamespace}`);
}

function hopeless(reason: string): Missing {
  return { reason, curableByUserNamespace: false };
}
