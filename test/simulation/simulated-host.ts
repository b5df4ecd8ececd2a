import type { Ipv4Address } from '@truetuple/core';
import type { FakeNode } from '@truetuple/core/testing';

/** A machine: of pods, or of the reaper. */
export interface SimulatedHost {
  readonly name: string;
  /** What several namespaces of one machine share. */
  readonly links: FakeNode;
  readonly instanceId: string;
  /** Of the media ENI; empty for the reaper's machine. */
  readonly networkInterfaceId: string;
  readonly macAddress: string;
  /** True when the ENI carries the pool's tag; on the others private IPs were registered beforehand. */
  readonly isTagged: boolean;
  /** Private IPs that others registered on it. */
  readonly prepared: readonly string[];
  /** Private IPs that its pods may have. */
  readonly range: readonly Ipv4Address[];
  /** Those of the range that are free, the one freed last at the end. */
  readonly free: Ipv4Address[];
  /** EC2 and the cluster are not reached from here until then. */
  partitionedUntilMs: number;
  /** The claim store alone is not reached from here until then. */
  storeCutUntilMs: number;
  isLost: boolean;
  /** How far its wall clock is off. */
  clockOffsetMs: number;
}

/** The one that was freed last, or the one that is free longest. */
export function takeIp(
  host: SimulatedHost,
  wanted: Ipv4Address | undefined,
  recycled: boolean,
): Ipv4Address | undefined {
  if (wanted === undefined) return recycled ? host.free.pop() : host.free.shift();
  const at = host.free.indexOf(wanted);
  if (at < 0) return undefined;
  host.free.splice(at, 1);
  return wanted;
}
