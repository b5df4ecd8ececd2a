import { expect, it } from 'vitest';
import { parseIpv4Address, type Cidr } from '../identity/address.ts';
import { describeKernelStep } from './describe-kernel-step.ts';
import { unboundSource, type KernelStep } from './kernel-step.ts';
import { wantedSettings } from './wanted-link.ts';

const gateway = parseIpv4Address('10.0.2.1');
const address = parseIpv4Address('203.0.113.50');
const from = '10.0.2.128/32' as Cidr;
const vpc = '10.0.0.0/16' as Cidr;
const link = { linkIndex: 3, linkName: 'net1' };

const rtp = { protocol: 'udp', first: 16_384, last: 32_767 } as const;
const privateIp = parseIpv4Address('10.0.2.128');
const table = { linkName: 'net1', privateIp, publicIp: address, routedCidrs: [vpc] };
// prettier-ignore
const cases: [KernelStep, string][] = [
  [{ kind: 'install-fail-closed-route', table: 7 }, 'ip route replace unreachable default metric 4294967295 table 7 protocol 227'],
  [{ kind: 'add-rule', priority: 100, from, table: 7 }, 'ip rule add from 10.0.2.128/32 lookup 7 priority 100 protocol 227'],
  [{ kind: 'remove-rule', priority: 90, from, table: 8, protocol: 227 }, 'ip rule del from 10.0.2.128/32 lookup 8 priority 90 protocol 227'],
  [{ kind: 'set-link-settings', linkIndex: 3, linkName: 'net1.5', settings: wantedSettings }, 'sysctl -w net/ipv4/conf/net1.5/rp_filter=2 net/ipv4/conf/net1.5/arp_announce=2 net/ipv4/conf/net1.5/arp_ignore=1'],
  [{ kind: 'replace-route', table: 7, destination: vpc, linkIndex: 3, linkName: 'net1', scope: 'global', gateway, onlink: false }, 'ip route replace 10.0.0.0/16 via 10.0.2.1 dev net1 table 7 protocol 227'],
  [{ kind: 'remove-route', table: 7, destination: vpc, metric: 5, linkIndex: 3, linkName: 'net1' }, 'ip route del 10.0.0.0/16 dev net1 metric 5 table 7 protocol 227'],
  [{ kind: 'add-address', linkIndex: link.linkIndex, linkName: link.linkName, address }, 'ip address add 203.0.113.50/32 dev net1 scope link'],
  [{ kind: 'remove-address', linkIndex: link.linkIndex, linkName: link.linkName, address }, 'ip address del 203.0.113.50/32 dev net1'],
  [{ kind: 'add-rule', priority: 100, from: unboundSource, table: 7, ports: rtp }, 'ip rule add from 0.0.0.0/32 ipproto udp sport 16384-32767 lookup 7 priority 100 protocol 227'],
  [{ kind: 'remove-rule', priority: 100, from: unboundSource, table: 7, protocol: 227, ports: { ...rtp, last: 16_384 } }, 'ip rule del from 0.0.0.0/32 ipproto udp sport 16384 lookup 7 priority 100 protocol 227'],
  [{ kind: 'replace-route', table: 7, destination: vpc, linkIndex: 3, linkName: 'net1', scope: 'global', gateway, source: address, onlink: false }, 'ip route replace 10.0.0.0/16 via 10.0.2.1 dev net1 src 203.0.113.50 table 7 protocol 227'],
  [{ kind: 'replace-delivery-table', table: { ...table, mode: 'dnat' } }, 'nft "add table ip truetuple-203.0.113.50; delete table ip truetuple-203.0.113.50; table ip truetuple-203.0.113.50 { chain prerouting { type nat hook prerouting priority -100; iifname net1 ip daddr 203.0.113.50 dnat to 10.0.2.128; }; }"'],
  [{ kind: 'replace-delivery-table', table: { ...table, mode: 'translate' } }, 'nft "add table ip truetuple-203.0.113.50; delete table ip truetuple-203.0.113.50; table ip truetuple-203.0.113.50 { chain prerouting { type filter hook prerouting priority -300; iifname net1 ip daddr 203.0.113.50 notrack ip daddr set 10.0.2.128; }; chain output { type filter hook output priority -300; oifname net1 ip saddr 10.0.2.128 ip daddr 10.0.0.0/16 notrack; }; chain postrouting { type filter hook postrouting priority 300; oifname net1 ip saddr 10.0.2.128 ip daddr 10.0.0.0/16 ip saddr set 203.0.113.50; }; }"'],
  [{ kind: 'remove-delivery-table', publicIp: address }, 'nft delete table ip truetuple-203.0.113.50'],
];

it.each(cases)('says %j as a command and in words', (step, command) => {
  const described = describeKernelStep(step);
  expect(described.command).toBe(command);
  expect(described.sentence).toMatch(/^[A-Z].*\.$/);
});
