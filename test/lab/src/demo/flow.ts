/** Which network the far side is in: it decides the pod's socket and the way a packet takes. */
export type PeerClass = 'internet' | 'vpc';

/** What the two ports stand for: 5060 and 40000 wherever they are free. */
export type Role = 'sip' | 'rtp';

/**
 * in: the peer calls the tuple that the pod advertises; reply: the pod's answers to it;
 * out: the pod calls first, a port of the peer from which nothing was ever sent.
 */
export type FlowKind = 'in' | 'reply' | 'out';

export interface Flow {
  /** Stable: the name of its row, and the mark in each of its packets. */
  readonly name: string;
  readonly peer: PeerClass;
  readonly role: Role;
  readonly kind: FlowKind;
}

export const peerClasses: readonly PeerClass[] = ['internet', 'vpc'];
export const roles: readonly Role[] = ['sip', 'rtp'];
const flowKinds: readonly FlowKind[] = ['in', 'reply', 'out'];

export function flowName(peer: PeerClass, role: Role, kind: FlowKind): string {
  return `${peer}-${role}-${kind}`;
}

/** Every flow of act 2, in the order of the report. */
export const flows: readonly Flow[] = peerClasses.flatMap((peer) =>
  roles.flatMap((role) =>
    flowKinds.map((kind) => ({ name: flowName(peer, role, kind), peer, role, kind })),
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
