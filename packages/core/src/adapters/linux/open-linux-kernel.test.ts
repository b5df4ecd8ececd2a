import { NetlinkError } from '@truetuple/netlink';
import { afterEach, expect, it, vi } from 'vitest';
import { CoreError } from '../../errors.ts';
import { openKernelSockets, type KernelSockets } from './kernel-sockets.ts';
import { openLinuxKernel } from './open-linux-kernel.ts';

vi.mock('./kernel-sockets.ts');
const open = vi.mocked(openKernelSockets);
afterEach(() => vi.resetAllMocks());

/** What node:fs throws. */
function fileError(code: string, errno: number): Error {
  return Object.assign(new Error(`${code}: open '/proc/sys/net'`), { code, errno });
}

it.each([
  ['EMFILE', 24, 'later'],
  ['ENOMEM', 12, 'later'],
  ['EPERM', 1, 'never'],
])(
  'no netlink socket for %s is NetlinkUnavailable, and may work: %s %s',
  async (code, errno, retry) => {
    open.mockRejectedValue(new NetlinkError('opening a netlink socket', { code, errno }));
    await expect(openLinuxKernel({})).rejects.toMatchObject({ code: 'NetlinkUnavailable', retry });
  },
);

it.each([
  ['EROFS', -30, 'KernelRefused'],
  ['EACCES', -13, 'KernelRefused'],
  ['EPERM', -1, 'NetAdminMissing'],
])('%s of a file of /proc/sys (%i) is %s, and names the setting', async (errno, number, code) => {
  const settingFiles: KernelSockets['settingFiles'] = {
    mayWrite: () => true,
    read: () => 0,
    write: () => {
      throw fileError(errno, number);
    },
  };
  open.mockResolvedValue({ settingFiles } as KernelSockets);
  const kernel = await openLinuxKernel({});
  const settings = { disabled: false, keepAddrOnDown: true };
  const step = { kind: 'set-ipv6-settings', linkIndex: 2, linkName: 'net1', settings } as const;
  const applied = kernel.apply(step);
  const error = await applied.catch((thrown: unknown) => thrown);
  expect(CoreError.is(error)).toBe(true);
  expect(error).toMatchObject({
    code,
    message: `The kernel refused \`sysctl -w net/ipv6/conf/net1/disable_ipv6=0 net/ipv6/conf/net1/keep_addr_on_down=1\` with ${errno}`,
  });
});
