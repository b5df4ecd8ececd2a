import { accessSync, constants, readFileSync, writeFileSync } from 'node:fs';
import type { LinuxKernelOptions } from './linux-kernel.ts';

/** Files of /proc/sys/net in the kernel's namespace. */
export interface SettingFiles {
  /** False where it cannot be written: read-only, another user's, or of a namespace that only a path names. */
  mayWrite(path: string): boolean;
  write(path: string, text: string): void;
  /** A setting that is a number; undefined where it cannot be read, as of a namespace that only a path names. */
  read(path: string): number | undefined;
}

/** /proc/sys/net shows the namespace of whoever opens it: another one is written by its own object only. */
export function settingFiles({ netns }: LinuxKernelOptions): SettingFiles {
  if (netns === undefined) {
    return {
      mayWrite,
      write: (path, text) => writeFileSync(path, text),
      read: (path) => readNumber(() => readFileSync(path, 'utf8')),
    };
  }
  if (typeof netns === 'object') {
    return {
      mayWrite: () => true,
      write: (path, text) => netns.writeFile(path, text),
      read: (path) => readNumber(() => netns.readFile(path)),
    };
  }
  return {
    mayWrite: () => false,
    write: (path) => {
      throw new Error(`${path} of another network namespace cannot be written by its path`);
    },
    read: () => undefined,
  };
}

/** The file of one of a link's IPv6 settings. */
export function ipv6SettingFile(
  linkName: string,
  setting: 'disable_ipv6' | 'keep_addr_on_down',
): string {
  return `/proc/sys/net/ipv6/conf/${linkName}/${setting}`;
}

function readNumber(read: () => string): number | undefined {
  try {
    return Number(read());
  } catch {
    return undefined;
  }
}

function mayWrite(path: string): boolean {
  try {
    accessSync(path, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}
