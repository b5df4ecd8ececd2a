import type { LinkState } from '../kernel/kernel-port.ts';
import { defaultDestination } from '../kernel/kernel-step.ts';
import { internetMtu, wantedSettings } from '../kernel/wanted-link.ts';
import type { KernelFinding } from './kernel-finding.ts';
import type { KernelFacts } from './route-probe.ts';

/** Judges the link itself: flags, addresses, settings, MTU. */
export function judgeLink(facts: KernelFacts, state: LinkState): KernelFinding[] {
  return [
    ...judgeFlags(state),
    ...judgeAddresses(facts, state),
    ...judgeSettings(state),
    ...judgeMtu(facts, state),
  ];
}

function judgeFlags({ linkName, up, lowerUp }: LinkState): KernelFinding[] {
  if (!up) {
    return [
      {
        code: 'link-down',
        severity: 'broken',
        seen: `${linkName} is down`,
        wanted: `${linkName} up`,
        remedy: `Set it up (ip link set ${linkName} up), call ensure again for its routes, and find out what took it down.`,
      },
    ];
  }
  if (lowerUp) return [];
  return [
    {
      code: 'link-without-carrier',
      severity: 'broken',
      seen: `${linkName} is up without carrier`,
      wanted: `${linkName} with carrier`,
      remedy: `Look at the parent link on the node: it is down, or its ENI is detached.`,
    },
  ];
}

function judgeAddresses(facts: KernelFacts, { linkName, addresses }: LinkState): KernelFinding[] {
  const { privateIp, publicIp } = facts;
  const seen =
    addresses.map((a) => `${a.address}/${a.prefixLength} scope ${a.scope}`).join(', ') ||
    'no IPv4 address';
  const findings: KernelFinding[] = [];
  if (!addresses.some(({ address }) => address === privateIp)) {
    findings.push({
      code: 'private-address-missing',
      severity: 'broken',
      seen: `${linkName} has ${seen}`,
      wanted: `${privateIp} on ${linkName}`,
      remedy: `Find out what removed it: the network attachment assigns it, and truetuple never removes it.`,
    });
  }
  const held = addresses.find(
    ({ address, prefixLength }) => address === publicIp && prefixLength === 32,
  );
  if (held === undefined) {
    findings.push({
      code: 'public-address-missing',
      severity: 'broken',
      seen: `${linkName} has ${seen}`,
      wanted: `${publicIp}/32 scope link on ${linkName}`,
      remedy: `Call ensure again, which puts it there; then find out what removed it.`,
    });
  } else if (held.scope !== 'link') {
    findings.push({
      code: 'public-address-scope',
      severity: 'warning',
      seen: `${publicIp}/32 has scope ${held.scope}`,
      wanted: 'scope link',
      remedy: `Call ensure again: with a wider scope the kernel may choose ${publicIp} as the source of packets that nobody bound.`,
    });
  }
  return findings;
}

function judgeSettings({ linkName, settings }: LinkState): KernelFinding[] {
  const judge = (
    code: KernelFinding['code'],
    name: string,
    seen: number,
    wanted: number,
    effect: string,
  ): KernelFinding[] =>
    seen === wanted
      ? []
      : [
          {
            code,
            severity: 'warning',
            seen: `${name} of ${linkName} is ${seen}`,
            wanted: `${name} ${wanted}`,
            remedy: `Call ensure again, which sets it; then find out what changes it. ${effect}`,
          },
        ];
  const { rpFilter, arpAnnounce, arpIgnore } = settings;
  return [
    ...judge(
      'reverse-path-strict',
      'rp_filter',
      rpFilter,
      wantedSettings.rpFilter,
      'Otherwise the kernel may drop packets whose way back is another link.',
    ),
    ...judge(
      'arp-announces-public',
      'arp_announce',
      arpAnnounce,
      wantedSettings.arpAnnounce,
      'Otherwise ARP for the gateway may ask with the public address, which the VPC does not know.',
    ),
    ...judge(
      'arp-answers-foreign',
      'arp_ignore',
      arpIgnore,
      wantedSettings.arpIgnore,
      'Otherwise the link answers ARP for addresses of other links.',
    ),
  ];
}

function judgeMtu({ table }: KernelFacts, { linkName, mtu, routes }: LinkState): KernelFinding[] {
  if (mtu < internetMtu) {
    return [
      {
        code: 'link-mtu-small',
        severity: 'warning',
        seen: `${linkName} has an MTU of ${mtu} bytes`,
        wanted: `at least ${internetMtu} bytes`,
        remedy: `Set mtu in the network attachment: VPC links carry 9001 bytes. SIP over UDP is fragmented sooner than it need be.`,
      },
    ];
  }
  const internet = routes.find(
    (route) => route.type === 'unicast' && route.destination === defaultDestination,
  );
  const limit = internet?.mtu ?? mtu;
  if (internet === undefined || limit <= internetMtu) return [];
  return [
    {
      code: 'internet-mtu-unlimited',
      severity: 'warning',
      seen: `the default route of table ${table} lets packets of ${limit} bytes leave`,
      wanted: `mtu ${internetMtu} on it`,
      remedy: `Call ensure again, which sets it: bigger packets with DF vanish on the way to the Internet.`,
    },
  ];
}
