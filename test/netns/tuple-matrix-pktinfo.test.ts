import { execFileSync, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openBox, runIn, type UdpPeer, type VpcBox } from '@truetuple/lab';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { boxIsMissing } from './box-is-missing.ts';
import { Hosts, patienceMs } from './tuple-matrix-hosts.ts';
import { complete, establish, publicIp } from './tuple-matrix-situation.ts';

const advertised = `${publicIp}:5060`;
const hasNoCompiler = spawnSync('cc', ['--version']).status !== 0;
if (hasNoCompiler && process.env['CI'] === 'true') throw new Error('there is no C compiler (cc)');
const needs = hasNoCompiler ? ' (skipped: there is no cc)' : '';

/** Rows W3 and W4: another program's socket, with a call that Node does not have. */
describe.skipIf(boxIsMissing || hasNoCompiler)(
  `a socket on 0.0.0.0 with IP_PKTINFO${needs}`,
  () => {
    const folder = mkdtempSync(join(tmpdir(), 'truetuple-'));
    const program = join(folder, 'answering-address');
    let box: VpcBox;

    beforeAll(async () => {
      const source = join(import.meta.dirname, 'answering-address.c');
      execFileSync('cc', ['-Wall', '-Wextra', '-Werror', '-o', program, source]);
      box = await openBox();
      await establish(box, complete);
    });
    afterAll(async () => {
      rmSync(folder, { recursive: true });
      await box.close();
    });

    const rows: [string, string, (hosts: Hosts) => Promise<UdpPeer>][] = [
      ['W3', 'an Internet peer', (hosts) => hosts.peer()],
      ['W4', 'a VPC client', (hosts) => hosts.client()],
    ];
    it.each(rows)('%s: answers %s from the advertised tuple', async (_id, _who, open) => {
      const child = runIn(box.namespaces.pod, program, ['5060'], {
        stdio: ['pipe', 'pipe', 'inherit'],
      });
      const ended = once(child, 'exit');
      await using hosts = new Hosts(box);
      const caller = await open(hosts);
      if (child.stdout === null) throw new Error('the program has no standard output');
      const [ready] = (await once(child.stdout, 'data')) as [Buffer];
      expect(ready.toString()).toBe('ready\n');
      await caller.send(advertised, 'call');
      const answer = await caller.waitFor(
        ({ payload }) => payload.toString() === 'call',
        patienceMs,
      );
      expect(answer.from).toBe(advertised);
      child.stdin?.end();
      expect(await ended).toEqual([0, null]);
    });
  },
);
