import { NetlinkError, type Rtnetlink } from '@truetuple/netlink';
import type { NftTables } from '@truetuple/netlink/nft-tables';
import { expect, it } from 'vitest';
import { watchKernel } from './watch-kernel.ts';

/** Counts the watches of links that are open, where one of nftables is refused. */
function refusingNft(code: string) {
  let open = 0;
  const netlink: Pick<Rtnetlink, 'watch'> = {
    watch: () => {
      open += 1;
      return { close: () => void (open -= 1) };
    },
  };
  const nft: Pick<NftTables, 'watch'> = {
    watch: () => {
      throw new NetlinkError('watching nftables', { code, errno: 1 });
    },
  };
  const sockets = { netlink, nft } as unknown as Parameters<typeof watchKernel>[0];
  return { watch: () => watchKernel(sockets, () => {}), open: () => open };
}

it('watches links without nftables for who may not read them', () => {
  const { watch, open } = refusingNft('EPERM');
  const watching = watch();
  expect(open()).toBe(1);
  watching.close();
  expect(open()).toBe(0);
});

it('leaves no watch open when nftables cannot be watched for another reason', () => {
  const { watch, open } = refusingNft('EMFILE');
  expect(watch).toThrow(expect.objectContaining({ code: 'EMFILE' }));
  expect(open()).toBe(0);
});
