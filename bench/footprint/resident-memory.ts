import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { runIn } from '@truetuple/lab';
import { percentile } from '../identity/percentile.ts';
import type { ReadyWorld } from '../identity/ready-world.ts';
import type { SidecarSetting } from './sidecar-child.ts';
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
  program: string,
  way: Way,
): Promise<ResidentMemory> {
  const { calls } = world;
  calls.clear();
  const setting: SidecarSetting = { ...world.setting, keepIntervalMs };
  const args = [...way.options, program, JSON.stringify(setting)];
  const child = runIn(world.pod.namespace, process.execPath, args, {
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { ...process.env, ...way.environment },
  });
  const ended = once(child, 'exit') as Promise<[number | null]>;
  const until = async (isSo: () => boolean): Promise<void> => {
    while (!isSo()) {
      if (child.exitCode !== null) throw new Error('The sidecar ended: its error is above.');
      await delay(5);
    }
  };
  // the last write of an ensure
  await until(() => calls.count('CreateRoute') > 0);
  const before = calls.count('DescribeAddresses');
  const looks = (count: number): Promise<void> =>
    until(() => calls.count('DescribeAddresses') - before >= count);
  await looks(1);
  const heldMiB = await residentMiB(child.pid);
  const hours: HourOfMemory[] = [];
  for (let hour = 0; hour < measuredHours; hour++) {
    const readings: number[] = [];
    for (let at = looksAReading; at <= looksAnHour; at += looksAReading) {
      await looks(hour * looksAnHour + at);
      readings.push(await residentMiB(child.pid));
    }
    hours.push({ median: percentile(readings, 50), highest: Math.max(...readings) });
  }
  child.kill('SIGTERM');
  const [code] = await ended;
  if (code !== 0) throw new Error(`The sidecar ended with ${code}: its error is above.`);
  if (world.associated().length > 0) throw new Error('The sidecar gave back nothing.');
  await world.reset();
  return { way, heldMiB, hours };
}

/** VmRSS of proc_pid_status(5). */
async function residentMiB(pid: number | undefined): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) / 1024;
}
