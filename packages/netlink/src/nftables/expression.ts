import type {
  compareOperator,
  conntrackKey,
  metaKey,
  natFlag,
  payloadBase,
  payloadChecksum,
  rangeOperator,
} from '../schema/nftables.ts';
import type { NftFamily } from './family.ts';
import type { Verdict } from './verdict.ts';

/**
 * A register: 1 to 4 hold 16 bytes each, 8 to 23 hold 4 bytes each (8 to 11 are the parts of 1, and so on; the
 * kernel names 8 as 1). A concatenated key lies in registers that follow each other, each part in its own.
 */
export type Register = number;

/** Which header an offset counts from. `inner` is what follows the transport header. */
export type PayloadBase = keyof typeof payloadBase;
/** What a packet carries beside its bytes (NFT_META_*, linux/netfilter/nf_tables.h). */
export type MetaKey = keyof typeof metaKey;
/** How a register is compared (enum nft_cmp_ops). */
export type CompareOperator = keyof typeof compareOperator;
/** How nat chooses addresses and ports (NF_NAT_RANGE_*, linux/netfilter/nf_nat.h). */
export type NatFlag = keyof typeof natFlag;

/**
 * One step of a rule (NFTA_EXPR_*). A rule runs its expressions in order until a comparison or lookup does not
 * match. Where a register may be left out it is 1.
 */
export type Expression =
  | Verdict
  | PayloadLoad
  | PayloadWrite
  | MetaLoad
  | MetaWrite
  | Compare
  | Range
  | Bitwise
  | Lookup
  | Immediate
  | Counter
  | NamedCounter
  | { readonly kind: 'notrack' }
  | Nat
  | Masquerade
  | Forward
  | Duplicate
  | ConntrackLoad
  | UnknownExpression;

/** Bytes of the packet to a register. */
export interface PayloadLoad {
  readonly kind: 'payload';
  readonly base: PayloadBase;
  readonly offset: number;
  readonly length: number;
  readonly register?: Register;
}

/** A register to bytes of the packet, and the checksum that covers them mended. */
export interface PayloadWrite {
  readonly kind: 'payload-write';
  readonly base: PayloadBase;
  readonly offset: number;
  readonly length: number;
  readonly register?: Register;
  /** Of the header written to; absent mends none. */
  readonly checksum?: keyof typeof payloadChecksum;
  /** Where that checksum lies, from `base`. */
  readonly checksumOffset?: number;
  /** Also mends the TCP, UDP or ICMPv6 checksum, whose pseudo-header covers the bytes. */
  readonly pseudoHeader?: boolean;
}

/** A fact about the packet to a register. */
export interface MetaLoad {
  readonly kind: 'meta';
  readonly key: MetaKey;
  readonly register?: Register;
}

/** A register to a fact about the packet, such as its mark. */
export interface MetaWrite {
  readonly kind: 'meta-write';
  readonly key: MetaKey;
  readonly register?: Register;
}

/** Goes on when the register's first bytes compare so, as unsigned bytes from left to right. */
export interface Compare {
  readonly kind: 'compare';
  readonly operator: CompareOperator;
  readonly value: Uint8Array;
  readonly register?: Register;
}

/** Goes on when the register lies within (or without) both ends, which count as within. */
export interface Range {
  readonly kind: 'range';
  readonly operator: keyof typeof rangeOperator;
  readonly from: Uint8Array;
  readonly to: Uint8Array;
  readonly register?: Register;
}

/** register = (source & mask) ^ xor; both as long as what is kept. */
export interface Bitwise {
  readonly kind: 'bitwise';
  readonly mask: Uint8Array;
  readonly xor: Uint8Array;
  readonly source?: Register;
  readonly register?: Register;
}

/** Goes on when the set holds the key; of a map the value goes to `result`. */
export interface Lookup {
  readonly kind: 'lookup';
  readonly set: string;
  /** Where the key lies. */
  readonly register?: Register;
  /** Where a map's value goes; `verdict` carries a verdict map's value out. */
  readonly result?: Register | 'verdict';
  /** Goes on when the set does not hold the key. Of a map only kernels after 6.1 can be asked this. */
  readonly invert?: boolean;
}

/** A constant to a register. */
export interface Immediate {
  readonly kind: 'immediate';
  readonly value: Uint8Array;
  readonly register?: Register;
}

/** A counter of this rule alone; its values are those to start from, or those counted so far. */
export interface Counter {
  readonly kind: 'counter';
  readonly packets?: number;
  readonly bytes?: number;
}

/** Counts with a counter of the table, see `addCounter`. */
export interface NamedCounter {
  readonly kind: 'named-counter';
  readonly name: string;
}

/** Another source (postrouting, input) or destination (prerouting, output); the chain's type is `nat`. */
export interface Nat {
  readonly kind: 'snat' | 'dnat';
  /** Of the address. */
  readonly family: Extract<NftFamily, 'ip' | 'ip6'>;
  readonly addressRegister?: Register;
  readonly lastAddressRegister?: Register;
  readonly portRegister?: Register;
  readonly lastPortRegister?: Register;
  readonly flags?: readonly NatFlag[];
}

/** As `snat` to the address of the link that the packet leaves by. */
export interface Masquerade {
  readonly kind: 'masquerade';
  readonly flags?: readonly NatFlag[];
  readonly portRegister?: Register;
  readonly lastPortRegister?: Register;
}

/** Out of another link at once (netdev family); with an address, to that neighbour. */
export interface Forward {
  readonly kind: 'forward';
  /** Holds a link index. */
  readonly linkRegister: Register;
  readonly addressRegister?: Register;
  readonly family?: Extract<NftFamily, 'ip' | 'ip6'>;
}

/** A copy out of another link (netdev family), or to an address (ip, ip6). */
export interface Duplicate {
  readonly kind: 'duplicate';
  readonly linkRegister?: Register;
  readonly addressRegister?: Register;
}

/** A fact about the packet's connection to a register; the state is a set of bits in host order. */
export interface ConntrackLoad {
  readonly kind: 'conntrack';
  readonly key: keyof typeof conntrackKey;
  readonly register?: Register;
}

/** Listed, but not of a form that this package knows whole: its name and data as they came. */
export interface UnknownExpression {
  readonly kind: 'unknown';
  readonly name: string;
  readonly data: Uint8Array;
}
