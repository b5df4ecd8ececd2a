import type { Endpoint } from '../datagram-port.ts';

/** The 96 bits that tie an answer to its request, as 24 lower-case hexadecimal digits. */
export type TransactionId = string & { readonly __brand: 'TransactionId' };

export const transactionIdLength = 12;

export function transactionIdOf(bytes: Uint8Array): TransactionId {
  if (bytes.length !== transactionIdLength) {
    throw new RangeError(`a transaction id has 12 bytes, not ${bytes.length}`);
  }
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('') as TransactionId;
}

export function bytesOfTransactionId(id: TransactionId): Uint8Array {
  return Uint8Array.from({ length: transactionIdLength }, (_, index) =>
    Number.parseInt(id.slice(index * 2, index * 2 + 2), 16),
  );
}

/** RFC 8489 section 5. */
export type StunClass = 'request' | 'indication' | 'success' | 'error';

/** RFC 8489 section 18.2; the only method that is spoken here. */
export const bindingMethod = 0x001;

/** A STUN message, RFC 8489 section 5. FINGERPRINT is the codec's and no attribute of it. */
export interface StunMessage {
  readonly class: StunClass;
  /** 12 bits; {@link bindingMethod}. */
  readonly method: number;
  readonly transactionId: TransactionId;
  /** In the order of the wire. */
  readonly attributes: readonly StunAttribute[];
}

/** RFC 8489 section 14, RFC 5780 section 7. What is not read here is kept as `raw`. */
export type StunAttribute =
  | { readonly kind: 'mapped-address'; readonly at: Endpoint }
  | { readonly kind: 'xor-mapped-address'; readonly at: Endpoint }
  /** Where the answer was sent from, as its sender believes. */
  | { readonly kind: 'response-origin'; readonly at: Endpoint }
  /** Where an answer would come from if another address and port were asked for. */
  | { readonly kind: 'other-address'; readonly at: Endpoint }
  | {
      readonly kind: 'change-request';
      readonly changeAddress: boolean;
      readonly changePort: boolean;
    }
  /** `code` from 300 to 699. */
  | { readonly kind: 'error-code'; readonly code: number; readonly reason: string }
  | { readonly kind: 'unknown-attributes'; readonly types: readonly number[] }
  | { readonly kind: 'software'; readonly text: string }
  | { readonly kind: 'raw'; readonly type: number; readonly value: Uint8Array };

/** The first attribute of a kind: RFC 8489 section 14 lets a receiver ignore the others. */
export function attributeOf<Kind extends StunAttribute['kind']>(
  { attributes }: StunMessage,
  kind: Kind,
): Extract<StunAttribute, { readonly kind: Kind }> | undefined {
  return attributes.find(
    (attribute): attribute is Extract<StunAttribute, { readonly kind: Kind }> =>
      attribute.kind === kind,
  );
}

/** Attributes of credentials: read by nobody here, no reason to refuse an answer (RFC 8489 section 9). */
const understoodRaw: readonly number[] = [
  0x0006, // USERNAME
  0x0008, // MESSAGE-INTEGRITY
  0x0014, // REALM
  0x0015, // NONCE
  0x001c, // MESSAGE-INTEGRITY-SHA256
  0x001d, // PASSWORD-ALGORITHM
  0x001e, // USERHASH
];

/** Comprehension-required types (below 0x8000) that nobody here understands: RFC 8489 section 6.3.3 fails the transaction. */
export function unknownRequiredTypes({ attributes }: StunMessage): number[] {
  return attributes.flatMap((attribute) =>
    attribute.kind === 'raw' && attribute.type < 0x8000 && !understoodRaw.includes(attribute.type)
      ? [attribute.type]
      : [],
  );
}
