// include/uapi/linux/if_link.h, if.h, veth.h, ip.h

/** IFLA_* */
export const ifla = {
  address: 1,
  broadcast: 2,
  name: 3,
  mtu: 4,
  link: 5,
  queueDiscipline: 6,
  master: 10,
  txQueueLength: 13,
  operState: 16,
  linkMode: 17,
  linkInfo: 18,
  netNsPid: 19,
  alias: 20,
  virtualFunctions: 21,
  stats64: 23,
  afSpec: 26,
  group: 27,
  netNsFd: 28,
  extendedMask: 29,
  promiscuity: 30,
  txQueues: 31,
  rxQueues: 32,
  carrier: 33,
  physicalPortId: 34,
  physicalSwitchId: 36,
  linkNetNsId: 37,
  physicalPortName: 38,
  protocolDown: 39,
  gsoMaxSegments: 40,
  gsoMaxSize: 41,
  xdp: 43,
  carrierUpCount: 47,
  carrierDownCount: 48,
  minMtu: 50,
  maxMtu: 51,
  propList: 52,
  altName: 53,
  permAddress: 54,
  parentDeviceName: 56,
  parentDeviceBus: 57,
  groMaxSize: 58,
  tsoMaxSize: 59,
  tsoMaxSegments: 60,
  allMulticastCount: 61,
} as const;

/** IFLA_* of Linux 6.3 to 6.16, which older headers do not have. */
export const iflaNewer = {
  gsoIpv4MaxSize: 63,
  groIpv4MaxSize: 64,
  maxPacingOffloadHorizon: 66,
  netnsImmutable: 67,
  headroom: 68,
  tailroom: 69,
} as const;

/**
 * IFLA_* that say nothing that others do not: IFLA_STATS (IFLA_STATS64 in 32 bits), IFLA_CARRIER_CHANGES (the sum of up and
 * down), IFLA_PAD, and IFLA_MAP (where a card of the ISA bus lies).
 */
export const iflaIgnored: ReadonlySet<number> = new Set([7, 14, 35, 42]);

/** IF_LINK_MODE_* */
export const linkMode = { default: 0, dormant: 1, testing: 2 } as const;

/** IFLA_XDP_* */
export const xdp = { attached: 2, programId: 4 } as const;

/** XDP_ATTACHED_* */
export const xdpMode = { none: 0, driver: 1, generic: 2, hardware: 3, several: 4 } as const;

/** IFLA_DEVLINK_PORT and IFLA_DPLL_PIN: without content for a link that has none. */
export const iflaOfHardware: ReadonlySet<number> = new Set([62, 65]);

/** IFLA_INFO_* */
export const linkInfo = { kind: 1, data: 2 } as const;

/** IFF_* */
export const linkFlag = {
  up: 0x1,
  broadcast: 0x2,
  debug: 0x4,
  loopback: 0x8,
  pointToPoint: 0x10,
  noTrailers: 0x20,
  running: 0x40,
  noArp: 0x80,
  promiscuous: 0x100,
  allMulticast: 0x200,
  master: 0x400,
  slave: 0x800,
  multicast: 0x1000,
  portSelect: 0x2000,
  autoMedia: 0x4000,
  dynamic: 0x8000,
  lowerUp: 0x10000,
  dormant: 0x20000,
  echo: 0x40000,
} as const;

/** IF_OPER_* (RFC 2863, ifOperStatus) */
export const operState = {
  unknown: 0,
  notPresent: 1,
  down: 2,
  lowerLayerDown: 3,
  testing: 4,
  dormant: 5,
  up: 6,
} as const;

/** struct rtnl_link_stats64: where each u64 lies, in bytes. Older kernels send fewer. */
export const linkStatistics = {
  receivedPackets: 0,
  sentPackets: 8,
  receivedBytes: 16,
  sentBytes: 24,
  receiveErrors: 32,
  sendErrors: 40,
  receiveDropped: 48,
  sendDropped: 56,
  multicast: 64,
  collisions: 72,
  receiveLengthErrors: 80,
  receiveOverErrors: 88,
  receiveCrcErrors: 96,
  receiveFrameErrors: 104,
  receiveFifoErrors: 112,
  receiveMissedErrors: 120,
  sendAbortedErrors: 128,
  sendCarrierErrors: 136,
  sendFifoErrors: 144,
  sendHeartbeatErrors: 152,
  sendWindowErrors: 160,
  receivedCompressed: 168,
  sentCompressed: 176,
  receiveNoHandler: 184,
  receiveOtherHostDropped: 192,
} as const;

/** RTEXT_FILTER_SKIP_STATS: without those of IPv6; the link's own come all the same */
export const skipStatistics = 8;

/** IFLA_INET_CONF, inside IFLA_AF_SPEC and AF_INET */
export const inetConf = 1;

/** IFLA_INET6_*, inside IFLA_AF_SPEC and AF_INET6 */
export const inet6 = { conf: 2, token: 7, addressGenerationMode: 8 } as const;

/** IN6_ADDR_GEN_MODE_* */
export const addressGeneration = { eui64: 0, none: 1, stablePrivacy: 2, random: 3 } as const;

/** DEVCONF_*: the kernel's index (counted from 0) of each IPv6 setting, and what it is. Those that are times say their unit. */
export const ipv6Settings = {
  forwarding: [0, 'number'],
  hopLimit: [1, 'number'],
  mtu: [2, 'number'],
  acceptRouterAdvertisements: [3, 'number'],
  acceptRedirects: [4, 'boolean'],
  autoconfigure: [5, 'boolean'],
  duplicateDetectionProbes: [6, 'number'],
  routerSolicitations: [7, 'number'],
  routerSolicitationIntervalMs: [8, 'number'],
  routerSolicitationDelayMs: [9, 'number'],
  useTemporaryAddresses: [10, 'number'],
  temporaryValidLifetimeS: [11, 'number'],
  temporaryPreferredLifetimeS: [12, 'number'],
  temporaryAddressRetries: [13, 'number'],
  maxDesyncFactorS: [14, 'number'],
  maxAddresses: [15, 'number'],
  forceMldVersion: [16, 'number'],
  acceptDefaultRouter: [17, 'boolean'],
  acceptPrefixInformation: [18, 'boolean'],
  acceptRouterPreference: [19, 'boolean'],
  routerProbeIntervalMs: [20, 'number'],
  acceptRouteInformationMaxPrefixLength: [21, 'number'],
  proxyNeighbourDiscovery: [22, 'boolean'],
  optimisticDuplicateDetection: [23, 'boolean'],
  acceptSourceRoute: [24, 'number'],
  multicastForwarding: [25, 'boolean'],
  disabled: [26, 'boolean'],
  acceptDuplicateDetection: [27, 'number'],
  forceTargetLinkLayerAddress: [28, 'boolean'],
  notifyNeighbours: [29, 'boolean'],
  mldv1ReportIntervalMs: [30, 'number'],
  mldv2ReportIntervalMs: [31, 'number'],
  suppressFragmentedDiscovery: [32, 'boolean'],
  acceptRouterAdvertisementsFromLocal: [33, 'boolean'],
  useOptimistic: [34, 'boolean'],
  acceptRouterMtu: [35, 'boolean'],
  useOutgoingLinkAddressesOnly: [37, 'boolean'],
  acceptMinHopLimit: [38, 'number'],
  ignoreRoutesWithLinkDown: [39, 'boolean'],
  dropUnicastInL2Multicast: [40, 'boolean'],
  dropUnsolicitedAdvertisements: [41, 'boolean'],
  keepAddressesOnDown: [42, 'number'],
  routerSolicitationMaxIntervalMs: [43, 'number'],
  segmentRouting: [44, 'boolean'],
  segmentRoutingHmac: [45, 'number'],
  enhancedDuplicateDetection: [46, 'boolean'],
  disablePolicy: [48, 'boolean'],
  acceptRouteInformationMinPrefixLength: [49, 'number'],
  discoveryTrafficClass: [50, 'number'],
  rplSegmentRouting: [51, 'boolean'],
  defaultRouterMetric: [52, 'unsigned'],
  ioam6: [53, 'boolean'],
  ioam6Id: [54, 'number'],
  ioam6IdWide: [55, 'unsigned'],
  discoveryEvictNoCarrier: [56, 'boolean'],
  acceptUntrackedAdvertisements: [57, 'number'],
  acceptMinLifetimeS: [58, 'number'],
} as const;

/** IPV4_DEVCONF_*: the kernel's index (counted from 1) of each setting, and what it is. */
export const ipv4Settings = {
  forwarding: [1, 'boolean'],
  multicastForwarding: [2, 'boolean'],
  proxyArp: [3, 'boolean'],
  acceptRedirects: [4, 'boolean'],
  secureRedirects: [5, 'boolean'],
  sendRedirects: [6, 'boolean'],
  sharedMedia: [7, 'boolean'],
  rpFilter: [8, 'number'],
  acceptSourceRoute: [9, 'boolean'],
  bootpRelay: [10, 'boolean'],
  logMartians: [11, 'boolean'],
  tag: [12, 'number'],
  arpFilter: [13, 'boolean'],
  mediumId: [14, 'number'],
  disableXfrm: [15, 'boolean'],
  disablePolicy: [16, 'boolean'],
  forceIgmpVersion: [17, 'number'],
  arpAnnounce: [18, 'number'],
  arpIgnore: [19, 'number'],
  promoteSecondaries: [20, 'boolean'],
  arpAccept: [21, 'number'],
  arpNotify: [22, 'boolean'],
  acceptLocal: [23, 'boolean'],
  srcValidMark: [24, 'boolean'],
  proxyArpPvlan: [25, 'boolean'],
  routeLocalnet: [26, 'boolean'],
  igmpv2ReportIntervalMs: [27, 'number'],
  igmpv3ReportIntervalMs: [28, 'number'],
  ignoreRoutesWithLinkDown: [29, 'boolean'],
  dropUnicastInL2Multicast: [30, 'boolean'],
  dropGratuitousArp: [31, 'boolean'],
  broadcastForwarding: [32, 'boolean'],
  arpEvictNoCarrier: [33, 'boolean'],
} as const;
