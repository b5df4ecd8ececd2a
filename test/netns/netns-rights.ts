import { createNetworkNamespace, nativeAvailable } from '@truetuple/netlink';

/**
 * Why no network namespace can be made here; undefined when one can. With CI=true that is a failure:
 * a CI run that skips these tests proves nothing.
 */
export function whyNoNamespaces(): string | undefined {
  const reason = findReason();
  if (reason !== undefined && process.env['CI'] === 'true') {
    throw new Error(`CI must be able to make network namespaces, but: ${reason}`);
  }
  return reason;
}

function findReason(): string | undefined {
  const native = nativeAvailable();
  if (!native.available) return native.reason;
  try {
    createNetworkNamespace().close();
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
