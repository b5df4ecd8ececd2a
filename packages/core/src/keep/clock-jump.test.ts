import { expect, it } from 'vitest';
import { ensurePublicIdentity } from '../ensure-public-identity.ts';
import { claimAgeMs } from './claim-age.ts';
import { ManualClock } from '../testing/manual-clock.ts';
import { simulatedPod } from '../testing/simulated-pod.ts';

/** A machine whose wall clock can be set. */
class SettableClock extends ManualClock {
  offByMs = 0;

  override now(): number {
    return super.now() + this.offByMs;
  }
}

const intervalMs = 30_000;
const anHourMs = 3_600_000;

interface Jump {
  readonly offByMs: number;
  /** Before the clock is set; undefined: it is set before the keep begins. */
  readonly keptMs: number | undefined;
  /** True: a process that comes after one that died keeps what that one published. */
  readonly isStartedAgain?: boolean;
}

async function keepStolen({ offByMs, keptMs, isStartedAgain = false }: Jump) {
  const clock = new SettableClock();
  const { spec, node, ec2 } = simulatedPod({ clock, ec2: { claimScope: 'privateIp' } });
  const held = await ensurePublicIdentity(spec, { node });
  if (keptMs === undefined) clock.offByMs = offByMs;
  const holder = isStartedAgain ? await ensurePublicIdentity(spec, { node }) : held;
  const keeping = await holder.keep({ intervalMs });
  await clock.advance(keptMs ?? 60_000);
  clock.offByMs = offByMs;
  const other = ec2
    .snapshot()
    .networkInterfaces.find(({ privateIpAddresses }) =>
      privateIpAddresses.some(({ privateIpAddress }) => privateIpAddress === '10.0.1.10'),
    );
  // as another pod takes it: with a record of its own
  const { allocationId } = held.identity;
  await ec2.deleteTags({ resources: [allocationId] });
  await ec2.associateAddress({
    allocationId,
    networkInterfaceId: other?.networkInterfaceId ?? '',
    privateIpAddress: '10.0.1.10',
  });
  await clock.advance(2 * intervalMs);
  const end = await Promise.race([keeping.ended, clock.settle()]);
  await keeping.close();
  return end;
}

it('a wall clock that is set back does not make a claim younger: a theft is noticed all the same', async () => {
  expect(await keepStolen({ offByMs: -anHourMs, keptMs: 5 * 60_000 })).toMatchObject({
    kind: 'lost',
  });
});

it('a wall clock that is set forth does not make a claim older: what may be from before it proves nothing', async () => {
  expect(await keepStolen({ offByMs: anHourMs, keptMs: 60_000 })).toBeUndefined();
});

it('nor when it is set between the claim and the keep', async () => {
  expect(await keepStolen({ offByMs: anHourMs, keptMs: undefined })).toBeUndefined();
});

it('nor when it is set between two processes of the pod', async () => {
  const jump = { offByMs: anHourMs, keptMs: undefined, isStartedAgain: true };
  expect(await keepStolen(jump)).toBeUndefined();
});

it('nor does one that is set back make what an earlier process claimed younger', async () => {
  const clock = new SettableClock();
  const { spec, node } = simulatedPod({ clock });
  const { identity } = await ensurePublicIdentity(spec, { node });
  await clock.advance(10 * 60_000);
  clock.offByMs = -anHourMs;
  const again = await ensurePublicIdentity(spec, { node });
  expect(again.identity).toEqual(identity);
  expect(claimAgeMs(clock, again.identity)).toBeGreaterThanOrEqual(10 * 60_000);
});
