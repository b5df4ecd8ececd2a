import { describe, expect, it } from 'vitest';
import { FakeClock } from '../fake-clock.ts';
import { RequestBuckets, type SimulatedRates } from './request-buckets.ts';

const rates: SimulatedRates = {
  perAction: {
    AssociateAddress: { burst: 10, perSecond: 4 },
    CreateRoute: { burst: 10, perSecond: 4 },
  },
};

function build(otherCallers: SimulatedRates['otherCallers']) {
  const clock = new FakeClock();
  const buckets = new RequestBuckets(
    { ...rates, ...(otherCallers === undefined ? {} : { otherCallers }) },
    clock,
  );
  /** How many calls of an action go through at once. */
  const pass = (action: 'AssociateAddress' | 'CreateRoute'): number => {
    for (let passed = 0; ; passed++) {
      try {
        buckets.take(action, {});
      } catch (error) {
        expect(error).toMatchObject({ ec2Code: 'RequestLimitExceeded' });
        return passed;
      }
    }
  };
  return { clock, pass };
}

describe('other callers of the account', () => {
  it('take their part of what comes back, of that action alone', () => {
    const { clock, pass } = build({ AssociateAddress: { perSecond: 3 } });
    expect([pass('AssociateAddress'), pass('CreateRoute')]).toEqual([10, 10]);
    clock.advance(2000);
    expect([pass('AssociateAddress'), pass('CreateRoute')]).toEqual([2, 8]);
    clock.advance(60_000);
    expect([pass('AssociateAddress'), pass('CreateRoute')]).toEqual([10, 10]);
  });

  it('are none by default', () => {
    const { clock, pass } = build(undefined);
    pass('AssociateAddress');
    clock.advance(2000);
    expect(pass('AssociateAddress')).toBe(8);
  });

  it.each([
    [{ AssociateAddress: { perSecond: 4 } }, /AssociateAddress with 4 calls a second: .* has 4$/],
    [{ AssociateAddress: { perSecond: -1 } }, /-1 calls a second/],
    [{ AssociateAddress: { perSecond: Number.NaN } }, /NaN calls a second/],
    [{ DescribeVpcs: { perSecond: 1 } }, /has no bucket$/],
  ])('%j leave nothing, or make no sense, and are refused', (otherCallers, message) => {
    expect(() => build(otherCallers)).toThrow(message);
  });
});
