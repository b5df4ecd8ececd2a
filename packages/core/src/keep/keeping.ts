import type { PublicIdentity } from '../identity/public-identity.ts';
import type { OnStep } from '../identity/step-event.ts';
import type { NodePorts } from '../node-ports.ts';
import type { KeepWireInput } from './keep-wire.ts';
import type { KeepEnd, KeepEvent } from './keep-event.ts';

export const defaultIntervalMs = 30_000;
export const defaultGatewaySilenceMs = 10_000;

/** What a keep works with, how often it looks, and whom it tells. */
export interface KeepOptions {
  /** Default: `thisNode()`, or that of the ensure which the handle is from. */
  readonly node?: NodePorts;
  /** Where the identity is published; default `/run/truetuple`, or that of the ensure. */
  readonly identityDirectory?: string;
  /** Milliseconds from one look at EC2 to the next, at most; the shortest is three quarters. Default 30000, longest 2^31 - 1. */
  readonly intervalMs?: number;
  /**
   * Milliseconds that the gateway may answer no ARP before `gateway-unreachable` is told; default 10000. The
   * kernel itself asks three times in as many seconds.
   */
  readonly gatewaySilenceMs?: number;
  /** Default: nothing is sent, and the wire is not asked. */
  readonly wire?: KeepWireInput;
  /** From 0 up to 1: spreads the looks of many pods. Default Math.random. */
  readonly random?: () => number;
  /** Ends the keep as close() does. */
  readonly signal?: AbortSignal;
  /** What it throws, also later, becomes a process warning, and ends nothing. */
  readonly onEvent?: (event: KeepEvent) => void;
  /** Told of each repairing step; what it throws, also later, becomes a process warning. */
  readonly onStep?: OnStep;
}

/** An identity that is kept. It keeps the process alive until it ends. */
export interface Keeping extends AsyncDisposable {
  /** As it is now: a new associationId after a claim anew, a new generation after each publication. */
  readonly identity: PublicIdentity;
  /** Resolves when the keep has ended and nothing of it runs any more; never rejects. */
  readonly ended: Promise<KeepEnd>;
  /** Ends the keep; the identity stays held and published. A claim in flight is waited for and published. */
  close(): Promise<void>;
}
