// drachtio-srf alone, on a stub of its server in memory: one saturated process. Over IPC: how many calls to play, what they cost.
import { avoidPretenuring, copyEnvironment } from '@truetuple/sip-engine';
import { StubCalls } from './stub-calls.ts';

export interface StubOrder {
  readonly calls: number;
}

export interface StubReport {
  readonly calls: number;
  readonly cpuUs: number;
  readonly elapsedMs: number;
}

// as truetuple-gateway begins; every server of the bench does, whoever wrote it
avoidPretenuring();
copyEnvironment();
const calls = new StubCalls(process.argv[2] === 'b2bua' ? 'b2bua' : 'uas');
await calls.start();
process.on('message', ({ calls: wanted }: StubOrder) => {
  const begun = performance.now();
  const before = process.cpuUsage();
  void calls.play(wanted, 20).then(() => {
    const { user, system } = process.cpuUsage(before);
    const elapsedMs = performance.now() - begun;
    const report: StubReport = { calls: wanted, cpuUs: user + system, elapsedMs };
    return process.send?.(report);
  });
});
process.once('disconnect', () => process.exit());
process.send?.({});
