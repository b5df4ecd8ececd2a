import { createNetworkNamespace, nativeAvailable, NetlinkError } from '@truetuple/netlink';
import { LabError } from '../errors.ts';
import { findProgram } from '../socket/find-program.ts';

export type BoxPrerequisites =
  | { readonly available: true }
  | {
      readonly available: false;
      readonly code: 'RightsMissing' | 'ProgramMissing';
      readonly reason: string;
      readonly remedy: string;
    };

/** Whether a box can be built here: Linux, the addon, the right to make namespaces, and nsenter to start programs in it. */
export function checkBoxPrerequisites(): BoxPrerequisites {
  const native = nativeAvailable();
  if (!native.available) {
    return {
      available: false,
      code: 'RightsMissing',
      reason: native.reason,
      remedy: native.remedy,
    };
  }
  const refused = tryNamespace();
  if (refused !== undefined) {
    return {
      available: false,
      code: 'RightsMissing',
      reason: `network namespaces cannot be made: ${refused}`,
      remedy: 'Run as root, or under `unshare -Urnm` as an ordinary user.',
    };
  }
  if (findProgram('nsenter') !== undefined) return { available: true };
  return {
    available: false,
    code: 'ProgramMissing',
    reason: 'the program nsenter is missing',
    remedy: 'Install it (Debian: apt-get install util-linux).',
  };
}

/** @throws LabError RightsMissing, ProgramMissing */
export function requireBoxPrerequisites(): void {
  const found = checkBoxPrerequisites();
  if (found.available) return;
  throw new LabError({
    code: found.code,
    message: `opening a VPC in a box: ${found.reason}`,
    remedy: found.remedy,
  });
}

function tryNamespace(): string | undefined {
  try {
    createNetworkNamespace().close();
    return undefined;
  } catch (error) {
    if (NetlinkError.is(error)) return error.message;
    throw error;
  }
}
