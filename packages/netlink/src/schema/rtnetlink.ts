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
} as const;

/** RTNLGRP_*: the multicast groups of each thing that can be watched. */
export const groups = {
  link: [1],
  neighbour: [3],
  address: [5, 9],
  route: [7, 11],
  rule: [8, 19],
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

/** RTAX_*, inside RTA_METRICS */
export const rtax = { mtu: 2 } as const;

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
  protocol: 11,
} as const;

/** IFA_F_* */
export const addressFlag = {
  secondary: 0x1,
  noDad: 0x2,
  dadFailed: 0x8,
  deprecated: 0x20,
  tentative: 0x40,
  permanent: 0x80,
  noPrefixRoute: 0x200,
} as const;

/** FRA_* */
export const fra = {
  to: 1,
  from: 2,
  inputLinkName: 3,
  goto: 4,
  priority: 6,
  mark: 10,
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
export const neighbourFlag = { proxy: 0x08, router: 0x80 } as const;

/** NDTA_* and NDTPA_* */
export const neighbourTable = {
  name: 1,
  parameters: 6,
  linkIndex: 1,
  retransTime: 5,
  proxyDelay: 13,
} as const;
