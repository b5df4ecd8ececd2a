import { spawnSync } from 'node:child_process';
import { nativeAvailable } from '@truetuple/netlink';
import { checkBoxPrerequisites } from '../box/prerequisites.ts';
import type { Machine } from './level.ts';

/** Tries what the level kernel needs; changes nothing. */
export function probeMachine(isInUserNamespace: boolean): Machine {
  const { platform } = process;
  const base = { platform, isInUserNamespace };
  if (platform !== 'linux') {
    const no = 'not on Linux';
    return { ...base, addon: no, nsenter: no, namespaces: no, userNamespace: no };
  }
  const native = nativeAvailable();
  const found = checkBoxPrerequisites();
  const lacks = found.available ? undefined : found;
  const namespaces = lacks?.code === 'RightsMissing' ? lacks.reason : true;
  return {
    ...base,
    addon: native.available || `the netlink addon cannot be used: ${native.reason}`,
    nsenter: lacks?.code === 'ProgramMissing' ? lacks.reason : true,
    namespaces,
    userNamespace: namespaces === true || isInUserNamespace ? 'not needed' : probeUserNamespace(),
  };
}

/** unshare(1) with a user, mount and network namespace of our own, and a tmpfs on /run. */
export const userNamespaceCommand: readonly string[] = [
  'unshare',
  '-Urnm',
  'sh',
  '-c',
  'mount -t tmpfs tmpfs /run && exec "$@"',
  'sh',
];

function probeUserNamespace(): true | string {
  const [command, ...args] = [...userNamespaceCommand, 'true'];
  const { status } = spawnSync(command, args, { stdio: 'ignore' });
  return status === 0 ? true : 'user namespaces are not permitted either';
}
