import type { KernelHalf } from './kernel-half.ts';

/** Our kernel steps over the same steps by a running shell that forks ip(8), at most. */
export const bounds: Readonly<Record<KernelHalf['temperature'], number>> = {
  warm: 0.1,
  cold: 0.25,
};

export interface Verdict {
  readonly temperature: KernelHalf['temperature'];
  readonly bound: number;
  readonly ratio: number;
  readonly holds: boolean;
}

export function judge({ temperature, ratios }: KernelHalf): Verdict {
  const bound = bounds[temperature];
  return { temperature, bound, ratio: ratios.shell, holds: ratios.shell <= bound };
}
