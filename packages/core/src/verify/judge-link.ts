import type { LinkState } from '../kernel/kernel-port.ts';
import { defaultDestination } from '../kernel/kernel-step.ts';
import { internetMtu } from '../kernel/wanted-link.ts';
import { broken, warning, type KernelFinding } from './kernel-finding.ts';
import type { KernelFacts } from './route-probe.ts';

/** Judges the link itself: flags, addresses, MTU. */
export function judgeLink(facts: KernelFacts, state: LinkState): KernelFinding[] {
  return [...judgeFlags(state), ...judgeAddresses(facts, state), ...judgeMtu(facts, state)];
}

function judgeFlags({ linkName, up, lowerUp }: LinkState): KernelFinding[] {
  if (!up) {
    return [
      broken(
        'link-down',
        `${linkName} is down`,
        `${linkName} up`,
        `Set it up (ip link set ${linkName} up), call ensure again for its routes, and find out what took it down.`,
      ),
    ];
  }
  if (lowerUp) return [];
  return [
    broken(
      'link-without-carrier',
      `${linkName} is up without carrier`,
      `${linkName} with carrier`,
      `Look at the parent link on the node: it is down, or its ENI is detached.`,
    ),
  ];
}

function judgeAddresses(facts: KernelFacts, { linkName, addresses }: LinkState): KernelFinding[] {
  const { privateIp, publicIp } = facts;
  const seen =
    addresses.map((a) => `${a.address}/${a.prefixLength} scope ${a.scope}`).join(', ') ||
    'no IPv4 address';
  const findings: KernelFinding[] = [];
  if (!addresses.some(({ address }) => address === privateIp)) {
    findings.push(
      broken(
        'private-address-missing',
        `${linkName} has ${seen}`,
        `${privateIp} on ${linkName}`,
        `Find out what removed it: the network attachment assigns it, and truetuple never removes it.`,
      ),
    );
  }
  const held = addresses.find(
    ({ address, prefixLength }) => address === publicIp && prefixLength === 32,
  );
  if (held === undefined) {
    findings.push(
      broken(
        'public-address-missing',
        `${linkName} has ${seen}`,
        `${publicIp}/32 scope link on ${linkName}`,
        `Call ensure again, which puts it there; then find out what removed it.`,
      ),
    );
  } else if (held.scope !== 'link') {
    findings.push(
      warning(
        'public-address-scope',
        `${publicIp}/32 has scope ${held.scope}`,
        'scope link',
        `Call ensure again: with a wider scope the kernel may choose ${publicIp} as the source of packets that nobody bound.`,
      ),
    );
  }
  return findings;
}

function judgeMtu({ table }: KernelFacts, { linkName, mtu, routes }: LinkState): KernelFinding[] {
  if (mtu < internetMtu) {
    return [
      warning(
        'link-mtu-small',
        `${linkName} has an MTU of ${mtu} bytes`,
        `at least ${internetMtu} bytes`,
        `Set mtu in the network attachment: VPC links carry 9001 bytes. SIP over UDP is fragmented sooner than it need be.`,
      ),
    ];
  }
  const internet = routes.find(
    (route) => route.type === 'unicast' && route.destination === defaultDestination,
  );
  const limit = internet?.mtu ?? mtu;
  if (internet === undefined || limit <= internetMtu) return [];
  return [
    warning(
      'internet-mtu-unlimited',
      `the default route of table ${table} lets packets of ${limit} bytes leave`,
      `mtu ${internetMtu} on it`,
      `Call ensure again, which sets it: bigger packets with DF vanish on the way to the Internet.`,
    ),
  ];
}
