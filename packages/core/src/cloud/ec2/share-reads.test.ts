import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import { SimulatedEc2 } from '../../testing/simulated-ec2/simulated-ec2.ts';
import type { CallOptions, Ec2Api } from './ec2-api.ts';
import { shareReads } from './share-reads.ts';

function region() {
  const simulated = new SimulatedEc2({ region: 'eu-central-1', claimScope: 'eni' });
  const ids = ['a', 'b'].map((name) => simulated.allocateAddress({ tags: { name } }).allocationId);
  return { simulated, ids };
}

const filter = (name: string, values: string[]) => ({ name, values });

/** An Ec2Api whose describes wait until they are let go. */
function held() {
  const { simulated, ids } = region();
  const gates: (() => void)[] = [];
  const signals: (AbortSignal | undefined)[] = [];
  const ec2: Ec2Api = shareReads({
    ...plain(simulated),
    describeAddresses: async (input, call?: CallOptions) => {
      signals.push(call?.signal);
      await new Promise<void>((resolve, reject) => {
        gates.push(resolve);
        call?.signal?.addEventListener('abort', () => reject(call.signal?.reason as Error));
      });
      return simulated.describeAddresses(input, call);
    },
  });
  return { simulated, ids, ec2, gates, signals };
}

function plain(simulated: SimulatedEc2): Ec2Api {
  return shareReads(simulated);
}

describe('shareReads', () => {
  it('equal describes under way are one call, whatever the order of their parts', async () => {
    const { ec2, gates, simulated, ids } = held();
    const [x, y] = [filter('tag:name', ['a', 'b']), filter('domain', ['vpc'])];
    const turned = filter('tag:name', ['b', 'a']);
    const reads = [
      ec2.describeAddresses({ filters: [x, y] }),
      ec2.describeAddresses({ filters: [y, turned] }),
      ec2.describeAddresses({ filters: [x] }),
    ];
    for (const open of gates) open();
    const [first, second, third] = await Promise.all(reads);
    expect(first?.map((one) => one.allocationId)).toEqual(ids);
    expect(second).toEqual(first);
    expect(second).not.toBe(first);
    expect(third).toEqual(first);
    expect(simulated.calls.count('DescribeAddresses')).toBe(2);
  });

  it('one that starts after the answer is a call of its own', async () => {
    const { simulated } = region();
    const ec2 = shareReads(simulated);
    await ec2.describeAddresses({});
    await ec2.describeAddresses({});
    expect(simulated.calls.count()).toBe(2);
  });

  it('one that starts after a write, done or refused, does not join one from before', async () => {
    const { ec2, gates, ids } = held();
    const before = ec2.describeAddresses({});
    await ec2.createTags({ resources: [ids[0] ?? ''], tags: [{ key: 'k', value: 'v' }] });
    const after = ec2.describeAddresses({});
    const wrong = ec2.disassociateAddress({ associationId: 'eipassoc-0' });
    await expect(wrong).rejects.toMatchObject({ ec2Code: 'InvalidAssociationID.NotFound' });
    const last = ec2.describeAddresses({});
    expect(gates).toHaveLength(3);
    for (const open of gates) open();
    await Promise.all([before, after, last]);
  });

  it('a reader that aborts leaves alone; when the last one leaves, the call is aborted', async () => {
    const { ec2, gates, signals } = held();
    const [one, two] = [new AbortController(), new AbortController()];
    const first = ec2.describeAddresses({}, { signal: one.signal });
    const second = ec2.describeAddresses({}, { signal: two.signal });
    one.abort(new Error('one left'));
    await expect(first).rejects.toThrow('one left');
    expect(signals.map((signal) => signal?.aborted)).toEqual([false]);
    two.abort(new Error('two left'));
    await expect(second).rejects.toThrow('two left');
    expect(signals.map((signal) => signal?.aborted)).toEqual([true]);
    const third = ec2.describeAddresses({});
    gates.at(-1)?.();
    expect(await third).toHaveLength(2);
  });

  it('a call that has ended by itself is not aborted', async () => {
    const { ec2, gates, signals } = held();
    const reading = ec2.describeAddresses({}, { signal: new AbortController().signal });
    for (const open of gates) open();
    await reading;
    expect(signals.map((signal) => signal?.aborted)).toEqual([false]);
  });

  it('a failure is everybody’s, and is not kept', async () => {
    const { simulated } = region();
    const ec2 = shareReads(simulated);
    simulated.inject({ action: 'DescribeAddresses', error: 'InternalError' });
    const reads = await Promise.allSettled([ec2.describeAddresses({}), ec2.describeAddresses({})]);
    expect(reads.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    expect(await ec2.describeAddresses({})).toHaveLength(2);
  });
});

const anyStep = fc.oneof(
  fc.record({ kind: fc.constant('read' as const), name: fc.constantFrom('a', 'b') }),
  fc.record({ kind: fc.constant('tag' as const), value: fc.constantFrom('x', 'y') }),
);

test.prop([fc.array(fc.array(anyStep, { minLength: 1, maxLength: 4 }), { maxLength: 8 })])(
  'reads of every wave show what they show without sharing',
  async (waves) => {
    const play = async (share: boolean) => {
      const { simulated, ids } = region();
      const ec2: Ec2Api = share ? shareReads(simulated) : simulated;
      const shown: unknown[] = [];
      for (const wave of waves) {
        const writes = wave.filter((step) => step.kind === 'tag');
        for (const { value } of writes) {
          await ec2.createTags({ resources: ids, tags: [{ key: 'k', value }] });
        }
        const reads = wave.filter((step) => step.kind === 'read');
        shown.push(
          await Promise.all(
            reads.map(({ name }) =>
              ec2.describeAddresses({ filters: [filter('tag:name', [name])] }),
            ),
          ),
        );
      }
      return shown;
    };
    expect(await play(true)).toEqual(await play(false));
  },
);
