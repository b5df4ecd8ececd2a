import type { UdpDatagram } from '../../capture/udp-datagram.ts';

/** What was read in the same turn of the event loop may have passed in any order. */
const turnMs = 20;

/**
 * The datagrams of two links in one order. Times are those of reading, so that a link read first can hold the effect before the
 * cause: of two that are close in time, the one towards the gateway comes before the one from it.
 */
export function interleave(
  one: readonly UdpDatagram[],
  other: readonly UdpDatagram[],
): readonly UdpDatagram[] {
  const merged: UdpDatagram[] = [];
  const [left, right] = [[...one], [...other]];
  let atMs = 0;
  for (;;) {
    const from = isFirst(left[0], right[0]) ? left : right;
    const next = from.shift();
    if (next === undefined) return merged;
    atMs = Math.max(atMs, next.atMs);
    merged.push({ ...next, atMs });
  }
}

function isFirst(one: UdpDatagram | undefined, other: UdpDatagram | undefined): boolean {
  if (one === undefined || other === undefined) return one !== undefined;
  const isClose = Math.abs(one.atMs - other.atMs) < turnMs;
  if (isClose && one.direction !== other.direction) return one.direction === 'outgoing';
  return one.atMs <= other.atMs;
}
