import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { truetupleProtocol } from '../../packages/core/src/kernel/kernel-step.ts';

/** Where numbers of route protocols are given out, and how a line there does it. */
const lists = [
  { file: '/usr/include/linux/rtnetlink.h', line: /^#define RTPROT_\w+\s+(\d+)/gmu },
  { file: '/usr/share/iproute2/rt_protos', line: /^(\d+)\s+\w/gmu },
  { file: '/etc/iproute2/rt_protos', line: /^(\d+)\s+\w/gmu },
].filter(({ file }) => existsSync(file));

const needs = lists.length > 0 ? '' : ' (skipped: neither linux/rtnetlink.h nor iproute2 is here)';

describe.skipIf(lists.length === 0)(`the number of our routes and rules${needs}`, () => {
  it.each(lists)('has no other owner in $file', ({ file, line }) => {
    const taken = [...readFileSync(file, 'utf8').matchAll(line)].map(([, number]) =>
      Number(number),
    );
    expect(taken).toContain(2);
    expect(taken).not.toContain(truetupleProtocol);
  });
});
