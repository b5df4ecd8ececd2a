import { build } from 'esbuild';
import { VmError } from './vm-error.ts';

/**
 * One ESM file from a TypeScript entry, workspace packages taken from source. The AWS SDK stays out:
 * it is imported on use only, and a guest has no cloud to call.
 * Throws VmError GuestBundleFailed.
 */
export async function bundleGuest(entry: string): Promise<Uint8Array> {
  try {
    const result = await build({
      entryPoints: [entry],
      bundle: true,
      write: false,
      platform: 'node',
      format: 'esm',
      target: 'node24',
      conditions: ['truetuple-source'],
      external: ['@aws-sdk/*'],
      keepNames: true,
      logLevel: 'silent',
      // what CommonJS dependencies inside an ESM bundle call
      banner: {
        js: "import { createRequire as guestCreateRequire } from 'node:module'; const require = guestCreateRequire(import.meta.url);",
      },
    });
    const file = result.outputFiles[0];
    if (file === undefined) throw new Error('esbuild wrote no file');
    return file.contents;
  } catch (error) {
    throw new VmError({
      code: 'GuestBundleFailed',
      message: `esbuild could not bundle ${entry}: ${error instanceof Error ? error.message : String(error)}`,
      remedy: 'Make the entry compile: `npm run typecheck` names the same fault.',
      cause: error,
    });
  }
}
