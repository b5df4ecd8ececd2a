import { describe, expect, it } from 'vitest';
import type { MakeBench } from './claims-suite.ts';
import { limitsBench } from './ec2-api-limits-bench.ts';
import { refusalOf } from './ec2-api-place.ts';

/** Who else draws from the account's buckets: nobody unless a test asks. */
export function ec2OtherCallersContract(name: string, makeBench: MakeBench): void {
  describe(`other callers of the account ${name}`, () => {
    const bench = limitsBench(makeBench);

    it.each([
      [0, 4],
      [3, 1],
    ])('with %i tokens a second gone, %i calls a second are left', async (gone, left) => {
      const { ec2, clock } = await bench({
        requestRates: {
          perAction: { DescribeAddresses: { burst: 4, perSecond: 4 } },
          ...(gone === 0 ? {} : { otherCallers: { DescribeAddresses: { perSecond: gone } } }),
        },
      });
      const passed = async (): Promise<number> => {
        for (let count = 0; ; count++) {
          const outcome = await refusalOf(ec2.describeAddresses({}));
          if (outcome === 'RequestLimitExceeded') return count;
          expect(outcome).toBe('not refused');
        }
      };
      expect(await passed()).toBe(4);
      clock.advance(1000);
      expect(await passed()).toBe(left);
      clock.advance(60_000);
      expect(await passed()).toBe(4);
    });
  });
}
