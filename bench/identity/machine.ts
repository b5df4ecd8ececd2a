import { execFileSync } from 'node:child_process';
import { availableParallelism, cpus, loadavg, release } from 'node:os';

/** Where the figures were measured. */
export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly loadAverage: number;
  readonly kernel: string;
  readonly node: string;
  readonly iproute2: string;
  /** The packages' TypeScript, stripped of its types as it is loaded, or what was built of it. */
  readonly packages: 'source' | 'built';
}

export function describeMachine(): Machine {
  return {
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: availableParallelism(),
    loadAverage: loadavg()[0] ?? Number.NaN,
    kernel: release(),
    node: process.version,
    iproute2: execFileSync('ip', ['-V'], { encoding: 'utf8' }).trim(),
    packages: import.meta.resolve('@truetuple/core').endsWith('.ts') ? 'source' : 'built',
  };
}
