import type { StepDescription } from '../identity/step-description.ts';
import { formatPorts } from '../identity/delivery.ts';
import { deliveryTableName } from './delivery-table.ts';
import { describeDeliveryTable } from './describe-delivery-table.ts';
import { describeIpv6Step } from './describe-ipv6-step.ts';
import { isIpv6Step } from './ipv6-step.ts';
import type { LinkSettings } from './kernel-port.ts';
import { failClosedMetric, truetupleProtocol, type KernelStep } from './kernel-step.ts';

/** Tells a step in words and as the command a person would type; carries nothing out. */
export function describeKernelStep(step: KernelStep): StepDescription {
  if (isIpv6Step(step)) return describeIpv6Step(step);
  switch (step.kind) {
    case 'install-fail-closed-route':
      return {
        sentence: `Close table ${step.table}: what has no better route is refused instead of leaving by another link.`,
        command: `ip route replace unreachable default metric ${failClosedMetric} table ${step.table} protocol ${truetupleProtocol}`,
      };
    case 'add-rule':
      return {
        sentence: `Let packets from ${sourceWords(step)} be routed by table ${step.table}.`,
        command: `ip rule add from ${selector(step)} lookup ${step.table} priority ${step.priority} protocol ${truetupleProtocol}`,
      };
    case 'remove-rule':
      return {
        sentence: `Take away the rule that routes packets from ${sourceWords(step)} by table ${step.table} at priority ${step.priority}.`,
        command: `ip rule del from ${selector(step)} lookup ${step.table} priority ${step.priority} protocol ${step.protocol}`,
      };
    case 'set-link-settings':
      return {
        sentence: `Let ${step.linkName} accept peers whose way back is another link, ask by ARP with its private address only, and answer ARP for its own addresses only.`,
        command: describeSettings(step.linkName, step.settings),
      };
    case 'replace-route':
      return describeRoute(step);
    case 'remove-route':
      return {
        sentence: `Take the route to ${step.destination} by ${step.linkName} out of table ${step.table}.`,
        command: `ip route del ${step.destination} dev ${step.linkName} metric ${step.metric} table ${step.table} protocol ${truetupleProtocol}`,
      };
    case 'add-address':
      return {
        sentence: `Put the public address ${step.address} on ${step.linkName}, so that packets to it are delivered here.`,
        command: `ip address add ${step.address}/32 dev ${step.linkName} scope link`,
      };
    case 'remove-address':
      return {
        sentence: `Take the public address ${step.address} off ${step.linkName}.`,
        command: `ip address del ${step.address}/32 dev ${step.linkName}`,
      };
    case 'replace-delivery-table':
      return describeDeliveryTable(step.table);
    case 'remove-delivery-table':
      return {
        sentence: `Translate nothing to or from ${step.publicIp} any more.`,
        command: `nft delete table ip ${deliveryTableName(step.publicIp)}`,
      };
    default:
      return step satisfies never;
  }
}

type RuleStep = Extract<KernelStep, { readonly kind: 'add-rule' | 'remove-rule' }>;

function selector({ from, ports }: RuleStep): string {
  if (ports === undefined) return from;
  const { protocol, first, last } = ports;
  return `${from} ipproto ${protocol} sport ${first === last ? first : `${first}-${last}`}`;
}

function sourceWords({ from, ports }: RuleStep): string {
  return ports === undefined ? from : `${formatPorts(ports)}, of a socket on 0.0.0.0,`;
}

function describeRoute(
  step: Extract<KernelStep, { readonly kind: 'replace-route' }>,
): StepDescription {
  const { destination, gateway, linkName, table, mtu, source } = step;
  const via = gateway === undefined ? 'directly' : `through ${gateway}`;
  const limit = mtu === undefined ? '' : `, in packets of at most ${mtu} bytes`;
  const given = source === undefined ? '' : `, from ${source} where a socket has no address`;
  const words = [
    `ip route replace ${destination}`,
    gateway === undefined ? '' : `via ${gateway}`,
    `dev ${linkName}`,
    step.scope === 'link' ? 'scope link' : '',
    source === undefined ? '' : `src ${source}`,
    mtu === undefined ? '' : `mtu ${mtu}`,
    `table ${table} protocol ${truetupleProtocol}`,
    step.onlink ? 'onlink' : '',
  ];
  return {
    sentence: `Let table ${table} reach ${destination} ${via} by ${linkName}${limit}${given}.`,
    command: words.filter((word) => word !== '').join(' '),
  };
}

/** What sysctl(8) calls them. */
export const settingNames: Readonly<Record<keyof LinkSettings, string>> = {
  rpFilter: 'rp_filter',
  arpAnnounce: 'arp_announce',
  arpIgnore: 'arp_ignore',
};

function describeSettings(linkName: string, settings: LinkSettings): string {
  const names = Object.keys(settingNames) as (keyof LinkSettings)[];
  // sysctl(8) takes slashes too, and a link's name may have dots.
  const values = names.map(
    (name) => `net/ipv4/conf/${linkName}/${settingNames[name]}=${settings[name]}`,
  );
  return `sysctl -w ${values.join(' ')}`;
}
