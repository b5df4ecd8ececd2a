import { Ec2CallError } from '@truetuple/core';
import { describe, expect, it } from 'vitest';
import type { MakeBench } from './claims-suite.ts';
import { limitsBench } from './ec2-api-limits-bench.ts';

const times = 80;
const serverErrors = [
  'InternalError 500',
  'InternalFailure 500',
  'ServiceUnavailable 503',
  'Unavailable 503',
];

/** What many calls were answered, each with its status. */
async function answersTo(call: (time: number) => Promise<unknown>): Promise<string[]> {
  const answers: string[] = [];
  for (let time = 0; time < times; time++) {
    answers.push(
      await call(time).then(
        () => 'done',
        (error: unknown) => {
          if (!Ec2CallError.is(error)) throw error;
          return `${error.ec2Code} ${error.httpStatus}`;
        },
      ),
    );
  }
  return answers;
}

const distinct = (answers: readonly string[]): string[] => [...new Set(answers)].toSorted();

/** Failures by chance that another try solves: none unless a test asks. */
export function ec2TransientsContract(name: string, makeBench: MakeBench): void {
  describe(`transient failures ${name}`, () => {
    const bench = limitsBench(makeBench);

    it('a read fails with server errors only, as often as it is told', async () => {
      const { ec2 } = await bench({ transients: { probability: 0.5, seed: 3 } });
      const answers = await answersTo(() => ec2.describeAddresses({}));
      expect(distinct(answers)).toEqual([...serverErrors, 'done'].toSorted());
      const failed = answers.filter((answer) => answer !== 'done').length;
      expect(failed / times).toBeGreaterThan(0.3);
      expect(failed / times).toBeLessThan(0.7);
    });

    it('a write fails before its effect or, of a server error, after it', async () => {
      const { ec2, simulated, place } = await bench({ transients: { probability: 1 } });
      const { allocationId } = place;
      const tag = (time: number) =>
        ec2.createTags({ resources: [allocationId], tags: [{ key: 'n', value: String(time) }] });
      const took: string[] = [];
      const answers = await answersTo(async (time) => {
        try {
          await tag(time);
        } finally {
          const [address] = simulated.snapshot().addresses;
          if (address?.tags[0]?.value === String(time)) took.push(String(time));
        }
      });
      expect(distinct(answers)).toEqual(
        [...serverErrors, 'ConcurrentTagAccess 400', 'IncorrectState 400'].toSorted(),
      );
      expect(took.length).toBeGreaterThan(times / 8);
      expect(took.length).toBeLessThan(times * 0.6);
      for (const time of took) expect(serverErrors).toContain(answers[Number(time)]);
    });

    it('routes and allocations have codes of their own, and nothing was done then', async () => {
      const { ec2, simulated, place } = await bench({ transients: { probability: 1 } });
      const { routeTableId, networkInterfaceId } = place;
      const routed = await answersTo((time) => {
        const destinationCidrBlock = `198.51.100.${time}/32`;
        return ec2.createRoute({ routeTableId, destinationCidrBlock, networkInterfaceId });
      });
      const [, table] = simulated.snapshot().routeTables;
      const made = table?.routes.map(({ destinationCidrBlock }) => destinationCidrBlock) ?? [];
      expect(distinct(routed)).toContain('InvalidParameterException 400');
      for (const [time, answer] of routed.entries()) {
        if (!serverErrors.includes(answer)) expect(made).not.toContain(`198.51.100.${time}/32`);
      }
      const allocated = await answersTo(() =>
        ec2.allocateTaggedAddress({ tags: [{ key: 'a', value: 'b' }] }),
      );
      expect(distinct(allocated)).toContain('InsufficientAddressCapacity 500');
    });
  });
}
