import { describe, expect, it } from 'vitest';
import { findings, flowRow, leftover, stockRow } from './sample-findings.ts';
import { judge, judgeFlow } from './verdict.ts';

const broken = (changes: Parameters<typeof findings>[0]): readonly string[] =>
  judge(findings(changes))
    .filter(({ ok }) => !ok)
    .map(({ name }) => name);

describe('judge', () => {
  it('holds for a run in which everything held', () => {
    expect(broken({})).toEqual([]);
  });

  it('has one row for each flow, five for each call and seven more', () => {
    const names = judge(findings({})).map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    expect(names).toHaveLength(findings({}).flows.length + 2 * 5 + 7);
  });

  it('names the flow whose observed tuple is not the advertised one', () => {
    const flows = [flowRow({ name: 'internet-rtp-out', observed: ['203.0.113.7:31337'] })];
    expect(broken({ flows })).toEqual(['internet-rtp-out']);
  });

  it('fails when act 1 does not show the fault', () => {
    expect(broken({ stockPath: [stockRow({ arrived: 1 })] })).toEqual(['stock-path-fails']);
    const same = stockRow({ observed: ['10.0.1.50:5060'] });
    expect(broken({ stockPath: [same] })).toEqual(['stock-path-fails']);
    expect(broken({ stockPath: [stockRow({ observed: [] })] })).toEqual(['stock-path-fails']);
    expect(broken({ stockPath: [] })).toEqual(['stock-path-fails']);
    const dead = stockRow({ answered: false });
    expect(broken({ stockPath: [stockRow({}), dead] })).toEqual(['stock-path-fails']);
  });

  it('names the place where something is left', () => {
    expect(broken({ leaked: [leftover('ec2')] })).toEqual(['nothing-left-in-ec2']);
    for (const where of ['kernel', 'process', 'file'] as const) {
      expect(broken({ leaked: [leftover(where)] })).toEqual(['nothing-left-on-the-machine']);
    }
  });

  it('fails when the dry run wrote, or told nothing although something was left', () => {
    const { crash } = findings({});
    expect(broken({ crash: { ...crash, dryRunWrites: 1 } })).toEqual(['dry-run-writes-nothing']);
    expect(broken({ crash: { ...crash, dryRun: [] } })).toEqual(['dry-run-writes-nothing']);
  });

  it('fails when the SIGKILL left nothing to clean up: act 3 would show nothing', () => {
    const { crash } = findings({});
    expect(broken({ crash: { ...crash, leftByPod: [], dryRun: [] } })).toEqual(['killed-in-use']);
  });

  it('fails when the pod had ended before it was killed', () => {
    const { crash } = findings({});
    for (const signal of [null, 'SIGABRT'] as const) {
      expect(broken({ crash: { ...crash, signal } })).toEqual(['killed-in-use']);
    }
  });
});

describe('judgeFlow', () => {
  it.each([
    ['a lost packet', { received: 249, lost: 1 }, /1 lost/],
    ['fewer sent than wanted', { sent: 249, received: 249 }, /sent 249 of 250/],
    [
      'a stranger beside the right tuple',
      { observed: ['203.0.113.50:5060', '9.9.9.9:1'] },
      /9\.9\.9\.9:1/,
    ],
    ['packets that go round and pass again', { repeated: 60 }, /60 repeated/],
    ['nothing observed', { observed: [] }, /nothing observed/],
    ['nothing sent', { sent: 0, received: 0, observed: [] }, /sent 0 of 250/],
  ])('fails on %s', (_what, change, why) => {
    const verdict = judgeFlow(flowRow(change));
    expect(verdict.ok).toBe(false);
    expect(verdict.why).toMatch(why);
  });
});
