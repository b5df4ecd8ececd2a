import { netlinkRows } from './guest/netlink-rows.ts';
import { testRowsInVm } from './rows-in-vm.ts';

// npm run test:arm64: who asks for it wants an answer, not a skipped test.
testRowsInVm({
  name: 'in a VM of arm64, the prebuilt addon',
  rows: netlinkRows,
  program: 'netlink-main.ts',
  options: { architecture: 'arm64', timeoutMs: 480_000 },
  mustRun: true,
});
