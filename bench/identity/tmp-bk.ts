import { measureKernelHalf } from './kernel-half.ts';
for (const n of ['warm', 'cold'] as const)
  console.log(JSON.stringify(await measureKernelHalf(n, 30), null, 1));
