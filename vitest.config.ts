import { configDefaults, defineConfig } from 'vitest/config';

const onArm64 = 'test/vm/netlink-on-arm64.test.ts';
const conditions: string[] = ['truetuple-source'];
const shared = {
  resolve: { conditions },
  ssr: { resolve: { conditions, externalConditions: conditions } },
};

export default defineConfig({
  ...shared,
  test: {
    reporters: ['default', './tools/closing-line.ts'],
    coverage: {
      provider: 'v8',
      include: ['packages/*/src/**/*.ts'],
      reporter: ['text', 'lcov', 'json-summary'],
    },
    projects: [
      {
        ...shared,
        extends: true,
        test: {
          name: 'unit',
          include: [
            'packages/*/src/**/*.test.ts',
            'test/lab/src/**/*.test.ts',
            'tools/**/*.test.ts',
            'bench/*.test.ts',
          ],
          // V8 of Node 24 now and then ends a process whose threads come and go (test/simulation/run-parallel.ts)
          pool: 'forks',
        },
      },
      {
        ...shared,
        extends: true,
        test: {
          name: 'netns',
          include: ['test/netns/**/*.test.ts'],
          pool: 'forks',
          // most of their time they wait, for timers of the wire and of the kernel; each has namespaces of its own
          maxWorkers: 2,
          testTimeout: 30_000,
          hookTimeout: 30_000,
        },
      },
      {
        ...shared,
        extends: true,
        test: {
          name: 'e2e',
          include: ['test/e2e/**/*.test.ts', 'test/vm/**/*.test.ts'],
          exclude: [...configDefaults.exclude, onArm64],
          pool: 'forks',
          maxWorkers: 2,
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
      {
        ...shared,
        extends: true,
        test: {
          name: 'simulation',
          include: ['test/simulation/**/*.test.ts'],
          // it has processes of its own, one a processor
          pool: 'forks',
          fileParallelism: false,
        },
      },
      // minutes each: npm run test:long, and not part of npm test
      ...(process.env['TRUETUPLE_LONG'] === '1'
        ? [
            {
              ...shared,
              extends: true as const,
              test: {
                name: 'long',
                include: ['test/long/**/*.test.ts'],
                pool: 'forks' as const,
                fileParallelism: false,
                testTimeout: 30 * 60_000,
              },
            },
          ]
        : []),
      // minutes, and a download: npm run test:arm64
      ...(process.env['TRUETUPLE_ARM64'] === '1'
        ? [
            {
              ...shared,
              extends: true as const,
              test: { name: 'arm64', include: [onArm64], pool: 'forks' as const },
            },
          ]
        : []),
    ],
  },
});
