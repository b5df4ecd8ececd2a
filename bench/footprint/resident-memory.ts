import { readFile } from 'node:fs/promises';
import { percentile } from '../identity/percentile.ts';
import type { ReadyWorld } from '../identity/ready-world.ts';
import { endSidecar, startSidecar, until, type Program } from './start-sidecar.ts';
import type { Way } from './way.ts';

export interface ResidentMemory {
  readonly way: Way;
  /** MiB once the identity is kept, before any look at EC2. */
  readonly heldMiB: number;
  /** Of each hour's worth of looks at EC2. */
  readonly hours: readonly HourOfMemory[];
}

/** MiB. The median says whether a process grows: single readings depend on when garbage was collected last. */
export interface HourOfMemory {
  readonly median: number;
  readonly highest: number;
}

/** At core's own interval of 30 s, which is the longest from one look to the next; the shortest is three quarters. */
const looksAnHour = 138;
const measuredHours = 4;
const looksAReading = 6;
/** What stands for the 30 s: the governor's buckets fill faster than this empties them. */
const keepIntervalMs = 100;

/** The bundled sidecar in the pod through hours of keep, with the time between two looks made short. */
export async function measureResidentMemory(
  world: ReadyWorld,
  program: Program,
  way: Way,
): Promise<ResidentMemory> {
  const { calls } = world;
  calls.clear();
  const sidecar = startSidecar(world, program, { way, keepIntervalMs });
  // the last write of an ensure
  await until(sidecar, () => calls.count('CreateRoute') > 0);
  const before = calls.count('DescribeAddresses');
  const looks = (count: number): Promise<void> =>
    until(sidecar, () => calls.count('DescribeAddresses') - before >= count);
  await looks(1);
  const heldMiB = await residentMiB(sidecar.pid);
  const hours: HourOfMemory[] = [];
  for (let hour = 0; hour < measuredHours; hour++) {
    const readings: number[] = [];
    for (let at = looksAReading; at <= looksAnHour; at += looksAReading) {
      await looks(hour * looksAnHour + at);
      readings.push(await residentMiB(sidecar.pid));
    }
    hours.push({ median: percentile(readings, 50), highest: Math.max(...readings) });
  }
  await endSidecar(sidecar, world);
  return { way, heldMiB, hours };
}

/** VmRSS of proc_pid_status(5). */
async function residentMiB(pid: number | undefined): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) / 1024;
}
