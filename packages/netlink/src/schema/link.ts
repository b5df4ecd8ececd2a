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

/** DEVCONF_*: the kernel's index (counted from 0) of each IPv6 setting. Those that are times say their unit. */
export const ipv6Settings = {
  forwarding: { index: 0, type: 'number' },
  hopLimit: { index: 1, type: 'number' },
  mtu: { index: 2, type: 'number' },
  acceptRouterAdvertisements: { index: 3, type: 'number' },
  acceptRedirects: { index: 4, type: 'boolean' },
  autoconfigure: { index: 5, type: 'boolean' },
  duplicateDetectionProbes: { index: 6, type: 'number' },
  routerSolicitations: { index: 7, type: 'number' },
  routerSolicitationIntervalMs: { index: 8, type: 'number' },
  routerSolicitationDelayMs: { index: 9, type: 'number' },
  useTemporaryAddresses: { index: 10, type: 'number' },
  temporaryValidLifetimeS: { index: 11, type: 'number' },
  temporaryPreferredLifetimeS: { index: 12, type: 'number' },
  temporaryAddressRetries: { index: 13, type: 'number' },
  maxDesyncFactorS: { index: 14, type: 'number' },
  maxAddresses: { index: 15, type: 'number' },
  forceMldVersion: { index: 16, type: 'number' },
  acceptDefaultRouter: { index: 17, type: 'boolean' },
  acceptPrefixInformation: { index: 18, type: 'boolean' },
  acceptRouterPreference: { index: 19, type: 'boolean' },
  routerProbeIntervalMs: { index: 20, type: 'number' },
  acceptRouteInformationMaxPrefixLength: { index: 21, type: 'number' },
  proxyNeighbourDiscovery: { index: 22, type: 'boolean' },
  optimisticDuplicateDetection: { index: 23, type: 'boolean' },
  acceptSourceRoute: { index: 24, type: 'number' },
  multicastForwarding: { index: 25, type: 'boolean' },
  disabled: { index: 26, type: 'boolean' },
  acceptDuplicateDetection: { index: 27, type: 'number' },
  forceTargetLinkLayerAddress: { index: 28, type: 'boolean' },
  notifyNeighbours: { index: 29, type: 'boolean' },
  mldv1ReportIntervalMs: { index: 30, type: 'number' },
  mldv2ReportIntervalMs: { index: 31, type: 'number' },
  suppressFragmentedDiscovery: { index: 32, type: 'boolean' },
  acceptRouterAdvertisementsFromLocal: { index: 33, type: 'boolean' },
  useOptimistic: { index: 34, type: 'boolean' },
  acceptRouterMtu: { index: 35, type: 'boolean' },
  useOutgoingLinkAddressesOnly: { index: 37, type: 'boolean' },
  acceptMinHopLimit: { index: 38, type: 'number' },
  ignoreRoutesWithLinkDown: { index: 39, type: 'boolean' },
  dropUnicastInL2Multicast: { index: 40, type: 'boolean' },
  dropUnsolicitedAdvertisements: { index: 41, type: 'boolean' },
  keepAddressesOnDown: { index: 42, type: 'number' },
  routerSolicitationMaxIntervalMs: { index: 43, type: 'number' },
  segmentRouting: { index: 44, type: 'boolean' },
  segmentRoutingHmac: { index: 45, type: 'number' },
  enhancedDuplicateDetection: { index: 46, type: 'boolean' },
  disablePolicy: { index: 48, type: 'boolean' },
  acceptRouteInformationMinPrefixLength: { index: 49, type: 'number' },
  discoveryTrafficClass: { index: 50, type: 'number' },
  rplSegmentRouting: { index: 51, type: 'boolean' },
  defaultRouterMetric: { index: 52, type: 'unsigned' },
  ioam6: { index: 53, type: 'boolean' },
  ioam6Id: { index: 54, type: 'number' },
  ioam6IdWide: { index: 55, type: 'unsigned' },
  discoveryEvictNoCarrier: { index: 56, type: 'boolean' },
  acceptUntrackedAdvertisements: { index: 57, type: 'number' },
  acceptMinLifetimeS: { index: 58, type: 'number' },
} as const;

/** IPV4_DEVCONF_*: the kernel's index (counted from 1) of each setting, and whether it is a switch. */
export const ipv4Settings = {
  forwarding: { index: 1, type: 'boolean' },
  multicastForwarding: { index: 2, type: 'boolean' },
  proxyArp: { index: 3, type: 'boolean' },
  acceptRedirects: { index: 4, type: 'boolean' },
  secureRedirects: { index: 5, type: 'boolean' },
  sendRedirects: { index: 6, type: 'boolean' },
  sharedMedia: { index: 7, type: 'boolean' },
  rpFilter: { index: 8, type: 'number' },
  acceptSourceRoute: { index: 9, type: 'boolean' },
  bootpRelay: { index: 10, type: 'boolean' },
  logMartians: { index: 11, type: 'boolean' },
  tag: { index: 12, type: 'number' },
  arpFilter: { index: 13, type: 'boolean' },
  mediumId: { index: 14, type: 'number' },
  disableXfrm: { index: 15, type: 'boolean' },
  disablePolicy: { index: 16, type: 'boolean' },
  forceIgmpVersion: { index: 17, type: 'number' },
  arpAnnounce: { index: 18, type: 'number' },
  arpIgnore: { index: 19, type: 'number' },
  promoteSecondaries: { index: 20, type: 'boolean' },
  arpAccept: { index: 21, type: 'number' },
  arpNotify: { index: 22, type: 'boolean' },
  acceptLocal: { index: 23, type: 'boolean' },
  srcValidMark: { index: 24, type: 'boolean' },
  proxyArpPvlan: { index: 25, type: 'boolean' },
  routeLocalnet: { index: 26, type: 'boolean' },
  igmpv2ReportIntervalMs: { index: 27, type: 'number' },
  igmpv3ReportIntervalMs: { index: 28, type: 'number' },
  ignoreRoutesWithLinkDown: { index: 29, type: 'boolean' },
  dropUnicastInL2Multicast: { index: 30, type: 'boolean' },
  dropGratuitousArp: { index: 31, type: 'boolean' },
  broadcastForwarding: { index: 32, type: 'boolean' },
  arpEvictNoCarrier: { index: 33, type: 'boolean' },
} as const;
