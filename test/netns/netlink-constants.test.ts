import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { errnoByName } from '../../packages/netlink/src/schema/errno.ts';
import { linkKindConstants } from './netlink-link-constants.ts';
import * as netlink from '../../packages/netlink/src/schema/netlink.ts';
import { conntrackConstants } from './netlink-conntrack-constants.ts';
import { nftablesConstants } from './netlink-nftables-constants.ts';
import { named } from './netlink-named-constants.ts';
import * as rtnetlink from '../../packages/netlink/src/schema/rtnetlink.ts';

const headers = [
  'errno.h',
  'sys/socket.h',
  'linux/netlink.h',
  'linux/rtnetlink.h',
  'linux/if.h',
  'linux/if_link.h',
  'linux/if_addr.h',
  'linux/fib_rules.h',
  'linux/neighbour.h',
  'linux/veth.h',
  'linux/if_ether.h',
  'linux/ip.h',
  'linux/ipv6.h',
  'linux/netconf.h',
  'linux/nexthop.h',
  'linux/icmpv6.h',
  'linux/netfilter.h',
  'linux/netfilter/nfnetlink.h',
  'linux/netfilter/nf_tables.h',
  'linux/netfilter/nf_nat.h',
  'linux/netfilter/nf_conntrack_common.h',
  'linux/netfilter/nf_conntrack_tcp.h',
  'linux/netfilter/nfnetlink_conntrack.h',
  'linux/in.h',
  'linux/bpf.h',
  'linux/sock_diag.h',
  'linux/inet_diag.h',
];

const { messageType, messageFlag, extendedAck, netlinkOption, netlinkSocketLevel } = netlink;
const { dump, ...flags } = messageFlag;

const expected: readonly (readonly [name: string, value: number])[] = [
  ...named('', errnoByName),
  ...named('NLMSG_', messageType),
  ['NLM_F_DUMP', dump],
  ...named('NLM_F_', flags, { dumpInterrupted: 'DUMP_INTR', exclusive: 'EXCL' }),
  ...named('NLMSGERR_ATTR_', extendedAck, {
    message: 'MSG',
    offset: 'OFFS',
    missingType: 'MISS_TYPE',
    missingNest: 'MISS_NEST',
  }),
  ...named('NETLINK_', netlinkOption, { strictCheck: 'GET_STRICT_CHK' }),
  ['SOL_NETLINK', netlinkSocketLevel],
  ...named('NETLINK_', netlink.netlinkProtocol, { sockDiag: 'SOCK_DIAG' }),
  ...named('RTM_', rtnetlink.rtm, {
    newLink: 'NEWLINK',
    delLink: 'DELLINK',
    getLink: 'GETLINK',
    setLink: 'SETLINK',
    newAddress: 'NEWADDR',
    delAddress: 'DELADDR',
    getAddress: 'GETADDR',
    newRoute: 'NEWROUTE',
    delRoute: 'DELROUTE',
    getRoute: 'GETROUTE',
    newNeighbour: 'NEWNEIGH',
    delNeighbour: 'DELNEIGH',
    getNeighbour: 'GETNEIGH',
    newRule: 'NEWRULE',
    delRule: 'DELRULE',
    getRule: 'GETRULE',
    getNeighbourTable: 'GETNEIGHTBL',
    setNeighbourTable: 'SETNEIGHTBL',
    newNetconf: 'NEWNETCONF',
    delNetconf: 'DELNETCONF',
    getNetconf: 'GETNETCONF',
    newNextHop: 'NEWNEXTHOP',
    delNextHop: 'DELNEXTHOP',
    getNextHop: 'GETNEXTHOP',
    newLinkProp: 'NEWLINKPROP',
    delLinkProp: 'DELLINKPROP',
  }),
  ['RTNLGRP_LINK', rtnetlink.groups.link[0]],
  ['RTNLGRP_NEIGH', rtnetlink.groups.neighbour[0]],
  ['RTNLGRP_IPV4_IFADDR', rtnetlink.groups.address[0]],
  ['RTNLGRP_IPV6_IFADDR', rtnetlink.groups.address[1]],
  ['RTNLGRP_IPV4_ROUTE', rtnetlink.groups.route[0]],
  ['RTNLGRP_IPV6_ROUTE', rtnetlink.groups.route[1]],
  ['RTNLGRP_IPV4_RULE', rtnetlink.groups.rule[0]],
  ['RTNLGRP_IPV6_RULE', rtnetlink.groups.rule[1]],
  ['RTNLGRP_IPV4_NETCONF', rtnetlink.groups.netconf[0]],
  ['RTNLGRP_IPV6_NETCONF', rtnetlink.groups.netconf[1]],
  ['RTNLGRP_NEXTHOP', rtnetlink.groups.nextHop[0]],
  ...named('AF_', rtnetlink.addressFamily, { ipv4: 'INET', ipv6: 'INET6' }),
  ...named('RTN_', rtnetlink.routeType),
  ...named('RT_SCOPE_', rtnetlink.scope, { global: 'UNIVERSE' }),
  ...named('RTA_', rtnetlink.rta, {
    destination: 'DST',
    source: 'SRC',
    inputLink: 'IIF',
    outputLink: 'OIF',
    preferredSource: 'PREFSRC',
    cacheInfo: 'CACHEINFO',
    preference: 'PREF',
    nexthopId: 'NH_ID',
  }),
  ...named('RTAX_', rtnetlink.rtax, {
    rttVariance: 'RTTVAR',
    slowStartThreshold: 'SSTHRESH',
    congestionWindow: 'CWND',
    advertisedMss: 'ADVMSS',
    hopLimit: 'HOPLIMIT',
    initialCongestionWindow: 'INITCWND',
    rtoMinimum: 'RTO_MIN',
    initialReceiveWindow: 'INITRWND',
    quickAck: 'QUICKACK',
    congestionControl: 'CC_ALGO',
    fastOpenNoCookie: 'FASTOPEN_NO_COOKIE',
  }),
  ...named('ICMPV6_ROUTER_PREF_', rtnetlink.routerPreference),
  ...named('NHA_', rtnetlink.nha, { outputLink: 'OIF' }),
  ...named('NETCONFA_', rtnetlink.netconfAttribute, {
    linkIndex: 'IFINDEX',
    multicastForwarding: 'MC_FORWARDING',
    proxyNeighbours: 'PROXY_NEIGH',
    ignoreRoutesWithLinkDown: 'IGNORE_ROUTES_WITH_LINKDOWN',
  }),
  ...named('NETCONFA_IFINDEX_', rtnetlink.netconfLink),
  ...named('RTNH_F_', rtnetlink.nextHopFlag, { linkDown: 'LINKDOWN' }),
  ...named('RTM_F_', rtnetlink.routeFlag),
  ...named('IFA_', rtnetlink.ifa, {
    cacheInfo: 'CACHEINFO',
    routePriority: 'RT_PRIORITY',
    protocol: 'PROTO',
  }),
  ...named('IFA_F_', rtnetlink.addressFlag, {
    noDad: 'NODAD',
    dadFailed: 'DADFAILED',
    noPrefixRoute: 'NOPREFIXROUTE',
    homeAddress: 'HOMEADDRESS',
    manageTemporary: 'MANAGETEMPADDR',
    multicastAutoJoin: 'MCAUTOJOIN',
  }),
  ...named('FRA_', rtnetlink.fra, {
    to: 'DST',
    from: 'SRC',
    inputLinkName: 'IIFNAME',
    outputLinkName: 'OIFNAME',
    mark: 'FWMARK',
    mask: 'FWMASK',
    tunnelId: 'TUN_ID',
    suppressLinkGroup: 'SUPPRESS_IFGROUP',
    suppressPrefixLength: 'SUPPRESS_PREFIXLEN',
    ipProtocol: 'IP_PROTO',
    sourcePorts: 'SPORT_RANGE',
    destinationPorts: 'DPORT_RANGE',
  }),
  ...named('FR_ACT_', rtnetlink.ruleAction, { table: 'TO_TBL' }),
  ['FIB_RULE_INVERT', rtnetlink.ruleInvert],
  ...named('NDA_', rtnetlink.nda, {
    destination: 'DST',
    linkAddress: 'LLADDR',
    cacheInfo: 'CACHEINFO',
    linkIndex: 'IFINDEX',
  }),
  ...named('NUD_', rtnetlink.neighbourState),
  ...named('NTF_', rtnetlink.neighbourFlag, { externallyLearned: 'EXT_LEARNED' }),
  ['NDTA_NAME', rtnetlink.neighbourTable.name],
  ['NDTA_PARMS', rtnetlink.neighbourTable.parameters],
  ['NDTPA_IFINDEX', rtnetlink.neighbourTable.linkIndex],
  ['NDTPA_RETRANS_TIME', rtnetlink.neighbourTable.retransTime],
  ['NDTPA_PROXY_DELAY', rtnetlink.neighbourTable.proxyDelay],
  ...linkKindConstants,
  ...nftablesConstants,
  ...conntrackConstants,
  // What encoders and decoders call "struct ..." in their comments.
  ['sizeof(struct nlmsghdr)', 16],
  ['sizeof(struct rtmsg)', 12],
  ['sizeof(struct ifinfomsg)', 16],
  ['sizeof(struct ifaddrmsg)', 8],
  ['sizeof(struct fib_rule_hdr)', 12],
  ['sizeof(struct ndmsg)', 12],
  ['sizeof(struct ndtmsg)', 4],
  ['sizeof(struct rtnexthop)', 8],
  ['sizeof(struct nhmsg)', 8],
  ['sizeof(struct nexthop_grp)', 8],
  ['sizeof(struct netconfmsg)', 1],
  ['sizeof(struct ifa_cacheinfo)', 16],
  ['sizeof(struct nfgenmsg)', 4],
];

/** Enumerations of which no name may be missing, and those that this package has no word for, with the reason. */
const whole: readonly (readonly [header: string, prefix: string, unspoken: readonly string[]])[] = [
  // padding, and numbers that were never given out
  ['fib_rules.h', 'FRA_', ['UNSPEC', 'PAD', 'UNUSED2', 'UNUSED3', 'UNUSED4', 'UNUSED5']],
  // not an attribute but a bit of RTAX_FEATURES
  ['rtnetlink.h', 'RTAX_', ['UNSPEC', 'FEATURE_TIMESTAMP']],
  ['netconf.h', 'NETCONFA_', ['UNSPEC', 'INPUT']],
  ['ip.h', 'IPV4_DEVCONF_', []],
  // a secret, which the kernel does not tell; and what IFLA_INET6_ADDR_GEN_MODE tells
  ['ipv6.h', 'DEVCONF_', ['STABLE_SECRET', 'ADDR_GEN_MODE']],
  [
    'if_link.h',
    'IFLA_',
    [
      'UNSPEC',
      // say nothing that others do not, see iflaIgnored
      'STATS',
      'CARRIER_CHANGES',
      'PAD',
      'MAP',
      // the kernel neither sends nor takes them
      'COST',
      'PRIORITY',
      'WEIGHT',
      'WIRELESS',
      // told as unknown attributes
      'PROTINFO',
      'VFINFO_LIST',
      'VF_PORTS',
      'PORT_SELF',
      'EVENT',
      'PROTO_DOWN_REASON',
      // where a link went, and requests for another namespace: a socket there does it
      'NEW_NETNSID',
      'NEW_IFINDEX',
      'IF_NETNSID',
      'TARGET_NETNSID',
    ],
  ],
];

/** The names of the first enumeration of that prefix; for RTAX_ the one that ends with __RTAX_MAX. */
function namesIn(header: string, prefix: string): string[] {
  const text = readFileSync(`/usr/include/linux/${header}`, 'utf8');
  const last = new RegExp(`\\b(?:__)?${prefix}MAX\\b`);
  const enumeration = text.split(/^enum\b/m).find((part) => last.test(part));
  const body = (enumeration ?? text).split(last, 1)[0] ?? '';
  return [...body.matchAll(/^\s*([A-Z][A-Z0-9_]+)/gm)].map(([, name = '']) => name);
}

const includes = headers.map((header) => `#include <${header}>`).join('\n');

function whyNoHeaders(): string | undefined {
  const options = ['-x', 'c', '-fsyntax-only', '-'];
  const { status, error, stderr } = spawnSync('cc', options, { input: includes, encoding: 'utf8' });
  if (status === 0) return undefined;
  return error?.message ?? stderr.split('\n', 1)[0];
}

const reason = whyNoHeaders();
const needs = reason === undefined ? '' : ` (skipped: ${reason})`;

describe.skipIf(reason !== undefined)(`the constants${needs}`, () => {
  it.each(whole)(
    'of %s: every %s* has a word here, or a reason why not',
    (header, prefix, unspoken) => {
      const known = new Set([
        ...expected.map(([name]) => name),
        ...unspoken.map((name) => `${prefix}${name}`),
      ]);
      const names = namesIn(header, prefix);
      expect(names.length).toBeGreaterThan(8);
      expect(names.filter((name) => !known.has(name))).toEqual([]);
    },
  );

  it('are those of the kernel headers', () => {
    const directory = mkdtempSync(join(tmpdir(), 'truetuple-constants-'));
    try {
      const prints = expected.map(([name]) => `printf("%lld\\n", (long long)(${name}));`);
      const source = `#include <stdio.h>\n#include <stddef.h>\n${includes}\nint main(void) {\n${prints.join('\n')}\n}\n`;
      const [file, program] = [join(directory, 'print.c'), join(directory, 'print')];
      writeFileSync(file, source);
      execFileSync('cc', ['-O0', '-o', program, file]);
      const values = execFileSync(program, { encoding: 'utf8' }).trim().split('\n').map(Number);
      const kernel = expected.map(([name], index) => [name, values[index]]);
      expect(expected).toEqual(kernel);
      expect(expected.length).toBeGreaterThan(450);
    } finally {
      rmSync(directory, { recursive: true });
    }
  });
});
