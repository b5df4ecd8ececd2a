import { bundleProgram } from '../bundle-program.ts';
import { VmError } from './vm-error.ts';

/**
 * One ESM file from a TypeScript entry. Throws VmError GuestBundleFailed.
 */
export async function bundleGuest(entry: string): Promise<Uint8Array> {
  try {
    return await bundleProgram(entry);
  } catch (error) {
    throw new VmError({
      code: 'GuestBundleFailed',
      message: `esbuild could not bundle ${entry}: ${error instanceof Error ? error.message : String(error)}`,
      remedy: 'Make the entry compile: `npm run typecheck` names the same fault.',
      cause: error,
    });
  }
}
