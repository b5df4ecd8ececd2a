import { existsSync } from 'node:fs';
import { addonPlaces } from '../packages/netlink/src/native.ts';

/** The netlink addon that this workspace loads; undefined when there is none. */
export function addonFile(): string | undefined {
  return addonPlaces.find((place) => existsSync(place));
}
