/**
 * What a packet of the demo carries, as text, so that a capture shows it: the flow it belongs to, its number,
 * and the tuple at which its sender says it is reached.
 */
export interface Payload {
  readonly flow: string;
  /** From 1. */
  readonly sequence: number;
  /** `address:port` */
  readonly advertised: string;
}

const pattern = /^truetuple-demo flow=(\S+) seq=(\d+) contact=(\S+) *$/;

/** Padded to the length of a G.711 RTP packet of 20 ms (172 bytes, RFC 3551 section 4.5.14). */
const payloadLength = 172;

export function encodePayload(payload: Payload): Uint8Array {
  const text = `${flowMark(payload.flow)}seq=${payload.sequence} contact=${payload.advertised} `;
  return new TextEncoder().encode(text.padEnd(payloadLength));
}

/** Undefined when the bytes are not a packet of the demo. */
export function decodePayload(bytes: Uint8Array): Payload | undefined {
  const match = pattern.exec(new TextDecoder().decode(bytes));
  const [, flow, sequence, advertised] = match ?? [];
  if (flow === undefined || sequence === undefined || advertised === undefined) return undefined;
  return { flow, sequence: Number(sequence), advertised };
}

/** The bytes by which a flow's packets are found in a capture: `udp contains "..."` in tshark. */
export function flowMark(flow: string): string {
  return `truetuple-demo flow=${flow} `;
}
