// include/uapi/linux/if_link.h, if.h, veth.h, ip.h

/** IFLA_* */
export const ifla = {
  address: 1,
  broadcast: 2,
  name: 3,
  mtu: 4,
  link: 5,
  master: 10,
  linkInfo: 18,
  netNsPid: 19,
  afSpec: 26,
  netNsFd: 28,
  extendedMask: 29,
  linkNetNsId: 37,
} as const;

/** IFLA_* that say nothing this package passes on: statistics, queues, offload limits and the like. */
export const iflaIgnored: ReadonlySet<number> = new Set([
  2, 6, 7, 13, 14, 16, 17, 20, 21, 23, 27, 30, 31, 32, 33, 34, 35, 36, 38, 39, 40, 41, 42, 43, 44,
  47, 48, 49, 50, 51, 54, 55, 56, 57, 58, 59, 60, 61, 63, 64, 62, 65, 66, 67, 68, 69,
]);

/** IFLA_INFO_* and VETH_INFO_PEER, IFLA_MACVLAN_MODE, IFLA_IPVLAN_* */
export const linkInfo = {
  kind: 1,
  data: 2,
  vethPeer: 1,
  macvlanMode: 1,
  ipvlanMode: 1,
  ipvlanFlags: 2,
} as const;

export const macvlanMode = { private: 1, vepa: 2, bridge: 4, passthru: 8 } as const;
export const ipvlanMode = { l2: 0, l3: 1, l3s: 2 } as const;
export const ipvlanFlag = { bridge: 0, private: 1, vepa: 2 } as const;

/** IFF_* */
export const linkFlag = { up: 0x1, loopback: 0x8, lowerUp: 0x10000 } as const;

/** RTEXT_FILTER_SKIP_STATS */
export const skipStatistics = 8;

/** IFLA_INET_CONF, inside IFLA_AF_SPEC and AF_INET */
export const inetConf = 1;

/** IPV4_DEVCONF_*: the kernel's index (counted from 1) of each setting, and whether it is a switch. */
export const ipv4Settings = {
  forwarding: { index: 1, type: 'boolean' },
  proxyArp: { index: 3, type: 'boolean' },
  acceptRedirects: { index: 4, type: 'boolean' },
  secureRedirects: { index: 5, type: 'boolean' },
  sendRedirects: { index: 6, type: 'boolean' },
  rpFilter: { index: 8, type: 'number' },
  acceptSourceRoute: { index: 9, type: 'boolean' },
  logMartians: { index: 11, type: 'boolean' },
  arpFilter: { index: 13, type: 'boolean' },
  arpAnnounce: { index: 18, type: 'number' },
  arpIgnore: { index: 19, type: 'number' },
  promoteSecondaries: { index: 20, type: 'boolean' },
  arpAccept: { index: 21, type: 'number' },
  arpNotify: { index: 22, type: 'boolean' },
  acceptLocal: { index: 23, type: 'boolean' },
  srcValidMark: { index: 24, type: 'boolean' },
  proxyArpPvlan: { index: 25, type: 'boolean' },
  routeLocalnet: { index: 26, type: 'boolean' },
} as const;
