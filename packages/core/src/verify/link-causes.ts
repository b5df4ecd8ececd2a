import type { Finding, FindingCode, Observation } from './finding.ts';

const linkGone: readonly FindingCode[] = ['link-missing', 'link-down', 'link-without-carrier'];
const wayWrong: readonly FindingCode[] = [
  'route-elsewhere',
  'rule-missing',
  'rule-outranked',
  'port-rule-missing',
];
/** What makes a packet's source in the pod, beside its way. */
const sourceWrong: readonly FindingCode[] = ['delivery-table-missing', 'route-source'];
/** Without them nothing that arrives is delivered. */
const deliveryWrong: readonly FindingCode[] = [
  'public-address-missing',
  'delivery-table-missing',
  'delivery-table-stray',
];
const ipv6WayWrong: readonly FindingCode[] = [
  'ipv6-route-elsewhere',
  'ipv6-rule-missing',
  'ipv6-rule-outranked',
];
const ipv6AddressWrong: readonly FindingCode[] = [
  'ipv6-address-missing',
  'ipv6-address-duplicate',
  'ipv6-address-tentative',
  'ipv6-address-not-assigned',
];
const ipv6InterfaceWrong: readonly FindingCode[] = ['interface-missing', 'interface-not-attached'];
const interfaceWrong: readonly FindingCode[] = [
  'interface-missing',
  'interface-not-attached',
  'private-ip-not-registered',
];
const associationWrong: readonly FindingCode[] = [
  'address-gone',
  'association-missing',
  'association-elsewhere',
];
/** A network ACL keeps no state: whichever way it denies, nothing that was asked is answered. */
const aclWrong: readonly FindingCode[] = [
  'network-acl-blocks-inbound',
  'network-acl-restricts-inbound',
  'network-acl-blocks-outbound',
  'network-acl-restricts-outbound',
];
const vpcRouteWrong: readonly FindingCode[] = [
  'vpc-route-missing',
  'vpc-route-elsewhere',
  'vpc-route-blackhole',
];

/** What may lead to what. A cause counts only where it was found too. */
const causes: Partial<Record<FindingCode, readonly FindingCode[]>> = {
  'link-down': ['link-without-carrier'],
  'route-elsewhere': [...linkGone, 'rule-missing', 'rule-outranked'],
  'ipv6-route-elsewhere': [...linkGone, 'ipv6-rule-missing', 'ipv6-rule-outranked'],
  'source-not-bindable': [...linkGone, 'private-address-missing', 'public-address-missing'],
  'send-refused': [...linkGone, ...wayWrong],
  'all-servers-silent': [
    ...linkGone,
    ...wayWrong,
    ...interfaceWrong,
    ...associationWrong,
    ...vpcRouteWrong,
    ...deliveryWrong,
    'source-dest-check-on',
    'security-group-blocks-outbound',
    'security-group-restricts-outbound',
    ...aclWrong,
  ],
  'source-translated': wayWrong,
  'node-translated': wayWrong,
  'not-translated': [...wayWrong, ...sourceWrong],
  'port-rewritten': wayWrong,
  'mapping-per-destination': ['source-translated', 'node-translated', 'port-rewritten'],
  'other-public-address': ['association-elsewhere', 'association-missing', 'address-gone'],
  'servers-disagree': [
    'source-translated',
    'node-translated',
    'not-translated',
    'port-rewritten',
    'other-public-address',
  ],
  'inbound-silent': [
    'all-servers-silent',
    ...wayWrong,
    ...interfaceWrong,
    ...associationWrong,
    ...vpcRouteWrong,
    ...deliveryWrong,
    'source-dest-check-on',
    'security-group-blocks-inbound',
    'security-group-restricts-inbound',
    'network-acl-blocks-inbound',
    'network-acl-restricts-inbound',
    'reverse-path-strict',
    'arp-unanswered',
  ],
  'inbound-not-asked': [
    'all-servers-silent',
    'send-refused',
    'port-held',
    'source-not-bindable',
    'probe-failed',
  ],
  'too-few-answers': ['server-silent', 'server-useless', 'server-not-found', 'send-refused'],
  'association-missing': interfaceWrong,
};

/** Where packets of IPv6 showed it, and that is not the same: nobody judges security groups and network ACLs for them. */
const ipv6Causes: typeof causes = {
  ...causes,
  'source-not-bindable': [...linkGone, ...ipv6AddressWrong],
  'send-refused': [...linkGone, ...ipv6WayWrong],
  'all-servers-silent': [...linkGone, ...ipv6WayWrong, ...ipv6InterfaceWrong, ...ipv6AddressWrong],
  'source-translated': ipv6WayWrong,
  'port-rewritten': ipv6WayWrong,
  'inbound-silent': [
    'all-servers-silent',
    ...ipv6WayWrong,
    ...ipv6InterfaceWrong,
    ...ipv6AddressWrong,
  ],
};

/** Pure: ties each observation to those of the others that lead to it, none of them of the other family's packets. */
export function linkCauses(observations: readonly Observation[]): Finding[] {
  return observations.map((observation) => {
    const { code, family } = observation;
    const known = family === 'ipv6' ? ipv6Causes : causes;
    const found = new Set(
      observations
        .filter((one) => one.family === undefined || one.family === family)
        .map((one) => one.code),
    );
    return {
      ...observation,
      causedBy: (known[code] ?? []).filter((cause) => cause !== code && found.has(cause)),
    };
  });
}
