import type { Endpoint } from '../datagram-port.ts';
import type { StunAnswer } from './stun-answer.ts';
import { attributeOf, unknownRequiredTypes, type StunMessage } from './stun-message.ts';

interface Arrival {
  readonly from: Endpoint;
  readonly elapsedMs: number;
}

/** Pure: what a success or error response says (RFC 8489 sections 6.3.3 and 6.3.4). */
export function readAnswer(message: StunMessage, { from, elapsedMs }: Arrival): StunAnswer {
  const unknown = unknownRequiredTypes(message);
  if (unknown.length > 0) {
    const named = unknown.map((type) => `0x${type.toString(16).padStart(4, '0')}`).join(', ');
    return { kind: 'unusable', why: `it must be understood, and is not: attribute ${named}` };
  }
  if (message.class === 'error') return readError(message);
  const mapped = attributeOf(message, 'xor-mapped-address')?.at;
  if (mapped === undefined) return { kind: 'unusable', why: 'it has no XOR-MAPPED-ADDRESS' };
  return {
    kind: 'mapped',
    mapped,
    plainMapped: attributeOf(message, 'mapped-address')?.at,
    otherAddress: attributeOf(message, 'other-address')?.at,
    from,
    elapsedMs,
  };
}

function readError(message: StunMessage): StunAnswer {
  const error = attributeOf(message, 'error-code');
  if (error === undefined) return { kind: 'unusable', why: 'it refuses without an ERROR-CODE' };
  const unknownTypes = attributeOf(message, 'unknown-attributes')?.types ?? [];
  return { kind: 'refused', code: error.code, reason: printable(error.reason), unknownTypes };
}

/** Findings and errors quote it, in lines of a log: nothing that ends a line or moves a cursor, and no more than RFC 8489 section 14.8 allows. */
function printable(reason: string): string {
  return reason.replaceAll(/[\p{C}\p{Zl}\p{Zp}]+/gu, ' ').slice(0, 127);
}
