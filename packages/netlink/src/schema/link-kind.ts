// include/uapi/linux/if_link.h, veth.h, if_ether.h: what lies in IFLA_INFO_DATA, for each kind of link

/** VETH_INFO_* */
export const vethInfo = { peer: 1 } as const;

/** IFLA_MACVLAN_*, also of macvtap */
export const macvlanData = { mode: 1 } as const;
/** MACVLAN_MODE_* */
export const macvlanMode = { private: 1, vepa: 2, bridge: 4, passthru: 8 } as const;

/** IFLA_IPVLAN_*, also of ipvtap */
export const ipvlanData = { mode: 1, flags: 2 } as const;
/** IPVLAN_MODE_* */
export const ipvlanMode = { l2: 0, l3: 1, l3s: 2 } as const;
/** IPVLAN_F_*; bridge is the absence of both */
export const ipvlanFlag = { bridge: 0, private: 1, vepa: 2 } as const;

/** IFLA_VLAN_* */
export const vlanData = { id: 1, flags: 2, protocol: 5 } as const;
/** ETH_P_8021Q, ETH_P_8021AD; in network byte order on the wire */
export const vlanProtocol = { '802.1Q': 0x8100, '802.1ad': 0x88a8 } as const;

/** IFLA_VXLAN_* */
export const vxlanData = {
  id: 1,
  group: 2,
  link: 3,
  local: 4,
  ttl: 5,
  learning: 7,
  ageing: 8,
  port: 15,
  group6: 16,
  local6: 17,
} as const;

/** IFLA_VRF_* */
export const vrfData = { table: 1 } as const;

/** IFLA_BR_* */
export const bridgeData = {
  forwardDelay: 1,
  helloTime: 2,
  ageingTime: 4,
  stpState: 5,
  vlanFiltering: 7,
  multicastSnooping: 23,
} as const;
