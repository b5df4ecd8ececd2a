import * as kind from '../../packages/netlink/src/schema/link-kind.ts';
import * as link from '../../packages/netlink/src/schema/link.ts';
import { named } from './netlink-named-constants.ts';

function indexes(
  settings: Readonly<Record<string, { readonly index: number }>>,
): Record<string, number> {
  return Object.fromEntries(Object.entries(settings).map(([name, { index }]) => [name, index]));
}

/** `sendAbortedErrors` is tx_aborted_errors, `receiveNoHandler` rx_nohandler. */
function counter(name: string, offset: number): [name: string, value: number] {
  const field = name
    .replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
    .replace(/^receive[d]?_/, 'rx_')
    .replace(/^sen[dt]_/, 'tx_')
    .replace('no_handler', 'nohandler')
    .replace('other_host', 'otherhost');
  return [`offsetof(struct rtnl_link_stats64, ${field})`, offset];
}

/** The tables of links, with the names that if_link.h, if.h, ip.h and ipv6.h have for them. */
export const linkKindConstants: readonly (readonly [name: string, value: number])[] = [
  ...named('IFLA_', link.ifla, {
    name: 'IFNAME',
    linkInfo: 'LINKINFO',
    extendedMask: 'EXT_MASK',
    linkNetNsId: 'LINK_NETNSID',
    txQueueLength: 'TXQLEN',
    operState: 'OPERSTATE',
    alias: 'IFALIAS',
    altName: 'ALT_IFNAME',
    permAddress: 'PERM_ADDRESS',
    queueDiscipline: 'QDISC',
    linkMode: 'LINKMODE',
    virtualFunctions: 'NUM_VF',
    txQueues: 'NUM_TX_QUEUES',
    rxQueues: 'NUM_RX_QUEUES',
    physicalPortId: 'PHYS_PORT_ID',
    physicalSwitchId: 'PHYS_SWITCH_ID',
    physicalPortName: 'PHYS_PORT_NAME',
    protocolDown: 'PROTO_DOWN',
    gsoMaxSegments: 'GSO_MAX_SEGS',
    tsoMaxSegments: 'TSO_MAX_SEGS',
    parentDeviceName: 'PARENT_DEV_NAME',
    parentDeviceBus: 'PARENT_DEV_BUS_NAME',
    allMulticastCount: 'ALLMULTI',
  }),
  ...named('IF_LINK_MODE_', link.linkMode),
  ...named('IFLA_XDP_', link.xdp, { programId: 'PROG_ID' }),
  ...named('XDP_ATTACHED_', link.xdpMode, {
    driver: 'DRV',
    generic: 'SKB',
    hardware: 'HW',
    several: 'MULTI',
  }),
  ['IFLA_INFO_KIND', link.linkInfo.kind],
  ['IFLA_INFO_DATA', link.linkInfo.data],
  ...named('IFF_', link.linkFlag, {
    pointToPoint: 'POINTOPOINT',
    noArp: 'NOARP',
    promiscuous: 'PROMISC',
    allMulticast: 'ALLMULTI',
    noTrailers: 'NOTRAILERS',
    portSelect: 'PORTSEL',
    autoMedia: 'AUTOMEDIA',
  }),
  ...named('IF_OPER_', link.operState, {
    notPresent: 'NOTPRESENT',
    lowerLayerDown: 'LOWERLAYERDOWN',
  }),
  ...Object.entries(link.linkStatistics).map(([name, offset]) => counter(name, offset)),
  ['RTEXT_FILTER_SKIP_STATS', link.skipStatistics],
  ['IFLA_INET_CONF', link.inetConf],
  ...named('IFLA_INET6_', link.inet6, { addressGenerationMode: 'ADDR_GEN_MODE' }),
  ...named('IN6_ADDR_GEN_MODE_', link.addressGeneration),
  ...named('IPV4_DEVCONF_', indexes(link.ipv4Settings), {
    arpFilter: 'ARPFILTER',
    srcValidMark: 'SRC_VMARK',
    multicastForwarding: 'MC_FORWARDING',
    disableXfrm: 'NOXFRM',
    disablePolicy: 'NOPOLICY',
    igmpv2ReportIntervalMs: 'IGMPV2_UNSOLICITED_REPORT_INTERVAL',
    igmpv3ReportIntervalMs: 'IGMPV3_UNSOLICITED_REPORT_INTERVAL',
    ignoreRoutesWithLinkDown: 'IGNORE_ROUTES_WITH_LINKDOWN',
    dropUnicastInL2Multicast: 'DROP_UNICAST_IN_L2_MULTICAST',
    broadcastForwarding: 'BC_FORWARDING',
    arpEvictNoCarrier: 'ARP_EVICT_NOCARRIER',
  }),
  ...named('DEVCONF_', indexes(link.ipv6Settings), {
    hopLimit: 'HOPLIMIT',
    mtu: 'MTU6',
    acceptRouterAdvertisements: 'ACCEPT_RA',
    autoconfigure: 'AUTOCONF',
    duplicateDetectionProbes: 'DAD_TRANSMITS',
    useTemporaryAddresses: 'USE_TEMPADDR',
    proxyNeighbourDiscovery: 'PROXY_NDP',
    disabled: 'DISABLE_IPV6',
    acceptDuplicateDetection: 'ACCEPT_DAD',
    keepAddressesOnDown: 'KEEP_ADDR_ON_DOWN',
  }),
  ...named('VETH_INFO_', kind.vethInfo),
  ...named('IFLA_MACVLAN_', kind.macvlanData),
  ...named('MACVLAN_MODE_', kind.macvlanMode),
  ...named('IFLA_IPVLAN_', kind.ipvlanData),
  ...named('IPVLAN_MODE_', kind.ipvlanMode),
  ['IPVLAN_F_PRIVATE', kind.ipvlanFlag.private],
  ['IPVLAN_F_VEPA', kind.ipvlanFlag.vepa],
  ...named('IFLA_VLAN_', kind.vlanData),
  ['ETH_P_8021Q', kind.vlanProtocol['802.1Q']],
  ['ETH_P_8021AD', kind.vlanProtocol['802.1ad']],
  ...named('IFLA_VXLAN_', kind.vxlanData, { group6: 'GROUP6', local6: 'LOCAL6' }),
  ...named('IFLA_VRF_', kind.vrfData),
  ...named('IFLA_BR_', kind.bridgeData, { multicastSnooping: 'MCAST_SNOOPING' }),
];
