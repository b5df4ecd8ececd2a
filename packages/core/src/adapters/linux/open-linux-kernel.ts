import { nativeAvailable, NetlinkError } from '@truetuple/netlink';
import { CoreError, type Retry } from '../../errors.ts';
import { kernelError, type KernelAttempt } from '../../kernel/kernel-error.ts';
import type { KernelPort } from '../../kernel/kernel-port.ts';
import type { KernelStep } from '../../kernel/kernel-step.ts';
import { applyStep } from './apply-step.ts';
import { openKernelSockets, type KernelSockets } from './kernel-sockets.ts';
import { linkWith } from './link-with.ts';
import type { LinuxKernelOptions } from './linux-kernel.ts';
import { lookupNeighbour } from './lookup-neighbour.ts';
import { lookupRoute } from './lookup-route.ts';
import { observeLink } from './observe-link.ts';
import { watchKernel } from './watch-kernel.ts';

/** Opens the sockets that all operations share. */
export async function openLinuxKernel({ netns }: LinuxKernelOptions): Promise<KernelPort> {
  const sockets = await open(netns);
  return {
    observe: (linkName, table) =>
      refusable({ what: `ip -details link show ${linkName}`, linkName }, () =>
        observeLink(sockets, linkName, table),
      ),
    linkWith: (address) =>
      refusable({ what: `ip address show to ${address}` }, () =>
        linkWith(sockets.netlink, address),
      ),
    apply: (step) =>
      refusable(
        () => attemptOf(step),
        () => applyStep(sockets, step),
      ),
    lookupRoute: (query) =>
      refusable({ what: `ip route get ${query.to} from ${query.from}` }, () =>
        lookupRoute(sockets.netlink, query),
      ),
    lookupNeighbour: (query) =>
      refusable({ what: `ip neighbour show ${query.address} dev ${query.linkName}` }, () =>
        lookupNeighbour(sockets.netlink, query),
      ),
    watch: (onChange, options) => {
      try {
        return watchKernel(sockets, onChange, options);
      } catch (error) {
        throw refusal(error, { what: 'watching links, addresses, routes, rules and nftables' });
      }
    },
    close: sockets.close,
  };
}

async function open(netns: LinuxKernelOptions['netns']): Promise<KernelSockets> {
  const native = nativeAvailable();
  if (!native.available) throw unavailable(native);
  try {
    return await openKernelSockets(netns === undefined ? {} : { netns });
  } catch (error) {
    if (!NetlinkError.is(error)) throw error;
    const { message: reason, remedy, retry } = error;
    const entering = 'Entering another network namespace needs CAP_SYS_ADMIN.';
    throw unavailable(
      { reason, remedy: netns === undefined ? remedy : `${entering} ${remedy}`, retry },
      error,
    );
  }
}

interface Unavailable {
  readonly reason: string;
  readonly remedy: string;
  /** Default: never, where there is no addon. */
  readonly retry?: Retry;
}

function unavailable({ reason, remedy, retry = 'never' }: Unavailable, cause?: unknown): CoreError {
  return new CoreError({
    code: 'NetlinkUnavailable',
    message: `The kernel cannot be reached by netlink: ${reason}`,
    remedy,
    retry,
    cause,
  });
}

async function attemptOf(step: KernelStep): Promise<KernelAttempt> {
  // only of a step that failed anybody reads how it is written
  const { describeKernelStep } = await import('../../kernel/describe-kernel-step.ts');
  return {
    what: describeKernelStep(step).command,
    linkName: 'linkName' in step ? step.linkName : undefined,
    address: 'address' in step ? step.address : undefined,
    part: step.kind === 'replace-delivery-table' ? 'nftables' : undefined,
  };
}

async function refusable<T>(
  attempt: KernelAttempt | (() => Promise<KernelAttempt>),
  act: () => Promise<T>,
): Promise<T> {
  try {
    return await act();
  } catch (error) {
    throw refusal(error, typeof attempt === 'function' ? await attempt() : attempt);
  }
}

/** What node:fs throws of a file of /proc/sys has its errno in the same place as what netlink does. */
function refusal(error: unknown, attempt: KernelAttempt): unknown {
  if (!(error instanceof Error && 'errno' in error)) return error;
  const { code: errno, kernelText } = error as NetlinkError;
  return kernelError({ errno, kernelText, cause: error }, attempt);
}
