import {
  conntrackMessage,
  cta,
  ctaCounters,
  ctaIp,
  ctaProtocol,
  ctaTuple,
} from '../schema/conntrack.ts';
import { ifla, iflaNewer, linkInfo } from '../schema/link.ts';
import {
  nftaChain,
  nftaElement,
  nftaElements,
  nftaExpression,
  nftaList,
  nftaObject,
  nftaRule,
  nftaSet,
  nftaTable,
  nftMessage,
} from '../schema/nftables.ts';
import {
  fra,
  fraNewer,
  ifa,
  nda,
  netconfAttribute,
  nha,
  rta,
  rtax,
  rtm,
} from '../schema/rtnetlink.ts';
import { diagAttribute, sockDiag } from '../schema/sock-diag.ts';
import { fields } from './form.ts';
import type { Fields, Form } from './form.ts';

/** What follows the header of a message. */
export interface Layout {
  /** What the constant is called here, such as `newRoute`. */
  readonly name: string;
  /** The fixed fields of the family's header, in order, without gaps. */
  readonly header: readonly (readonly [
    name: string,
    form: 'u8' | 'u16' | 'u32' | 'i32' | 'big16',
  ])[];
  readonly attributes: Fields;
}

/** The buses whose messages can be told apart: types mean different things on each. */
export type Bus = 'route' | 'netfilter' | 'sock-diag';

const linkFields: Fields = new Map([
  ...fields(iflaNewer, { netnsImmutable: 'u8', headroom: 'u16', tailroom: 'u16' }),
  ...fields(ifla, {
    address: 'mac',
    broadcast: 'mac',
    permAddress: 'mac',
    name: 'text',
    alias: 'text',
    altName: 'text',
    operState: 'u8',
    linkNetNsId: 'i32',
    linkInfo: fields(linkInfo, { kind: 'text', data: 'guess' }),
    propList: fields({ altName: ifla.altName }, { altName: 'text' }),
    afSpec: 'guess',
    stats64: 'guess',
    xdp: 'guess',
    queueDiscipline: 'text',
    physicalPortName: 'text',
    parentDeviceName: 'text',
    parentDeviceBus: 'text',
    physicalPortId: 'guess',
    physicalSwitchId: 'guess',
    linkMode: 'u8',
    carrier: 'u8',
    protocolDown: 'u8',
  }),
]);
const addressFields = fields(ifa, {
  address: 'address',
  local: 'address',
  broadcast: 'address',
  label: 'text',
  protocol: 'u8',
  cacheInfo: 'guess',
});
const routeFields = fields(rta, {
  destination: 'address',
  source: 'address',
  gateway: 'address',
  preferredSource: 'address',
  metrics: fields(rtax, { congestionControl: 'text' }),
  multipath: 'guess',
  cacheInfo: 'guess',
  via: 'guess',
  preference: 'u8',
});
const ruleFields: Fields = new Map([
  ...fields(fra, {
    to: 'address',
    from: 'address',
    inputLinkName: 'text',
    outputLinkName: 'text',
    protocol: 'u8',
    ipProtocol: 'u8',
    l3mdev: 'u8',
    tunnelId: 'big64',
    uidRange: 'guess',
    sourcePorts: 'guess',
    destinationPorts: 'guess',
  }),
  ...fields(fraNewer, {
    dscp: 'u8',
    dscpMask: 'u8',
    flowLabel: 'big32',
    flowLabelMask: 'big32',
    sourcePortMask: 'u16',
    destinationPortMask: 'u16',
  }),
]);
const neighbourFields = fields(nda, {
  destination: 'address',
  linkAddress: 'mac',
  cacheInfo: 'guess',
  protocol: 'u8',
});
const nextHopFields = fields(nha, {
  gateway: 'address',
  group: 'guess',
  groupType: 'u16',
  blackhole: 'flag',
  groups: 'flag',
  fdb: 'flag',
});

const ifinfomsg = [
  ['family', 'u8'],
  ['pad', 'u8'],
  ['type', 'u16'],
  ['index', 'i32'],
  ['flags', 'u32'],
  ['change', 'u32'],
] as const;
const ifaddrmsg = [
  ['family', 'u8'],
  ['prefixLength', 'u8'],
  ['flags', 'u8'],
  ['scope', 'u8'],
  ['index', 'u32'],
] as const;
const rtmsg = [
  ['family', 'u8'],
  ['destinationLength', 'u8'],
  ['sourceLength', 'u8'],
  ['tos', 'u8'],
  ['table', 'u8'],
  ['protocol', 'u8'],
  ['scope', 'u8'],
  ['type', 'u8'],
  ['flags', 'u32'],
] as const;
const ruleHeader = [
  ['family', 'u8'],
  ['destinationLength', 'u8'],
  ['sourceLength', 'u8'],
  ['tos', 'u8'],
  ['table', 'u8'],
  ['pad', 'u8'],
  ['pad', 'u8'],
  ['action', 'u8'],
  ['flags', 'u32'],
] as const;
const ndmsg = [
  ['family', 'u8'],
  ['pad', 'u8'],
  ['pad', 'u16'],
  ['index', 'i32'],
  ['state', 'u16'],
  ['flags', 'u8'],
  ['type', 'u8'],
] as const;
const nhmsg = [
  ['family', 'u8'],
  ['scope', 'u8'],
  ['protocol', 'u8'],
  ['pad', 'u8'],
  ['flags', 'u32'],
] as const;
const netconfmsg = [
  ['family', 'u8'],
  ['pad', 'u8'],
  ['pad', 'u16'],
] as const;
const nfgenmsg = [
  ['family', 'u8'],
  ['version', 'u8'],
  ['resource', 'big16'],
] as const;

const routeLayouts: readonly (readonly [prefix: string, Layout['header'], Fields])[] = [
  ['Link', ifinfomsg, linkFields],
  ['LinkProp', ifinfomsg, linkFields],
  ['Address', ifaddrmsg, addressFields],
  ['Route', rtmsg, routeFields],
  ['Rule', ruleHeader, ruleFields],
  ['Neighbour', ndmsg, neighbourFields],
  ['NextHop', nhmsg, nextHopFields],
  ['Netconf', netconfmsg, fields(netconfAttribute, {}, 'i32')],
  ['NeighbourTable', netconfmsg, new Map()],
];

const ipFields = fields(ctaIp, {}, 'address');
const protocolFields = fields(
  ctaProtocol,
  { number: 'u8', icmpType: 'u8', icmpCode: 'u8', icmpv6Type: 'u8', icmpv6Code: 'u8' },
  'big16',
);
const tupleFields = fields(ctaTuple, { ip: ipFields, protocol: protocolFields, zone: 'big16' });
const counterFields = fields(ctaCounters, {}, 'big64');
const flowFields = fields(
  cta,
  {
    tupleOriginal: tupleFields,
    tupleReply: tupleFields,
    countersOriginal: counterFields,
    countersReply: counterFields,
    protocolInfo: 'guess',
    timestamp: 'guess',
    labels: 'guess',
    zone: 'big16',
  },
  'big32',
);

const expressions: Form = fields(nftaList, {
  element: fields(nftaExpression, { name: 'text', data: 'guess' }),
});
const nftTables: readonly (readonly [prefix: string, Fields])[] = [
  ['Table', fields(nftaTable, {}, 'guess')],
  ['Chain', fields(nftaChain, {}, 'guess')],
  ['Rule', fields(nftaRule, { expressions }, 'guess')],
  ['Set', fields(nftaSet, {}, 'guess')],
  [
    'Element',
    fields(
      nftaElements,
      { elements: fields(nftaList, { element: fields(nftaElement, {}, 'guess') }) },
      'guess',
    ),
  ],
  ['Object', fields(nftaObject, {}, 'guess')],
  ['Generation', new Map()],
];

/** What a message of this type on this bus holds; undefined for one that has no name here. */
export function layoutOf(bus: Bus, type: number): Layout | undefined {
  return layouts[bus].get(type);
}

function layoutsOf(
  types: Readonly<Record<string, number>>,
  of: readonly (readonly [ending: string, Layout['header'], Fields])[],
): ReadonlyMap<number, Layout> {
  const found = new Map<number, Layout>();
  for (const [name, type] of Object.entries(types)) {
    const match = of.find(([ending]) => new RegExp(`^[a-z]+${ending}(?:Reset)?$`).test(name));
    if (match !== undefined) found.set(type, { name, header: match[1], attributes: match[2] });
  }
  return found;
}

const layouts: Readonly<Record<Bus, ReadonlyMap<number, Layout>>> = {
  route: layoutsOf(rtm, routeLayouts),
  netfilter: new Map([
    ...layoutsOf(
      nftMessage,
      nftTables.map(([ending, table]) => [ending, nfgenmsg, table] as const),
    ),
    ...Object.entries(conntrackMessage).map(
      ([name, type]) =>
        [type, { name: `flow ${name}`, header: nfgenmsg, attributes: flowFields }] as const,
    ),
  ]),
  'sock-diag': new Map(
    Object.entries(sockDiag).map(
      ([name, type]) =>
        [type, { name, header: [], attributes: fields(diagAttribute, {}, 'guess') }] as const,
    ),
  ),
};
