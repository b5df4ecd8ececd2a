import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { stat } from 'node:fs/promises';
import { promisify } from 'node:util';
import { NetlinkError } from '../errors.ts';
import type { Netlink } from '../netlink.ts';

/** One thing that a transport to the kernel has to hold to. */
export interface ContractCase {
  readonly id: string;
  readonly title: string;
  /** Rejects when it does not hold. `open` gives a Netlink over the transport, in a namespace of this case alone. */
  readonly run: (open: () => Promise<Netlink>) => Promise<void>;
}

const execute = promisify(execFile);
const priorities = Array.from({ length: 100 }, (_, index) => 1000 + index);

/** What is asked of every transport, the addon's and others. */
export const transportContract: readonly ContractCase[] = [
  {
    id: 'answer',
    title: 'a request is carried out, and its answer comes',
    run: async (open) => {
      const netlink = await open();
      await netlink.rules.add({ priority: 1000, table: 200 });
      assert.equal((await rulesOf(netlink)).length, 1);
    },
  },
  {
    id: 'refusal',
    title: 'what the kernel refuses is an error with its code',
    run: async (open) => {
      const netlink = await open();
      await netlink.rules.add({ priority: 1000, table: 200 });
      const error = await refusal(netlink.rules.add({ priority: 1000, table: 200 }));
      assert.deepEqual([error.code, error.outcome], ['EEXIST', 'refused']);
    },
  },
  {
    id: 'long-list',
    title: 'a listing of several datagrams comes whole',
    run: async (open) => {
      const netlink = await open();
      for (let index = 0; index < 600; index++) {
        await netlink.rules.add({ priority: 1000 + index, table: 200 });
      }
      assert.equal((await rulesOf(netlink)).length, 600);
    },
  },
  {
    id: 'words',
    title: "a refusal has the kernel's own words",
    run: async (open) => {
      const netlink = await open();
      const loopback = { linkIndex: 1, address: '192.0.2.1/32' };
      await netlink.addresses.add(loopback);
      const { kernelText } = await refusal(netlink.addresses.add(loopback));
      assert.equal(kernelText, 'ipv4: Address already assigned');
    },
  },
  {
    id: 'strict',
    title:
      'the kernel checks every field: it filters a listing, and refuses what it would not heed',
    run: async (open) => {
      const netlink = await open();
      await netlink.links.set({ name: 'lo' }, { up: true });
      assert.deepEqual(await netlink.routes.list({ table: 4242, family: 'ipv4' }), []);
      const all = await netlink.routes.list({ table: 255, family: 'ipv4' });
      assert.ok(all.length > 0 && all.every(({ table }) => table === 255));
    },
  },
  {
    id: 'together',
    title: 'a hundred requests at once: each hears how its own ended',
    run: async (open) => {
      const netlink = await open();
      await netlink.rules.add({ priority: 1050, table: 200 });
      const results = await Promise.allSettled(
        priorities.map((priority) => netlink.rules.add({ priority, table: 200 })),
      );
      const refused = results.flatMap((result, index) =>
        result.status === 'rejected' ? [`${String(index)}: ${String(result.reason)}`] : [],
      );
      assert.equal((await rulesOf(await open())).length, 100, 'the kernel did all of them');
      assert.equal(refused.length, 1, `${String(refused.length)} of 100 heard of a failure`);
    },
  },
  {
    id: 'idle',
    title: 'six idle sockets take no thread of the pool',
    run: async (open) => {
      for (let count = 0; count < 6; count++) await open();
      const times: number[] = [];
      for (let count = 0; count < 9; count++) {
        const started = performance.now();
        await stat('/');
        times.push(performance.now() - started);
      }
      const median = times.toSorted((a, b) => a - b)[4] ?? 0;
      assert.ok(median < 25, `the median of fs.stat is ${median.toFixed(1)} ms`);
    },
  },
  {
    id: 'children',
    title: 'a child process inherits no descriptor',
    run: async (open) => {
      await open();
      const { stdout } = await execute('sh', ['-c', 'ls -l /proc/self/fd/']);
      const sockets = stdout.split('\n').filter((line) => / (?:[3-9]|\d\d+) -> socket:/.test(line));
      assert.deepEqual(sockets, []);
    },
  },
  {
    id: 'close',
    title: 'what is in flight when the socket is closed ends with ECLOSED',
    run: async (open) => {
      const netlink = await open();
      const pending = refusal(netlink.rules.add({ priority: 1000, table: 200 }));
      netlink.close();
      assert.equal((await pending).code, 'ECLOSED');
    },
  },
];

async function rulesOf(netlink: Netlink): Promise<unknown[]> {
  const rules = await netlink.rules.list({ family: 'ipv4' });
  return rules.filter(
    ({ priority }) => priority !== undefined && priority >= 1000 && priority < 2000,
  );
}

async function refusal(pending: Promise<unknown>): Promise<NetlinkError> {
  try {
    await pending;
  } catch (error) {
    if (NetlinkError.is(error)) return error;
    throw error;
  }
  throw new assert.AssertionError({ message: 'nothing was refused' });
}
