import type { HostKey } from './topology.ts';

/** Which sort of link end a MAC address belongs to. */
const groups = { eni: 1, router: 2, pod: 3, nodeEnd: 4, net1: 5, outer: 6 } as const;

/** Locally administered unicast addresses (IEEE 802), the same in every box: boxes share no link. */
export function macAddress(group: keyof typeof groups, member: number): string {
  const bytes = [0x02, 0x74, 0x74, 0x00, groups[group], member];
  return bytes.map((byte) => byte.toString(16).padStart(2, '0')).join(':');
}

export function podKey(name: string): HostKey {
  return `pod/${name}`;
}

/** The node's end of the eth0 of the pod at this place in the list. */
export function nodeEndName(index: number): string {
  return `podveth${index}`;
}
