import { NetlinkError } from '@truetuple/netlink';

/** A kernel without nfnetlink, or without that part of it. */
const missing: ReadonlySet<string> = new Set(['EPROTONOSUPPORT', 'EOPNOTSUPP', 'EINVAL']);

/** Undefined where the kernel has not what is asked for. */
export async function unlessMissing<T>(act: () => Promise<T>): Promise<T | undefined> {
  try {
    return await act();
  } catch (error) {
    if (NetlinkError.is(error) && missing.has(error.code)) return undefined;
    throw error;
  }
}
