import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openReadyWorld, type ReadyWorld } from '../identity/ready-world.ts';
import { bundleSidecar, type SidecarBundle } from './bundle-sidecar.ts';
import { layOutBundle } from './lay-out-bundle.ts';
import type { Program } from './start-sidecar.ts';

/** The sidecar bundled for a pod, ready to run, and the VPC in a box that it runs in. */
export interface Footprint extends AsyncDisposable {
  readonly bundle: SidecarBundle;
  readonly program: Program;
  readonly world: ReadyWorld;
  /** Where the program lies, and what else is written: it is gone afterwards. */
  readonly directory: string;
}

export async function openFootprint(): Promise<Footprint> {
  await using opened = new AsyncDisposableStack();
  const directory = await mkdtemp(join(tmpdir(), 'truetuple-footprint-'));
  opened.defer(() => rm(directory, { recursive: true, force: true }));
  const bundle = await bundleSidecar('pod');
  const file = await layOutBundle(directory, bundle);
  const world = opened.use(await openReadyWorld());
  await world.reset();
  const resources = opened.move();
  return {
    bundle,
    program: { file, compileCache: join(directory, 'compile-cache') },
    world,
    directory,
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  };
}
