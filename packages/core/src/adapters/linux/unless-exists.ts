import { NetlinkError } from '@truetuple/netlink';

/** Done also when the kernel says that it exists. */
export async function unlessExists(act: Promise<void>): Promise<void> {
  try {
    await act;
  } catch (error) {
    if (!NetlinkError.is(error) || !error.isExists) throw error;
  }
}
