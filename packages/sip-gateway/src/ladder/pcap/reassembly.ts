import type { IpFragment, IpPacket } from './ip-packet.ts';

/** Datagrams whose pieces wait for each other; the oldest goes when one more begins. */
const mostUnfinished = 256;
const mostPieces = 128;
const longestPayload = 65_535;

interface Unfinished {
  readonly pieces: Map<number, Uint8Array>;
  /** Of the whole payload; known with the last piece. */
  length: number | undefined;
}

/** Puts IP fragments together (RFC 791 3.2, RFC 8200 4.5), in whatever order they come. */
export class Reassembly {
  readonly #unfinished = new Map<string, Unfinished>();

  /** The whole packet, once this piece was the last one that was missing; whole ones pass. */
  take(packet: IpPacket): IpPacket | undefined {
    const { fragment, source, destination, protocol } = packet;
    if (fragment === undefined) return packet;
    const key = `${source} ${destination} ${protocol} ${fragment.identification}`;
    const unfinished = this.#unfinished.get(key) ?? this.#begin(key);
    if (!addPiece(unfinished, packet.payload, fragment)) this.#unfinished.delete(key);
    const payload = joined(unfinished);
    if (payload === undefined) return undefined;
    this.#unfinished.delete(key);
    return { source, destination, protocol, payload, fragment: undefined };
  }

  #begin(key: string): Unfinished {
    const begun: Unfinished = { pieces: new Map(), length: undefined };
    if (this.#unfinished.size >= mostUnfinished) {
      const [oldest] = this.#unfinished.keys();
      if (oldest !== undefined) this.#unfinished.delete(oldest);
    }
    this.#unfinished.set(key, begun);
    return begun;
  }
}

/** False when this cannot become a datagram. */
function addPiece(
  unfinished: Unfinished,
  payload: Uint8Array,
  { offset, hasMore }: IpFragment,
): boolean {
  const end = offset + payload.length;
  if (end > longestPayload || unfinished.pieces.size >= mostPieces) return false;
  unfinished.pieces.set(offset, payload);
  if (!hasMore) unfinished.length = end;
  return true;
}

/** undefined while there is a hole. */
function joined({ pieces, length }: Unfinished): Uint8Array | undefined {
  if (length === undefined) return undefined;
  const payload = new Uint8Array(length);
  let filled = 0;
  const inOrder = [...pieces].toSorted(([one], [other]) => one - other);
  for (const [offset, piece] of inOrder) {
    if (offset > filled) return undefined;
    const room = piece.subarray(0, Math.max(0, length - offset));
    payload.set(room, Math.min(offset, length));
    filled = Math.max(filled, offset + room.length);
  }
  return filled >= length ? payload : undefined;
}
