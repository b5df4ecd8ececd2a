import { execFileSync } from 'node:child_process';
import { availableParallelism, cpus, loadavg, release, totalmem } from 'node:os';

/** Where the figures were measured, in one line. */
export function describeMachine(): string {
  const load = (loadavg()[0] ?? Number.NaN).toFixed(2);
  const memory = `${(totalmem() / 1e9).toFixed(0)} GB`;
  const isSource = import.meta.resolve('@truetuple/sip-engine').endsWith('.ts');
  const cpu = cpus()[0]?.model ?? 'unknown';
  const packages = isSource ? 'source' : 'built';
  return (
    `${availableParallelism()} cores of ${cpu}, ${memory}, load ${load}; Linux ${release()}; Node ` +
    `${process.version}; ${sippVersion()}; packages: ${packages}`
  );
}

function sippVersion(): string {
  const told = execFileSync('sh', ['-c', 'sipp -v || true'], { encoding: 'utf8' });
  return /SIPp v[\d.]+/.exec(told)?.[0] ?? 'sipp of unknown version';
}
