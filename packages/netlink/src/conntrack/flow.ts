import type { conntrackStatus, tcpConntrackState } from '../schema/conntrack.ts';
import type { UnknownAttribute } from '../wire/attribute-cursor.ts';
import type { Family } from '../wire/ip-address.ts';

/** One direction of a flow, as its packets are when they come in. */
export interface FlowTuple {
  readonly source: string;
  readonly destination: string;
  /** 6 TCP, 17 UDP, 1 ICMP, 58 ICMPv6. */
  readonly protocol: number;
  /** TCP, UDP, SCTP, DCCP. */
  readonly sourcePort?: number;
  readonly destinationPort?: number;
  /** ICMP and ICMPv6. */
  readonly icmp?: { readonly id: number; readonly type: number; readonly code: number };
}

/** Names one flow: nothing else in its zone has this tuple as its original one. */
export interface FlowKey {
  readonly original: FlowTuple;
  /** Default 0. */
  readonly zone?: number;
  /** Only the flow with this id, where the tuple may have been used anew. */
  readonly id?: number;
}

/** What went through in one direction, where net.netfilter.nf_conntrack_acct is on (CTA_COUNTERS_*). */
export interface FlowCounters {
  readonly packets: number;
  readonly bytes: number;
}

/** A tracked flow (IPCTNL_MSG_CT_NEW). */
export interface Flow {
  readonly family: Family;
  readonly original: FlowTuple;
  /** What answers look like: other than the mirror of `original` where addresses are translated. */
  readonly reply: FlowTuple;
  readonly status: readonly (keyof typeof conntrackStatus)[];
  readonly id: number;
  /** Seconds until it is forgotten; absent in events of its end. */
  readonly timeoutSeconds?: number;
  readonly mark?: number;
  readonly zone?: number;
  readonly tcpState?: keyof typeof tcpConntrackState;
  /** With net.netfilter.nf_conntrack_acct only. */
  readonly counters?: { readonly original: FlowCounters; readonly reply: FlowCounters };
  /** With net.netfilter.nf_conntrack_timestamp only; nanoseconds since 1970, exact up to microseconds. */
  readonly startedAtNs?: number;
  readonly unknownAttributes?: readonly UnknownAttribute[];
}

/** Which flows to list or delete. The kernel filters by family, mark and status, this package by the rest. */
export interface FlowFilter {
  readonly family?: Family;
  readonly mark?: number;
  /** Which bits of the mark count; default all. */
  readonly markMask?: number;
  readonly zone?: number;
  /** All of these are set. */
  readonly status?: readonly (keyof typeof conntrackStatus)[];
  readonly original?: Partial<Omit<FlowTuple, 'icmp'>>;
  readonly reply?: Partial<Omit<FlowTuple, 'icmp'>>;
}

/** What `flows.add` takes: the reply is the mirror of the original unless given. */
export interface NewFlow {
  readonly original: FlowTuple;
  readonly reply?: FlowTuple;
  readonly timeoutSeconds: number;
  readonly mark?: number;
  readonly zone?: number;
  readonly status?: readonly ('assured' | 'seenReply' | 'fixedTimeout')[];
  /** TCP needs one. */
  readonly tcpState?: keyof typeof tcpConntrackState;
}

/** What `flows.update` changes. */
export interface FlowChange {
  readonly timeoutSeconds?: number;
  readonly mark?: number;
  readonly status?: readonly ('assured' | 'seenReply' | 'fixedTimeout')[];
}
