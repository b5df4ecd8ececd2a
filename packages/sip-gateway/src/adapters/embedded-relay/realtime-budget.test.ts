import { expect, it } from 'vitest';
import type { BudgetVerdict } from '../../media/media-relay.ts';
import { RealtimeBudget } from './realtime-budget.ts';

function verdicts(...shares: readonly number[]): readonly (BudgetVerdict | undefined)[] {
  const budget = new RealtimeBudget();
  return shares.map((share) => budget.take(share));
}

const calm = Array.from({ length: 10 }, () => 0.49);
const nothing = (count: number): undefined[] => Array.from({ length: count }, () => undefined);

it('is over when two windows one after another take more than three quarters of a core', () => {
  expect(verdicts(0.76, 0.76)).toEqual([undefined, 'over']);
  expect(verdicts(1, 0.75, 1, 0.2, 1)).toEqual(nothing(5));
});

it('says a verdict once', () => {
  expect(verdicts(1, 1, 1, 1, 1)).toEqual([undefined, 'over', ...nothing(3)]);
});

it('is within again after five seconds at less than half a core, without a break', () => {
  expect(verdicts(1, 1, ...calm)).toEqual([undefined, 'over', ...nothing(9), 'within']);
  expect(verdicts(1, 1, ...calm.slice(1), 0.5, ...calm.slice(1))).not.toContain('within');
});

it('can be over again after that, and asks the same for it', () => {
  expect(verdicts(1, 1, ...calm, 1, 1).slice(-3)).toEqual(['within', undefined, 'over']);
});

it('tells between its verdicts which one stands', () => {
  const budget = new RealtimeBudget();
  const stands = [1, 1, ...calm].map((share) => {
    budget.take(share);
    return budget.isOver;
  });
  expect(stands).toEqual([false, ...Array.from({ length: 10 }, () => true), false]);
});
