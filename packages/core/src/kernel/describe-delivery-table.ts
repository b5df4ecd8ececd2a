import type { StepDescription } from '../identity/step-description.ts';
import { deliveryTableName, type DeliveryTable } from './delivery-table.ts';

/**
 * The table in words and for nft(8), which has no words for one part: writing an address inside an ICMP error
 * and mending that inner header's checksum.
 */
export function describeDeliveryTable(table: DeliveryTable): StepDescription {
  const name = deliveryTableName(table.publicIp);
  const chains = table.mode === 'dnat' ? dnatChains(table) : translateChains(table);
  // in double quotes, so that a shell puts values in for what explain leaves open
  const command = `nft "add table ip ${name}; delete table ip ${name}; table ip ${name} { ${chains.join(' ')} }"`;
  return { sentence: sentenceOf(table), command };
}

function sentenceOf({ mode, linkName, privateIp, publicIp, routedCidrs }: DeliveryTable): string {
  return mode === 'dnat'
    ? `Deliver what arrives at ${linkName} for ${publicIp} to ${privateIp}; connection tracking puts ${publicIp} back into the answers.`
    : `Write ${privateIp} into what arrives at ${linkName} for ${publicIp}, and ${publicIp} into what leaves from ${privateIp} to ${routedCidrs.join(', ')}: without state or another port, inside ICMP errors too (for which nft has no words).`;
}

function dnatChains({ linkName, privateIp, publicIp }: DeliveryTable): string[] {
  return [
    chain('prerouting', 'type nat hook prerouting priority -100', [
      `iifname ${linkName} ip daddr ${publicIp} dnat to ${privateIp}`,
    ]),
  ];
}

function translateChains(table: DeliveryTable): string[] {
  const { linkName, privateIp, publicIp, routedCidrs } = table;
  const leaving = routedCidrs.map(
    (cidr) => `oifname ${linkName} ip saddr ${privateIp} ip daddr ${cidr}`,
  );
  return [
    chain('prerouting', 'type filter hook prerouting priority -300', [
      `iifname ${linkName} ip daddr ${publicIp} notrack ip daddr set ${privateIp}`,
    ]),
    chain(
      'output',
      'type filter hook output priority -300',
      leaving.map((match) => `${match} notrack`),
    ),
    chain(
      'postrouting',
      'type filter hook postrouting priority 300',
      leaving.map((match) => `${match} ip saddr set ${publicIp}`),
    ),
  ];
}

function chain(name: string, hook: string, rules: readonly string[]): string {
  return `chain ${name} { ${[hook, ...rules].join('; ')}; };`;
}
