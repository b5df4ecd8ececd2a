// include/uapi/linux/netfilter/nfnetlink_conntrack.h, nf_conntrack_common.h, nf_conntrack_tcp.h

/** IPCTNL_MSG_CT_*, with NFNL_SUBSYS_CTNETLINK in the upper byte */
export const conntrackMessage = {
  new: 0x0100,
  get: 0x0101,
  delete: 0x0102,
  getCountersReset: 0x0103,
} as const;

/** CTA_* */
export const cta = {
  tupleOriginal: 1,
  tupleReply: 2,
  status: 3,
  protocolInfo: 4,
  timeout: 7,
  mark: 8,
  countersOriginal: 9,
  countersReply: 10,
  use: 11,
  id: 12,
  zone: 18,
  timestamp: 20,
  markMask: 21,
  labels: 22,
  statusMask: 26,
} as const;

/** CTA_TUPLE_* */
export const ctaTuple = { ip: 1, protocol: 2, zone: 3 } as const;

/** CTA_IP_* */
export const ctaIp = { v4Source: 1, v4Destination: 2, v6Source: 3, v6Destination: 4 } as const;

/** CTA_PROTO_* */
export const ctaProtocol = {
  number: 1,
  sourcePort: 2,
  destinationPort: 3,
  icmpId: 4,
  icmpType: 5,
  icmpCode: 6,
  icmpv6Id: 7,
  icmpv6Type: 8,
  icmpv6Code: 9,
} as const;

/** CTA_PROTOINFO_TCP, CTA_PROTOINFO_TCP_STATE */
export const ctaProtocolInfo = { tcp: 1, tcpState: 1 } as const;

/** CTA_COUNTERS_* */
export const ctaCounters = { packets: 1, bytes: 2 } as const;

/** CTA_TIMESTAMP_* */
export const ctaTimestamp = { start: 1, stop: 2 } as const;

/** IPS_* */
export const conntrackStatus = {
  expected: 0x1,
  seenReply: 0x2,
  assured: 0x4,
  confirmed: 0x8,
  srcNat: 0x10,
  dstNat: 0x20,
  seqAdjust: 0x40,
  srcNatDone: 0x80,
  dstNatDone: 0x100,
  dying: 0x200,
  fixedTimeout: 0x400,
  helper: 0x2000,
  offload: 0x4000,
  hwOffload: 0x8000,
} as const;

/** TCP_CONNTRACK_* */
export const tcpConntrackState = {
  none: 0,
  synSent: 1,
  synRecv: 2,
  established: 3,
  finWait: 4,
  closeWait: 5,
  lastAck: 6,
  timeWait: 7,
  close: 8,
  synSent2: 9,
} as const;
