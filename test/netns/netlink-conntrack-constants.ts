import * as ct from '../../packages/netlink/src/schema/conntrack.ts';
import * as diag from '../../packages/netlink/src/schema/sock-diag.ts';
import { named } from './netlink-named-constants.ts';

/** The tables of connection tracking and sock_diag, with the names that the kernel's headers have for them. */
export const conntrackConstants: readonly (readonly [name: string, value: number])[] = [
  ['(NFNL_SUBSYS_CTNETLINK << 8) | IPCTNL_MSG_CT_NEW', ct.conntrackMessage.new],
  ['(NFNL_SUBSYS_CTNETLINK << 8) | IPCTNL_MSG_CT_GET', ct.conntrackMessage.get],
  ['(NFNL_SUBSYS_CTNETLINK << 8) | IPCTNL_MSG_CT_DELETE', ct.conntrackMessage.delete],
  [
    '(NFNL_SUBSYS_CTNETLINK << 8) | IPCTNL_MSG_CT_GET_CTRZERO',
    ct.conntrackMessage.getCountersReset,
  ],
  ...named('CTA_', ct.cta, {
    tupleOriginal: 'TUPLE_ORIG',
    protocolInfo: 'PROTOINFO',
    countersOriginal: 'COUNTERS_ORIG',
  }),
  ...named('CTA_TUPLE_', ct.ctaTuple, { protocol: 'PROTO' }),
  ['CTA_IP_V4_SRC', ct.ctaIp.v4Source],
  ['CTA_IP_V4_DST', ct.ctaIp.v4Destination],
  ['CTA_IP_V6_SRC', ct.ctaIp.v6Source],
  ['CTA_IP_V6_DST', ct.ctaIp.v6Destination],
  ...named('CTA_PROTO_', ct.ctaProtocol, {
    number: 'NUM',
    sourcePort: 'SRC_PORT',
    destinationPort: 'DST_PORT',
    icmpv6Id: 'ICMPV6_ID',
    icmpv6Type: 'ICMPV6_TYPE',
    icmpv6Code: 'ICMPV6_CODE',
  }),
  ['CTA_PROTOINFO_TCP', ct.ctaProtocolInfo.tcp],
  ['CTA_PROTOINFO_TCP_STATE', ct.ctaProtocolInfo.tcpState],
  ...named('CTA_COUNTERS_', ct.ctaCounters),
  ...named('CTA_TIMESTAMP_', ct.ctaTimestamp),
  ...named('IPS_', ct.conntrackStatus),
  ...named('TCP_CONNTRACK_', ct.tcpConntrackState, { synSent2: 'SYN_SENT2' }),
  ['SOCK_DIAG_BY_FAMILY', diag.sockDiag.byFamily],
  ['SOCK_DESTROY', diag.sockDiag.destroy],
  ...named('IPPROTO_', diag.socketProtocol),
  ['INET_DIAG_REQ_BYTECODE', diag.diagRequest.bytecode],
  ['INET_DIAG_BC_S_COND', diag.diagBytecode.sourceCondition],
  ['INET_DIAG_BC_D_COND', diag.diagBytecode.destinationCondition],
  ...named('INET_DIAG_', diag.diagAttribute, {
    typeOfService: 'TOS',
    trafficClass: 'TCLASS',
    memory: 'MEMINFO',
    socketMemory: 'SKMEMINFO',
    ipv6Only: 'SKV6ONLY',
    cgroupId: 'CGROUP_ID',
    socketOptions: 'SOCKOPT',
  }),
  ['SK_MEMINFO_RCVBUF', diag.socketMemory.receiveBuffer],
  ['SK_MEMINFO_SNDBUF', diag.socketMemory.sendBuffer],
  ['SK_MEMINFO_DROPS', diag.socketMemory.drops],
  // the kernel keeps its own equal to these
  ...named('BPF_TCP_', diag.socketState, {
    synReceived: 'SYN_RECV',
    finWait1: 'FIN_WAIT1',
    finWait2: 'FIN_WAIT2',
  }),
  ['sizeof(struct inet_diag_req_v2)', 56],
  ['sizeof(struct inet_diag_sockid)', 48],
  ['sizeof(struct inet_diag_msg)', 72],
  ['sizeof(struct inet_diag_bc_op)', 4],
  ['sizeof(struct inet_diag_hostcond)', 8],
];
