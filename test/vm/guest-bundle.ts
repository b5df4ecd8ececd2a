import { bundleProgram } from '../bundle-program.ts';
import { VmError } from './vm-error.ts';

/**
 * One ESM file from a TypeScript entry. The AWS SDK stays out, and core's file of its commands, which is imported
 * on use only (inside the bundle it would be at once): a guest has no cloud to call.
 * Throws VmError GuestBundleFailed.
 */
export async function bundleGuest(entry: string): Promise<Uint8Array> {
  try {
    return await bundleProgram(entry, { external: ['@aws-sdk/*', '*/ec2-commands.ts'] });
  } catch (error) {
    throw new VmError({
      code: 'GuestBundleFailed',
      message: `esbuild could not bundle ${entry}: ${error instanceof Error ? error.message : String(error)}`,
      remedy: 'Make the entry compile: `npm run typecheck` names the same fault.',
      cause: error,
    });
  }
}
