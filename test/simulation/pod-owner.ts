import type { Owner } from '@truetuple/core';
import type { Pod } from './world.ts';

/** As what a pod is recorded. */
export function ownerOf({ name, uid }: Pod): Owner {
  return { cluster: 'c', namespace: 'n', pod: name, uid };
}
