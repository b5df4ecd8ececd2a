import { expect, test } from 'vitest';
import { judgeLoaded } from '../../bench/footprint/bounds.ts';
import { measureLoadedFiles } from '../../bench/footprint/loaded-files.ts';
import { openFootprint } from '../../bench/footprint/open-footprint.ts';
import { boxIsMissing } from '../netns/box-is-missing.ts';

// what it weighs to start and to hold is `npm run bench:footprint`, on a machine that does nothing else
test.skipIf(boxIsMissing)(
  'a whole life of the bundled sidecar loads no more than it may',
  async () => {
    await using footprint = await openFootprint();
    const { bundle, program, world, directory } = footprint;
    const loaded = await measureLoadedFiles(world, program, directory);
    expect(loaded.files).toBeGreaterThan(1);
    expect(loaded.bytes).toBeLessThan(bundle.bytes);
    const verdict = judgeLoaded(loaded);
    const { what, measured, unit } = verdict;
    const told = `${what}: ${measured} ${unit} in ${loaded.files} files; npm run bench:footprint says of which packages`;
    expect(verdict, told).toMatchObject({ unit: 'KB', bound: 400, holds: true });
  },
);
