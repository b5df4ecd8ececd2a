/** Which network the far side is in: it decides the pod's socket and the way a packet takes. */
export type PeerClass = 'internet' | 'vpc';

/** What the two ports stand for: 5060 and 40000 wherever they are free. */
export type Role = 'sip' | 'rtp';

/**
 * in: the peer calls the tuple that the pod advertises; reply: the pod's answers to it;
 * out: the pod calls first, a port of the peer from which nothing was ever sent.
 */
export type FlowWay = 'in' | 'reply' | 'out';

export interface Flow {
  /** Stable: the name of its row, and the mark in each of its packets. */
  readonly name: string;
  readonly peer: PeerClass;
  readonly role: Role;
  readonly way: FlowWay;
}

export const peerClasses: readonly PeerClass[] = ['internet', 'vpc'];
export const roles: readonly Role[] = ['sip', 'rtp'];
const flowWays: readonly FlowWay[] = ['in', 'reply', 'out'];

export function flowName(peer: PeerClass, role: Role, way: FlowWay): string {
  return `${peer}-${role}-${way}`;
}

/** Every flow of act 2, in the order of the report. */
export const flows: readonly Flow[] = peerClasses.flatMap((peer) =>
  roles.flatMap((role) =>
    flowWays.map((way) => ({ name: flowName(peer, role, way), peer, role, way })),
  ),
);

export interface Tuple {
  readonly address: string;
  readonly port: number;
}

export function formatTuple(tuple: Tuple): string {
  return `${tuple.address}:${tuple.port}`;
}

/** Reads `address:port`; throws on anything else, which only a defect of the demo can bring. */
export function parseTuple(text: string): Tuple {
  const match = /^([\d.]+):(\d+)$/.exec(text);
  const [, address, port] = match ?? [];
  if (address === undefined || port === undefined) {
    throw new RangeError(`"${text}" is not an address:port`);
  }
  return { address, port: Number(port) };
}
