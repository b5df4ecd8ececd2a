import { answeringAddressSource } from '../netns/answering-address.ts';
import { answeringAddressInGuest } from './guest/matrix-rows.ts';
import { guestRows } from './guest/rows.ts';
import { testRowsInVm } from './rows-in-vm.ts';

testRowsInVm({
  name: 'in a VM with real ipvlan, of kind l2',
  rows: guestRows,
  program: 'main.ts',
  options: {
    timeoutMs: 240_000,
    cPrograms: [{ source: answeringAddressSource, path: answeringAddressInGuest.slice(1) }],
  },
  mustRun: process.env['CI'] === 'true',
});
