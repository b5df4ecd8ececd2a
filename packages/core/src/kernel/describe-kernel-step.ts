import type { StepDescription } from '../identity/step-description.ts';
import type { LinkSettings } from './kernel-port.ts';
import { failClosedMetric, truetupleProtocol, type KernelStep } from './kernel-step.ts';

/** Tells a step in words and as the command a person would type; carries nothing out. */
export function describeKernelStep(step: KernelStep): StepDescription {
  switch (step.kind) {
    case 'install-fail-closed-route':
      return {
        sentence: `Close table ${step.table}: what has no better route is refused instead of leaving by another link.`,
        command: `ip route replace unreachable default metric ${failClosedMetric} table ${step.table} protocol ${truetupleProtocol}`,
      };
    case 'add-rule':
      return {
        sentence: `Let packets from ${step.from} be routed by table ${step.table}.`,
        command: `ip rule add from ${step.from} lookup ${step.table} priority ${step.priority} protocol ${truetupleProtocol}`,
      };
    case 'remove-rule':
      return {
        sentence: `Take away the rule that routes packets from ${step.from} by table ${step.table} at priority ${step.priority}.`,
        command: `ip rule del from ${step.from} lookup ${step.table} priority ${step.priority} protocol ${step.protocol}`,
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
    default:
      return step satisfies never;
  }
}

function describeRoute(
  step: Extract<KernelStep, { readonly kind: 'replace-route' }>,
): StepDescription {
  const { destination, gateway, linkName, table, mtu } = step;
  const via = gateway === undefined ? 'directly' : `through ${gateway}`;
  const limit = mtu === undefined ? '' : `, in packets of at most ${mtu} bytes`;
  const words = [
    `ip route replace ${destination}`,
    gateway === undefined ? '' : `via ${gateway}`,
    `dev ${linkName}`,
    step.scope === 'link' ? 'scope link' : '',
    mtu === undefined ? '' : `mtu ${mtu}`,
    `table ${table} protocol ${truetupleProtocol}`,
    step.onlink ? 'onlink' : '',
  ];
  return {
    sentence: `Let table ${table} reach ${destination} ${via} by ${linkName}${limit}.`,
    command: words.filter((word) => word !== '').join(' '),
  };
}

const settingNames: Readonly<Record<keyof LinkSettings, string>> = {
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
