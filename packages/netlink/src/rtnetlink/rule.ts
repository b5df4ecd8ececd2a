import type { ruleAction } from '../schema/rtnetlink.ts';
import type { UnknownAttribute } from '../wire/attribute-cursor.ts';
import type { Family } from '../wire/ip-address.ts';

/** FR_ACT_*; a number for one without a name. */
export type RuleAction = keyof typeof ruleAction | number;

/** Ports, both ends included. */
export interface PortRange {
  readonly first: number;
  readonly last: number;
}

/** A routing rule as the kernel reports it (RTM_NEWRULE). */
export interface Rule {
  readonly family: Family;
  /** Lower is asked first; 0 is the local table's rule. */
  readonly priority: number;
  /** CIDR; absent matches every source. */
  readonly from?: string;
  /** CIDR; absent matches every destination. */
  readonly to?: string;
  readonly inputLinkName?: string;
  readonly outputLinkName?: string;
  /** The table it sends to; 0 when the action is another. */
  readonly table: number;
  readonly action: RuleAction;
  /** FRA_PROTOCOL: who made it; 2 kernel, 3 boot, 4 static. */
  readonly protocol: number;
  /** 6 TCP, 17 UDP. */
  readonly ipProtocol?: number;
  readonly sourcePorts?: PortRange;
  readonly destinationPorts?: PortRange;
  readonly mark?: number;
  /** Absent with a mark: all bits count. */
  readonly markMask?: number;
  readonly typeOfService?: number;
  /** Six bits (RFC 2474); kernel 6.12 and later. */
  readonly dscp?: number;
  /** IPv6, 20 bits; kernel 6.14 and later. */
  readonly flowLabel?: number;
  readonly flowLabelMask?: number;
  /** Which bits of the ports count, absent: all; kernel 6.15 and later. */
  readonly sourcePortMask?: number;
  readonly destinationPortMask?: number;
  readonly dscpMask?: number;
  /** The tunnel key of a packet that a collect-metadata tunnel took in; up to 2^53. */
  readonly tunnelId?: number;
  /** IPv4 routing realms (from << 16 | to). */
  readonly realms?: number;
  /** The table is that of the VRF that the packet came in by. */
  readonly l3mdev?: boolean;
  /** It matches what it would not match otherwise. */
  readonly invert?: boolean;
  /** For the action `goto`: the priority to go on at. */
  readonly goto?: number;
  /** Routes with a prefix this long or shorter are passed over. */
  readonly suppressPrefixLength?: number;
  /** Routes by a link of this group are passed over. */
  readonly suppressLinkGroup?: number;
  readonly uidRange?: PortRange;
  readonly unknownAttributes?: readonly UnknownAttribute[];
}

/**
 * What `rules.add` and `rules.remove` take. Left out when adding: action `table`, protocol 4. The
 * family follows from `from` or `to`, else it is ipv4. When removing, only what is given has to match.
 */
export type NewRule = Partial<Omit<Rule, 'unknownAttributes'>>;
