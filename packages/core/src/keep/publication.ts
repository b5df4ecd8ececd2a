import type { Clock } from '../identity/clock.ts';
import type { PublicIdentity } from '../identity/public-identity.ts';
import type { Publisher } from '../identity/publisher.ts';
import type { StepReport } from '../report-step.ts';

/** Where an identity that is kept is published. */
export interface Publication {
  readonly publisher: Publisher;
  readonly directory: string;
  readonly clock: Pick<Clock, 'now'>;
  readonly report: StepReport;
  /** True from a read that failed to one that does not: each silence is told once. */
  isUnread: boolean;
}

/** Publishes what is proven; answers it with its generation, undefined when it was released elsewhere. */
export function publishAnew(
  { publisher, directory, clock, report }: Publication,
  identity: PublicIdentity,
): Promise<PublicIdentity | undefined> {
  const { publicIp } = identity;
  const publishedAt = new Date(clock.now()).toISOString();
  return report.publish(
    {
      name: 'publish',
      sentence: `Publish ${publicIp} in ${directory} anew: it is proven.`,
      command: `echo ${publicIp} > ${directory}/public-ip`,
    },
    () => publisher.republish({ ...identity, publishedAt }),
  );
}

/** Takes back what stands of it, be it of an earlier association that could not be replaced. */
export async function withdrawUnproven(
  { publisher, directory, report }: Publication,
  identity: PublicIdentity,
): Promise<void> {
  const { publicIp } = identity;
  const current = await publisher.current().catch(() => identity);
  if (current === undefined || !isOf(current, identity)) return;
  await report.publish(
    {
      name: 'withdraw',
      sentence: `Withdraw ${publicIp} from ${directory}: it is not proven any more.`,
      command: `rm ${directory}/public-ip ${directory}/public-ip.json`,
    },
    () => publisher.withdraw(current),
  );
}

/** The same pod's hold on the same address. */
export function isOf(a: PublicIdentity | undefined, b: PublicIdentity): a is PublicIdentity {
  return a?.owner.uid === b.owner.uid && a.allocationId === b.allocationId;
}
