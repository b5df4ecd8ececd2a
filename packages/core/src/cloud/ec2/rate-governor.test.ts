import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import { ManualClock } from '../../testing/manual-clock.ts';
import { SimulatedEc2 } from '../../testing/simulated-ec2/simulated-ec2.ts';
import type { Ec2Api } from './ec2-api.ts';
import { Ec2CallError } from './ec2-call-error.ts';
import { rateGovernor } from './rate-governor.ts';
import { RequestLanes, type RequestLanesOptions } from './request-lanes.ts';
import type { RequestRate } from './token-bucket.ts';

function build(options: RequestLanesOptions = {}) {
  const clock = new ManualClock();
  const simulated = new SimulatedEc2({ region: 'eu-central-1', claimScope: 'eni' });
  const sentAtMs: number[] = [];
  let refuseUntilMs = 0;
  const ec2: Ec2Api = new Proxy<Ec2Api>(simulated, {
    get: (target, name: keyof Ec2Api) => async (input: never, call: never) => {
      sentAtMs.push(clock.elapsed());
      if (clock.elapsed() < refuseUntilMs) {
        throw new Ec2CallError({
          action: 'any',
          ec2Code: 'RequestLimitExceeded',
          message: 'Request limit exceeded.',
          httpStatus: 503,
        });
      }
      return target[name](input, call);
    },
  });
  const lanes = new RequestLanes({ clock, random: () => 0.5 }, { share: 1, ...options });
  const governed = rateGovernor({ ec2, lanes });
  const throttleUntil = (ms: number): void => {
    refuseUntilMs = ms;
  };
  return { clock, governed, lanes, sentAtMs, throttleUntil };
}

const small = { DescribeAddresses: { burst: 2, perSecond: 1 } };

describe('rateGovernor', () => {
  it('sends a burst at once, then one call whenever a token comes back', async () => {
    const { clock, governed, sentAtMs } = build({ rates: small });
    await clock.run(Promise.all([1, 2, 3, 4].map(() => governed.describeAddresses({}))));
    expect(sentAtMs).toEqual([0, 0, 1000, 2000]);
  });

  it('each API has its own bucket: a full queue of one is no matter of another', async () => {
    const { clock, governed } = build({ rates: small });
    const many = Promise.all([1, 2, 3, 4].map(() => governed.describeAddresses({})));
    await clock.run(governed.describeRouteTables({}));
    expect(clock.elapsed()).toBe(0);
    await clock.run(many);
  });

  it('an abort ends a wait at once with its reason, and leaves no timer', async () => {
    const { clock, governed, lanes, sentAtMs } = build({ rates: small });
    const stop = new AbortController();
    const calls = [1, 2, 3].map(() => governed.describeAddresses({}, { signal: stop.signal }));
    await Promise.all(calls.slice(0, 2));
    expect([lanes.of('DescribeAddresses').length, clock.waiting]).toEqual([1, 1]);
    const reason = new Error('no longer wanted');
    stop.abort(reason);
    await expect(calls[2]).rejects.toBe(reason);
    expect([lanes.of('DescribeAddresses').length, clock.waiting]).toEqual([0, 0]);
    expect(sentAtMs).toHaveLength(2);
    await expect(governed.describeAddresses({}, { signal: stop.signal })).rejects.toBe(reason);
  });

  it('RequestLimitExceeded empties the bucket; the call goes again, first, after a pause with jitter', async () => {
    const { clock, governed, sentAtMs, throttleUntil } = build({
      rates: { DescribeAddresses: { burst: 3, perSecond: 1 } },
    });
    throttleUntil(1);
    const order: string[] = [];
    const call = async (name: string): Promise<void> => {
      await governed.describeAddresses({});
      order.push(name);
    };
    await clock.run(Promise.all(['a', 'b', 'c', 'd'].map(call)));
    // one pause for three that were on their way: 500 ms, of which chance 0.5 leaves three quarters
    expect(sentAtMs).toEqual([0, 0, 0, 1000, 2000, 3000, 4000]);
    expect(order).toEqual(['a', 'b', 'c', 'd']);
  });

  it('pauses longer each time, and after so many tries the caller hears of it', async () => {
    const { clock, governed, sentAtMs, throttleUntil } = build({
      rates: { DescribeAddresses: { burst: 1, perSecond: 1000 } },
      tries: 4,
    });
    throttleUntil(Number.POSITIVE_INFINITY);
    await expect(clock.run(governed.describeAddresses({}))).rejects.toMatchObject({
      ec2Code: 'RequestLimitExceeded',
    });
    expect(sentAtMs).toEqual([0, 375, 375 + 750, 375 + 750 + 1500]);
  });

  it('another refusal is the caller’s at once', async () => {
    const { clock, governed, sentAtMs } = build();
    const call = governed.disassociateAddress({ associationId: 'eipassoc-0' });
    await expect(clock.run(call)).rejects.toMatchObject({
      ec2Code: 'InvalidAssociationID.NotFound',
    });
    expect(sentAtMs).toHaveLength(1);
  });

  it.each([
    { share: 0 },
    { share: 1.5 },
    { rates: { CreateRoute: { burst: 0.5, perSecond: 1 } } },
    { rates: { CreateRoute: { burst: 1, perSecond: 0 } } },
  ])('refuses %j, with which a call could never be made', (options) => {
    expect(() => build(options)).toThrow(expect.objectContaining({ code: 'SpecInvalid' }));
  });
});

const anyRate = fc.record({
  burst: fc.integer({ min: 1, max: 10 }),
  perSecond: fc.integer({ min: 1, max: 50 }),
});
/** When calls are wanted, in ms after the one before. */
const anyArrivals = fc.array(fc.integer({ min: 0, max: 400 }), { minLength: 1, maxLength: 40 });

describe('whatever is asked and when', () => {
  test.prop([anyRate, anyArrivals, fc.double({ min: 0.1, max: 1, noNaN: true })], { numRuns: 60 })(
    'no window of time has more calls than the bucket allows, and nobody starves or is overtaken',
    async (rate, arrivals, share) => {
      const { clock, governed, sentAtMs } = build({ rates: { DescribeAddresses: rate }, share });
      const answered: number[] = [];
      let atMs = 0;
      const calls = arrivals.map(async (pauseMs, index) => {
        atMs += pauseMs;
        await clock.wait(atMs);
        await governed.describeAddresses({});
        answered.push(index);
      });
      await clock.run(Promise.all(calls));
      expect(answered).toEqual(arrivals.map((_, index) => index));
      const kept: RequestRate = {
        burst: Math.max(1, rate.burst * share),
        perSecond: rate.perSecond * share,
      };
      for (const [first, from] of sentAtMs.entries()) {
        for (const [last, to] of sentAtMs.entries()) {
          if (last < first) continue;
          const allowed = kept.burst + ((to - from) * kept.perSecond) / 1000;
          expect(last - first + 1).toBeLessThanOrEqual(allowed + 1e-6);
        }
      }
      // the bound on the wait of the last one: all tokens there are for, and the rounding of each wait
      const needMs = (arrivals.length * 1000) / kept.perSecond + arrivals.length;
      expect(clock.elapsed()).toBeLessThanOrEqual(atMs + needMs);
    },
  );
});
