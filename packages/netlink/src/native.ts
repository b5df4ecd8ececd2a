// The one file that loads and types the addon. Importing it never throws; on a platform without
// netlink, or before the addon was compiled, every use says why and what to do.
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { NetlinkError } from './errors.ts';

/** A descriptor watched by libuv. Opaque. */
export type NativeWatch = object;

/** What `native/*.c` exports. Numbers are a value >= 0, or -errno. */
export interface NativeBinding {
  socket(domain: number, type: number, protocol: number, netnsFd: number): number;
  close(fd: number): number;
  release(fd: number): number;
  bind(fd: number, address: Uint8Array): number;
  connect(fd: number, address: Uint8Array): number;
  listen(fd: number, backlog: number): number;
  name(fd: number, into: Uint8Array): number;
  setOption(fd: number, level: number, option: number, value: Uint8Array): number;
  getOption(fd: number, level: number, option: number, into: Uint8Array): number;
  send(fd: number, message: Uint8Array): number;
  sendTo(fd: number, message: Uint8Array, address: Uint8Array): number;
  receive(fd: number, into: Uint8Array, meta: Uint8Array): number;
  sendInPool(fd: number, message: Uint8Array, callback: (result: number) => void): number;
  channel(
    fd: number,
    out: Uint8Array,
    into: Uint8Array,
    state: Uint8Array,
  ): ((length: number) => number) | number;
  createNamespace(): number;
  openIn(netnsFd: number, path: string, flags: number): number;
  mount(source: string, target: string, flags: number): number;
  unmount(target: string): number;
  watch(fd: number, callback: (status: number) => void): NativeWatch | number;
  watchSet(watch: NativeWatch, what: number): number;
  watchClose(watch: NativeWatch, closeFd: 0 | 1): number;
}

/** The values of `watchSet`'s second argument. */
export const watchDo = { stop: 0, start: 1, ref: 2, unref: 3 } as const;

/** What {@link nativeAvailable} answers. */
export type NativeAvailability =
  | { readonly available: true }
  | { readonly available: false; readonly reason: string; readonly remedy: string };

type Loaded =
  | { readonly binding: NativeBinding }
  | { readonly reason: string; readonly remedy: string };

let loaded: Loaded | undefined;

/** Where the addon may lie: compiled on this machine, or prebuilt in the package. */
export const addonPlaces: readonly string[] = [
  'build/Release/netlink.node',
  `prebuilds/linux-${process.arch}/netlink.node`,
].map((place) => join(import.meta.dirname, '..', place));

/** Whether this process can speak netlink; loads the addon the first time. Never throws. */
export function nativeAvailable(): NativeAvailability {
  loaded ??= load();
  if ('binding' in loaded) return { available: true };
  return { available: false, reason: loaded.reason, remedy: loaded.remedy };
}

/**
 * The addon.
 * @throws NetlinkError `ENATIVE` where {@link nativeAvailable} says no.
 */
export function native(): NativeBinding {
  loaded ??= load();
  if ('binding' in loaded) return loaded.binding;
  throw new NetlinkError(`loading the netlink addon: ${loaded.reason}`, {
    code: 'ENATIVE',
    errno: 0,
    remedy: loaded.remedy,
    retry: 'never',
  });
}

function load(): Loaded {
  if (process.platform !== 'linux') {
    return {
      reason: `netlink exists on Linux only, this is ${process.platform}`,
      remedy: 'Run this on Linux, or in a Linux container or virtual machine.',
    };
  }
  const faults: string[] = [];
  for (const place of addonPlaces) {
    if (!existsSync(place)) continue;
    try {
      return { binding: createRequire(import.meta.url)(place) as NativeBinding };
    } catch (error) {
      faults.push(
        `${place} does not load: ${error instanceof Error ? error.message : String(error)}`,
      );
    }
  }
  return {
    reason:
      faults.length > 0
        ? faults.join('; ')
        : `no compiled addon for linux-${process.arch} (looked for ${addonPlaces.join(' and ')})`,
    remedy:
      'Install a C compiler and run `npx truetuple-netlink-build`, in a checkout `npm run build:native`.',
  };
}
