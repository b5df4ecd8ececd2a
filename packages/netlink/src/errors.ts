import { errnoName } from './schema/errno.ts';

/** Whether trying again can help: at once, after something changed elsewhere, or not at all. */
export type Retry = 'now' | 'later' | 'never';

/**
 * What became of a request that failed. `refused`: nothing was changed. `not-sent`: the kernel was never
 * asked. `unknown`: it was asked, and what it did was not heard: observe before trying again.
 */
export type Outcome = 'refused' | 'not-sent' | 'unknown';

/** What a {@link NetlinkError} is made from. */
export interface NetlinkErrorDetails {
  /**
   * `EEXIST`, ..., or one of ours: `ENATIVE` (no addon), `ECLOSED`, `EINTERRUPTED` (dump), `EINPUT`,
   * `EABORTED` (by a signal), `EDEADLINE`.
   */
  readonly code: string;
  /** The positive errno; 0 when the error did not come from the kernel. */
  readonly errno: number;
  /** The kernel's own words (extended ACK), where it gave any. */
  readonly kernelText?: string | undefined;
  /** Where in the request the kernel found fault: byte offset from the message's start. */
  readonly attributeOffset?: number | undefined;
  /** Which operation of a transaction it was, counted from 0. */
  readonly operationIndex?: number | undefined;
  /** What the caller may take for granted; `refused` unless given. */
  readonly outcome?: Outcome | undefined;
  /** What a listing that could not be finished had found. */
  readonly partial?: readonly unknown[] | undefined;
  readonly remedy?: string | undefined;
  readonly retry?: Retry | undefined;
  readonly cause?: unknown;
}

const brand = Symbol.for('@truetuple/netlink.NetlinkError');
const notFound = new Set(['ESRCH', 'ENOENT', 'ENODEV', 'EADDRNOTAVAIL']);

/**
 * Everything this package throws. `message` says what was tried on what and how it ended; `remedy`
 * what a person can do. Recognise by `code` or {@link NetlinkError.is}: `instanceof` is false across
 * two copies of the package.
 */
export class NetlinkError extends Error {
  override readonly name: string = 'NetlinkError';
  readonly code: string;
  readonly errno: number;
  declare readonly kernelText?: string;
  declare readonly attributeOffset?: number;
  declare readonly operationIndex?: number;
  readonly outcome: Outcome;
  declare readonly partial?: readonly unknown[];
  readonly remedy: string;
  readonly retry: Retry;

  constructor(message: string, details: NetlinkErrorDetails) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    Object.defineProperty(this, brand, { value: true });
    this.code = details.code;
    this.errno = details.errno;
    if (details.kernelText !== undefined) this.kernelText = details.kernelText;
    if (details.attributeOffset !== undefined) this.attributeOffset = details.attributeOffset;
    if (details.operationIndex !== undefined) this.operationIndex = details.operationIndex;
    this.outcome = details.outcome ?? (details.code === 'ENOBUFS' ? 'unknown' : 'refused');
    if (details.partial !== undefined) this.partial = details.partial;
    const known = advice[details.code] ?? otherwise;
    this.remedy = details.remedy ?? known.remedy;
    this.retry = details.retry ?? known.retry;
  }

  /** The object is there already (EEXIST). */
  get isExists(): boolean {
    return this.code === 'EEXIST';
  }

  /** The object is not there: route ESRCH, rule ENOENT, link ENODEV, address EADDRNOTAVAIL. */
  get isNotFound(): boolean {
    return notFound.has(this.code);
  }

  static is(error: unknown): error is NetlinkError {
    return typeof error === 'object' && error !== null && brand in error;
  }
}

/** An error from an errno. `what` is what was tried, on what: "adding rule 100 from 10.0.2.128/32". */
export function errorFromErrno(
  what: string,
  errno: number,
  kernel: {
    readonly text?: string | undefined;
    readonly offset?: number | undefined;
    readonly outcome?: Outcome;
  } = {},
  operationIndex?: number,
): NetlinkError {
  const code = errnoName(errno);
  const words = kernel.text ?? advice[code]?.words;
  return new NetlinkError(`${what}: ${words === undefined ? code : `${words} (${code})`}`, {
    code,
    errno,
    kernelText: kernel.text,
    attributeOffset: kernel.offset,
    operationIndex,
    outcome: kernel.outcome,
  });
}

/** An error of making, naming or entering a network namespace, for which CAP_NET_ADMIN is not enough. */
export function namespaceError(what: string, errno: number): NetlinkError {
  const error = errorFromErrno(what, errno);
  if (error.code !== 'EPERM') return error;
  return new NetlinkError(error.message, {
    code: error.code,
    errno,
    remedy:
      'Give the process CAP_SYS_ADMIN; to try it without, run it by `unshare --user --map-root-user --net --mount`.',
    retry: 'never',
  });
}

/** An error about a value the caller gave, found before the kernel was asked. */
export function inputError(message: string, remedy: string): NetlinkError {
  return new NetlinkError(message, { code: 'EINPUT', errno: 0, remedy, retry: 'never' });
}

interface Advice {
  readonly words?: string;
  readonly remedy: string;
  readonly retry: Retry;
}

const otherwise: Advice = {
  remedy: 'Look up the errno in the manual page rtnetlink(7), and the kernel log.',
  retry: 'never',
};

const needsRights: Advice = {
  words: 'not permitted',
  remedy:
    'Give the process CAP_NET_ADMIN in the user namespace that owns this network namespace ' +
    '(uid 0 with that capability; a non-root uid with an added capability gets none).',
  retry: 'never',
};

const advice: Readonly<Record<string, Advice>> = {
  EPERM: needsRights,
  EACCES: needsRights,
  EEXIST: {
    words: 'it exists already',
    remedy: 'List what is there; take it as done if it is yours, remove or replace it otherwise.',
    retry: 'never',
  },
  ENOENT: {
    words: 'there is no such object',
    remedy: 'List what is there; every given field must match. When removing, take it as done.',
    retry: 'never',
  },
  ESRCH: {
    words: 'there is no such route or process',
    remedy: 'List what is there; every given field must match. When removing, take it as done.',
    retry: 'never',
  },
  ENODEV: {
    words: 'there is no such link in this network namespace',
    remedy: 'List the links; a link that moved or was deleted has another index or none.',
    retry: 'never',
  },
  EADDRNOTAVAIL: {
    words: 'there is no such address',
    remedy: 'List the addresses of the link. When removing, take it as done.',
    retry: 'never',
  },
  EADDRINUSE: {
    words: 'the address is in use elsewhere',
    remedy: 'Release it where it is held (for ipvlan: on another slave of the same parent link).',
    retry: 'later',
  },
  EINVAL: {
    words: 'the kernel calls the request invalid',
    remedy: 'Correct the field that the message names.',
    retry: 'never',
  },
  ENETUNREACH: {
    words: 'the network is unreachable',
    remedy: 'Add a route to it, or onlink for a gateway outside the subnets of the link.',
    retry: 'later',
  },
  EHOSTUNREACH: {
    words: 'the host is unreachable',
    remedy: 'An unreachable route matched: restore the route that should have come before it.',
    retry: 'later',
  },
  ENETDOWN: {
    words: 'the link is down',
    remedy: 'Set the link up first; going down removed its routes.',
    retry: 'later',
  },
  EBUSY: { words: 'busy', remedy: 'Try again; for a link: take it down first.', retry: 'now' },
  EAGAIN: {
    words: 'not ready',
    remedy: 'Wait until the socket is ready, then try again.',
    retry: 'now',
  },
  ENOBUFS: {
    words: 'the receive buffer overran and answers were lost',
    remedy: 'The operation may have been applied: observe before trying again.',
    retry: 'now',
  },
  EMSGSIZE: {
    words: 'the message is too long',
    remedy: 'Send less in one message, or raise the receive buffer.',
    retry: 'never',
  },
  EOPNOTSUPP: {
    words: 'this kernel does not support it',
    remedy: 'Load the kernel module for it (for example `modprobe ipvlan`), or use another kind.',
    retry: 'never',
  },
  EAFNOSUPPORT: {
    words: 'this kernel does not support the address family',
    remedy: 'Enable IPv6 in the kernel, or leave it out.',
    retry: 'never',
  },
  EMFILE: {
    words: 'this process has too many open files',
    remedy: 'Close what is not used, or raise the limit (ulimit -n).',
    retry: 'later',
  },
  ENOMEM: { words: 'out of memory', remedy: 'Free memory.', retry: 'later' },
  EBADF: {
    words: 'the descriptor is closed',
    remedy: 'Open the socket or network namespace again.',
    retry: 'never',
  },
  ERESTART: {
    words: 'the ruleset changed meanwhile',
    remedy: 'List it again, and build the transaction anew for the generation it has now.',
    retry: 'now',
  },
  ECLOSED: { remedy: 'Open a new one with openNetlink() or openNftables().', retry: 'never' },
  EABORTED: {
    remedy: 'With the outcome "unknown" it may have been applied: observe before trying again.',
    retry: 'now',
  },
  EDEADLINE: {
    remedy: 'With the outcome "unknown" it may have been applied: observe before trying again.',
    retry: 'later',
  },
  EINTERRUPTED: {
    remedy: 'The table changes faster than it can be listed: try again when it is calmer.',
    retry: 'now',
  },
};
