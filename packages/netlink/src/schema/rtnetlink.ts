// include/uapi/linux/rtnetlink.h, if_addr.h, fib_rules.h, neighbour.h

export const rtm = {
  newLink: 16,
  delLink: 17,
  getLink: 18,
  setLink: 19,
  newAddress: 20,
  delAddress: 21,
  getAddress: 22,
  newRoute: 24,
  delRoute: 25,
  getRoute: 26,
  newNeighbour: 28,
  delNeighbour: 29,
  getNeighbour: 30,
  newRule: 32,
  delRule: 33,
  getRule: 34,
  getNeighbourTable: 66,
  setNeighbourTable: 67,
  newNetconf: 80,
  delNetconf: 81,
  getNetconf: 82,
  newNextHop: 104,
  delNextHop: 105,
  getNextHop: 106,
  newLinkProp: 108,
  delLinkProp: 109,
} as const;

/** RTNLGRP_*: the multicast groups of each thing that can be watched. */
export const groups = {
  link: [1],
  neighbour: [3],
  address: [5, 9],
  route: [7, 11],
  rule: [8, 19],
  netconf: [24, 25],
  nextHop: [32],
} as const;

/** AF_INET, AF_INET6. */
export const addressFamily = { ipv4: 2, ipv6: 10 } as const;

/** RTN_* */
export const routeType = {
  unicast: 1,
  local: 2,
  broadcast: 3,
  anycast: 4,
  multicast: 5,
  blackhole: 6,
  unreachable: 7,
  prohibit: 8,
  throw: 9,
} as const;

/** RT_SCOPE_* */
export const scope = { global: 0, site: 200, link: 253, host: 254, nowhere: 255 } as const;

/** RTA_* */
export const rta = {
  destination: 1,
  source: 2,
  inputLink: 3,
  outputLink: 4,
  gateway: 5,
  priority: 6,
  preferredSource: 7,
  metrics: 8,
  multipath: 9,
  flow: 11,
  cacheInfo: 12,
  table: 15,
  mark: 16,
  via: 18,
  preference: 20,
  expires: 23,
  uid: 25,
  nexthopId: 30,
} as const;

/** RTAX_*, inside RTA_METRICS; `lock` holds a bit (1 << number) for each that path MTU discovery and TCP leave alone */
export const rtax = {
  lock: 1,
  mtu: 2,
  window: 3,
  rtt: 4,
  rttVariance: 5,
  slowStartThreshold: 6,
  congestionWindow: 7,
  advertisedMss: 8,
  reordering: 9,
  hopLimit: 10,
  initialCongestionWindow: 11,
  features: 12,
  rtoMinimum: 13,
  initialReceiveWindow: 14,
  quickAck: 15,
  congestionControl: 16,
  fastOpenNoCookie: 17,
} as const;

/** ICMPV6_ROUTER_PREF_*, RTA_PREF (RFC 4191) */
export const routerPreference = { medium: 0, high: 1, low: 3 } as const;

/** NHA_* */
export const nha = {
  id: 1,
  group: 2,
  groupType: 3,
  blackhole: 4,
  outputLink: 5,
  gateway: 6,
  groups: 9,
  master: 10,
  fdb: 11,
} as const;

/** NETCONFA_* */
export const netconfAttribute = {
  linkIndex: 1,
  forwarding: 2,
  rpFilter: 3,
  multicastForwarding: 4,
  proxyNeighbours: 5,
  ignoreRoutesWithLinkDown: 6,
  bcForwarding: 8,
} as const;
/** NETCONFA_IFINDEX_ALL, NETCONFA_IFINDEX_DEFAULT */
export const netconfLink = { all: -1, default: -2 } as const;

/** RTNH_F_*, in rtm_flags and rtnh_flags */
export const nextHopFlag = {
  dead: 1,
  pervasive: 2,
  onlink: 4,
  offload: 8,
  linkDown: 16,
  unresolved: 32,
  trap: 64,
} as const;

/** RTM_F_* */
export const routeFlag = { cloned: 0x200, lookupTable: 0x1000 } as const;

/** IFA_* */
export const ifa = {
  address: 1,
  local: 2,
  label: 3,
  broadcast: 4,
  cacheInfo: 6,
  flags: 8,
  routePriority: 9,
  protocol: 11,
} as const;

/** IFA_F_* */
export const addressFlag = {
  secondary: 0x1,
  noDad: 0x2,
  optimistic: 0x4,
  dadFailed: 0x8,
  homeAddress: 0x10,
  deprecated: 0x20,
  tentative: 0x40,
  permanent: 0x80,
  manageTemporary: 0x100,
  noPrefixRoute: 0x200,
  multicastAutoJoin: 0x400,
  stablePrivacy: 0x800,
} as const;

/** FRA_* */
export const fra = {
  to: 1,
  from: 2,
  inputLinkName: 3,
  goto: 4,
  priority: 6,
  mark: 10,
  flow: 11,
  tunnelId: 12,
  suppressLinkGroup: 13,
  suppressPrefixLength: 14,
  table: 15,
  mask: 16,
  outputLinkName: 17,
  l3mdev: 19,
  uidRange: 20,
  protocol: 21,
  ipProtocol: 22,
  sourcePorts: 23,
  destinationPorts: 24,
} as const;

/** FRA_* of kernels 6.12 to 6.15, which older headers lack */
export const fraNewer = {
  dscp: 25,
  flowLabel: 26,
  flowLabelMask: 27,
  sourcePortMask: 28,
  destinationPortMask: 29,
  dscpMask: 30,
} as const;

/** FR_ACT_* */
export const ruleAction = {
  table: 1,
  goto: 2,
  nop: 3,
  blackhole: 6,
  unreachable: 7,
  prohibit: 8,
} as const;

/** FIB_RULE_INVERT */
export const ruleInvert = 2;

/** NDA_* */
export const nda = {
  destination: 1,
  linkAddress: 2,
  cacheInfo: 3,
  probes: 4,
  linkIndex: 8,
  master: 9,
  protocol: 12,
} as const;

/** NUD_* */
export const neighbourState = {
  incomplete: 0x01,
  reachable: 0x02,
  stale: 0x04,
  delay: 0x08,
  probe: 0x10,
  failed: 0x20,
  noarp: 0x40,
  permanent: 0x80,
} as const;

/** NTF_* */
export const neighbourFlag = {
  use: 0x01,
  proxy: 0x08,
  externallyLearned: 0x10,
  router: 0x80,
} as const;

/** NDTA_* and NDTPA_* */
export const neighbourTable = {
  name: 1,
  parameters: 6,
  linkIndex: 1,
  retransTime: 5,
  proxyDelay: 13,
} as const;
