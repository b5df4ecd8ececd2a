import { expect, it } from 'vitest';
import { fileNameFaults } from './file-name.ts';

it.each([
  'packages/core/src/kernel/plan-kernel.ts',
  'packages/core/src/kernel/plan-kernel.property.test.ts',
  'packages/core/src/testing/index.ts',
  'packages/core/src/cloud/ec2/ec2-api.ts',
  'tools/start/test.mjs',
  'vitest.config.ts',
])('%s is a good name', (path) => {
  expect(fileNameFaults(path)).toEqual([]);
});

it.each([
  ['packages/core/src/planKernel.ts', 'kebab-case'],
  ['packages/core/src/plan_kernel.ts', 'kebab-case'],
  ['packages/core/src/Kernel/plan.ts', 'kebab-case'],
  ['packages/core/src/utils.ts', '"utils"'],
  ['packages/core/src/route-helpers.ts', '"helpers"'],
  ['packages/core/src/common/route.ts', '"common"'],
  ['test/e2e/base.test.ts', '"base"'],
  ['packages/core/src/kernel/index.ts', 'index.ts'],
])('%s is not', (path, fault) => {
  expect(fileNameFaults(path)).toEqual([expect.stringContaining(fault)]);
});
