// System calls that fail, once each, in the middle of a real ensure and release.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { boxIsMissing } from '../netns/box-is-missing.ts';
import { programsMissing } from '../netns/programs-missing.ts';
import { openIdentityWorld, ownInEc2, ownInKernel, type IdentityWorld } from './identity-world.ts';

interface Fault {
  readonly call: string;
  readonly errno: string;
  /** Which of its calls in a thread. */
  readonly at: number;
  /** Of the error that it comes to; undefined when it is got over. */
  readonly code: string | undefined;
}

const faults: readonly Fault[] = [
  // netlink alone sends and receives by these two
  { call: 'sendto', errno: 'EPERM', at: 12, code: 'NetAdminMissing' },
  { call: 'recvfrom', errno: 'ENOMEM', at: 20, code: 'KernelRefused' },
  { call: 'socket', errno: 'EMFILE', at: 2, code: 'NetlinkUnavailable' },
  { call: 'connect', errno: 'ECONNREFUSED', at: 1, code: undefined },
  { call: 'fsync', errno: 'ENOSPC', at: 2, code: 'PublishFailed' },
  // of the release: its mark, and what it takes away
  { call: 'rename', errno: 'EROFS', at: 3, code: 'ReleaseIncomplete' },
  { call: 'unlink', errno: 'EPERM', at: 6, code: 'ReleaseIncomplete' },
];
const pods = faults.map((_fault, index) => ({
  name: `pod-${index}`,
  eth0: `10.0.1.${101 + index}`,
  net1: [`10.0.2.${101 + index}`],
}));

/** The command that has it so for the one after it. */
function failing({ call, errno, at }: Fault): readonly string[] {
  // on arm64 there is only that with a directory
  const calls = `/^${call}(at2?)?$`;
  // -D: strace is no parent of the program, which can be killed; and files are written by one thread, whose calls can be counted
  const how = ['-D', '-f', '-qq', '-o', '/dev/null', '-E', 'UV_THREADPOOL_SIZE=1'];
  const inject = `inject=${calls}:error=${errno}:when=${at}`;
  return ['strace', ...how, '-e', `trace=${calls}`, '-e', 'signal=none', '-e', inject];
}

let world: IdentityWorld;

describe.skipIf(boxIsMissing || programsMissing('strace'))('a system call that fails', () => {
  beforeAll(async () => {
    world = await openIdentityWorld({ pods });
  });
  afterAll(() => world?.[Symbol.asyncDispose]());

  it.each(faults.map((fault, index) => ({ ...fault, pod: `pod-${index}` })))(
    '$call with $errno, call $at: $code, and the next process leaves nothing',
    async ({ pod, ...fault }) => {
      const child = world.start(pod, { verb: 'both' }, failing(fault));
      const { failure = 'none', signal } = await child.settled;
      await child.kill();
      expect(signal).toBeNull();
      const { code, errno } = fault;
      expect(failure).toMatch(code === undefined ? /^none$/ : new RegExp(`^${code}: .*${errno}`));
      const next = await world.start(pod, { verb: 'both' }).settled;
      expect(next.failure).toBeUndefined();
      expect(ownInEc2(world)).toEqual([]);
      expect(await ownInKernel(world, pod)).toEqual([]);
    },
  );
});
