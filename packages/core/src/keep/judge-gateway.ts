import type { PublicIdentity } from '../identity/public-identity.ts';
import type { NeighbourEntry } from '../kernel/kernel-port.ts';
import { warning } from '../verify/kernel-finding.ts';
import type { KeepEvent } from './keep-event.ts';

/** What a keep knows of the link's gateway between two looks. */
export interface GatewayState {
  /** The last one that was known. */
  readonly macAddress: string | undefined;
  /** Since when its neighbour entry has shown that it does not answer; undefined while it has not. */
  readonly silentSinceMs: number | undefined;
  readonly isTold: boolean;
}

export const unknownGateway: GatewayState = {
  macAddress: undefined,
  silentSinceMs: undefined,
  isTold: false,
};

export interface GatewayLook {
  readonly identity: Pick<PublicIdentity, 'gateway' | 'linkName'>;
  /** Undefined: the kernel has none, because nobody has sent by the gateway. */
  readonly entry: NeighbourEntry | undefined;
  readonly nowMs: number;
  /** How long a silence is none yet. */
  readonly boundMs: number;
}

export interface GatewayJudgement {
  readonly state: GatewayState;
  readonly events: readonly KeepEvent[];
  /** When to look again although nothing is told until then. */
  readonly lookAgainInMs: number | undefined;
}

/**
 * Pure: what a look at the gateway's neighbour entry says. An ENI that is lost under an ipvlan link makes no
 * event of the link; that the gateway answers no ARP does. It is no proof of anything, and fences nothing.
 */
export function judgeGateway(state: GatewayState, look: GatewayLook): GatewayJudgement {
  const { entry } = look;
  if (entry === undefined || entry.state === 'none') return forgotten(state);
  return entry.state === 'failed' || entry.state === 'incomplete'
    ? silent(state, look, entry)
    : answering(state, look, entry);
}

/** Nobody asks: what was told stands, what was not is no silence. */
function forgotten(state: GatewayState): GatewayJudgement {
  const silentSinceMs = state.isTold ? state.silentSinceMs : undefined;
  return { state: { ...state, silentSinceMs }, events: [], lookAgainInMs: undefined };
}

function silent(state: GatewayState, look: GatewayLook, entry: NeighbourEntry): GatewayJudgement {
  if (state.isTold) return { state, events: [], lookAgainInMs: undefined };
  const { nowMs, boundMs } = look;
  const silentSinceMs = state.silentSinceMs ?? nowMs;
  const lookAgainInMs = silentSinceMs + boundMs - nowMs;
  if (lookAgainInMs > 0) return { state: { ...state, silentSinceMs }, events: [], lookAgainInMs };
  const { gateway, linkName } = look.identity;
  const seconds = Math.round((nowMs - silentSinceMs) / 1000);
  const event: KeepEvent = {
    kind: 'gateway-unreachable',
    finding: warning(
      'gateway-unreachable',
      `${gateway} is ${entry.state} in the neighbour table of ${linkName}, for ${seconds} s`,
      `an answer of ${gateway} to ARP on ${linkName}`,
      `Look whether the ENI under ${linkName} is still attached to this node, and is the one it was made for. The entry stays failed until something is sent by ${gateway} again.`,
    ),
  };
  return {
    state: { ...state, silentSinceMs, isTold: true },
    events: [event],
    lookAgainInMs: undefined,
  };
}

function answering(
  state: GatewayState,
  look: GatewayLook,
  entry: NeighbourEntry,
): GatewayJudgement {
  const { gateway, linkName } = look.identity;
  const before = state.macAddress;
  const macAddress = entry.macAddress ?? before;
  const events: KeepEvent[] = [];
  if (state.isTold) events.push({ kind: 'gateway-reachable', gateway });
  if (before !== undefined && macAddress !== undefined && macAddress !== before) {
    events.push({
      kind: 'gateway-changed',
      finding: warning(
        'gateway-changed',
        `${gateway} has ${macAddress} in the neighbour table of ${linkName}`,
        `${before}, as before: the router of a subnet keeps its MAC address`,
        `Look who answers ARP for ${gateway} on ${linkName}, or wrote its neighbour entry: what the identity sends to the Internet goes there.`,
      ),
    });
  }
  const next = { macAddress, silentSinceMs: undefined, isTold: false };
  return { state: next, events, lookAgainInMs: undefined };
}
