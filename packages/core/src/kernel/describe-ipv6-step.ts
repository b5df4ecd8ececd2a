import type { StepDescription } from '../identity/step-description.ts';
import type { Ipv6Step } from './ipv6-step.ts';
import { failClosedMetric, truetupleProtocol } from './kernel-step.ts';

/** A step of the IPv6 side in words and as the command a person would type. */
export function describeIpv6Step(step: Ipv6Step): StepDescription {
  switch (step.kind) {
    case 'install-ipv6-fail-closed-route':
      return {
        sentence: `Close table ${step.table} for IPv6: what has no better route is refused instead of leaving by another link.`,
        command: `ip -6 route replace unreachable default metric ${failClosedMetric} table ${step.table} protocol ${truetupleProtocol}`,
      };
    case 'add-ipv6-rule':
      return {
        sentence: `Let packets from ${step.from} be routed by table ${step.table}.`,
        command: `ip -6 rule add ${selector(step)} protocol ${truetupleProtocol}`,
      };
    case 'remove-ipv6-rule':
      return {
        sentence: `Take away the rule that routes packets from ${step.from} by table ${step.table} at priority ${step.priority}.`,
        command: `ip -6 rule del ${selector(step)} protocol ${truetupleProtocol}`,
      };
    case 'set-ipv6-settings':
      return describeSettings(step);
    case 'add-ipv6-address':
      return {
        sentence: `Put ${step.address} on ${step.linkName} without asking the link for duplicates: EC2 says whose it is.`,
        command: `ip -6 address add ${step.address}/${step.prefixLength} dev ${step.linkName} nodad`,
      };
    case 'remove-ipv6-address':
      return {
        sentence: `Take ${step.address} off ${step.linkName}.`,
        command: `ip -6 address del ${step.address}/${step.prefixLength} dev ${step.linkName}`,
      };
    case 'replace-ipv6-route':
      return describeRoute(step);
    case 'remove-ipv6-route':
      return {
        sentence: `Take the route to ${step.destination} by ${step.linkName} out of table ${step.table}.`,
        command: `ip -6 route del ${step.destination} dev ${step.linkName} metric ${step.metric} table ${step.table} protocol ${truetupleProtocol}`,
      };
    default:
      return step satisfies never;
  }
}

type StepOf<Kind> = Extract<Ipv6Step, { readonly kind: Kind }>;

function selector({ from, table, priority }: StepOf<'add-ipv6-rule' | 'remove-ipv6-rule'>): string {
  return `from ${from} lookup ${table} priority ${priority}`;
}

function describeSettings({ linkName, settings }: StepOf<'set-ipv6-settings'>): StepDescription {
  const values = [
    `net/ipv6/conf/${linkName}/disable_ipv6=${Number(settings.disabled)}`,
    `net/ipv6/conf/${linkName}/keep_addr_on_down=${Number(settings.keepAddrOnDown)}`,
  ];
  return {
    sentence: `Let ${linkName} have IPv6 addresses, and keep them when it goes down.`,
    // sysctl(8) takes slashes too, and a link's name may have dots
    command: `sysctl -w ${values.join(' ')}`,
  };
}

function describeRoute(step: StepOf<'replace-ipv6-route'>): StepDescription {
  const { destination, gateway, linkName, table, mtu } = step;
  const limit = mtu === undefined ? '' : `, in packets of at most ${mtu} bytes`;
  const words = [
    `ip -6 route replace ${destination} via ${gateway} dev ${linkName}`,
    mtu === undefined ? '' : `mtu ${mtu}`,
    `table ${table} protocol ${truetupleProtocol}`,
  ];
  return {
    sentence: `Let table ${table} reach ${destination} through ${gateway} by ${linkName}${limit}.`,
    command: words.filter((word) => word !== '').join(' '),
  };
}
