import type { PlayedCall } from '../acts/call-act.ts';

export function renderCallLadder({ datagrams }: PlayedCall): readonly string[] {
  return [`  (${datagrams.length} datagrams)`];
}
