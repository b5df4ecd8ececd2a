import * as v from 'valibot';
import { parseStunServer, type StunServerName } from './stun-server-name.ts';

/** What is sent on the wire to prove an identity, as a caller writes it. */
export interface WireProofInput {
  /**
   * STUN servers (RFC 8489), each "host:port" or "host" for port 3478, by name, IPv4 address, or IPv6 address in brackets; before it
   * "stun:" may stand, as in a URI of RFC 7064. A name is asked in each family of the identity in which it has an address. Several, of different operators. One with two public addresses (RFC 5780, coturn) can prove inbound too.
   */
  readonly stunServers: readonly string[];
  /** UDP ports to be proven, those that SIP and SDP will tell; at most 64, so of a range its ends. */
  readonly ports: readonly number[];
  /** How many servers must see the advertised tuple; default more than half of them. */
  readonly quorum?: number | undefined;
  /** A port that the application leaves free, asked in the place of ports that it holds already. */
  readonly reservedPort?: number | undefined;
  /** How long an answer is waited for, in milliseconds; default 5000, in which it is asked 4 times. */
  readonly timeoutMs?: number | undefined;
}

/**
 * What must be shown before an identity is published. `kernel`: the kernel's own answers to route lookups; sends
 * nothing and needs no server. `outbound`: also, what each port sends arrives with the advertised tuple. `inbound`:
 * also, packets that nobody asked for arrive at it.
 */
export type ProofInput =
  | { readonly require: 'kernel' }
  | {
      readonly require: 'outbound' | 'inbound';
      readonly wire: WireProofInput;
      /** How often it is tried: EC2 may say that an address is associated seconds before it is. Default 5. */
      readonly attempts?: number | undefined;
    };

/** A proof on the wire that was asked for, with every default filled in. */
export interface WireProof {
  readonly stunServers: readonly StunServerName[];
  readonly ports: readonly number[];
  readonly quorum?: number | undefined;
  readonly reservedPort?: number | undefined;
  readonly timeoutMs: number;
}

/** A parsed {@link ProofInput}. */
export type Proof =
  | { readonly require: 'kernel' }
  | {
      readonly require: 'outbound' | 'inbound';
      readonly wire: WireProof;
      readonly attempts: number;
    };

const port = v.pipe(
  v.number(),
  v.integer('is no whole number'),
  v.minValue(1, 'is below 1'),
  v.maxValue(0xffff, 'is above 65535'),
);
const count = v.pipe(v.number(), v.integer('is no whole number'), v.minValue(1, 'is below 1'));

const stunServer = v.pipe(
  v.string(),
  v.transform(parseStunServer),
  v.custom<StunServerName>(
    (server) => server !== undefined,
    'is no STUN server, such as stun.example.com:3478, 198.51.100.50 or [2001:db8::50]:3478',
  ),
);

/** Shape of {@link WireProofInput}. */
export const wireProofSchema: v.GenericSchema<unknown, WireProof> = v.pipe(
  v.strictObject({
    stunServers: v.pipe(v.array(stunServer), v.minLength(1, 'is empty')),
    ports: v.pipe(v.array(port), v.minLength(1, 'is empty'), v.maxLength(64, 'has more than 64')),
    quorum: v.optional(count),
    reservedPort: v.optional(port),
    timeoutMs: v.optional(count, 5000),
  }),
  v.forward(
    v.check(
      ({ quorum, stunServers }) => quorum === undefined || quorum <= stunServers.length,
      'is more than there are servers',
    ),
    ['quorum'],
  ),
  v.forward(
    v.check(
      ({ reservedPort, ports }) => reservedPort === undefined || !ports.includes(reservedPort),
      'is one of the ports to be proven',
    ),
    ['reservedPort'],
  ),
);

/** Shape of {@link ProofInput}. */
export const proofSchema: v.GenericSchema<unknown, Proof> = v.variant('require', [
  v.strictObject({ require: v.literal('kernel') }),
  v.strictObject({
    require: v.picklist(['outbound', 'inbound']),
    wire: wireProofSchema,
    attempts: v.optional(count, 5),
  }),
]);
