import { describe, expect, it } from 'vitest';
import { ensurePublicIdentity } from './ensure-public-identity.ts';
import { explain } from './explain.ts';
import type { Delivery } from './identity/delivery.ts';
import { simulatedPod } from './testing/simulated-pod.ts';

describe('explain', () => {
  it('tells every step of an identity, with no unknown value left unnamed', () => {
    const { steps, unknown } = explain(simulatedPod().spec);
    expect(steps.map(({ name }) => name)).toEqual([
      'install-fail-closed-route',
      'add-rule',
      'set-link-settings',
      'replace-route',
      'replace-route',
      'replace-route',
      'disable-source-dest-check',
      'assign-private-ip',
      'associate-address',
      'tag-owner',
      'add-rule',
      'add-address',
      'create-route',
      'publish',
    ]);
    const text = steps.map((step) => `${step.sentence} ${step.command}`).join('\n');
    expect(text).not.toMatch(/192\.0\.2\.|c0ffee/);
    expect(Object.keys(unknown).toSorted()).toEqual([
      'ALLOCATION_ID',
      'ENI',
      'GATEWAY',
      'PRIVATE_IP',
      'PUBLIC_IP',
      'SUBNET_CIDR',
    ]);
  });

  it('tells the steps of the IPv6 side, its address and gateway named where they are not known', () => {
    const { steps, unknown } = explain({
      ...simulatedPod().spec,
      addressFamilies: ['ipv4', 'ipv6'],
      vpcIpv6Cidrs: ['2001:db8:0:200::/56'],
    });
    expect(steps.map(({ command }) => command).filter((line) => line.includes('IPV6'))).toEqual([
      "aws ec2 create-tags --resources $ENI --tags 'Key=truetuple/ipv6/$PUBLIC_IPV6,Value=test/sip/gateway-0/uid-gateway-0/media'",
      'aws ec2 assign-ipv6-addresses --network-interface-id $ENI --ipv6-addresses $PUBLIC_IPV6',
      'ip -6 rule add from $PUBLIC_IPV6/128 lookup 200 priority 100 protocol 227',
      'ip -6 address add $PUBLIC_IPV6/128 dev net1 nodad',
      'ip -6 route replace 2001:db8:0:200::/56 via $GATEWAY_IPV6 dev net1 table 200 protocol 227',
      'ip -6 route replace ::/0 via $GATEWAY_IPV6 dev net1 mtu 1500 table 200 protocol 227',
    ]);
    expect(Object.keys(unknown)).toEqual(expect.arrayContaining(['PUBLIC_IPV6', 'GATEWAY_IPV6']));
    const text = steps.map((step) => `${step.sentence} ${step.command}`).join('\n');
    expect(text).not.toMatch(/192\.0\.2\.|c0ff/);
  });

  it('tells the order in which ensure does it', async () => {
    const pod = simulatedPod();
    const done: string[] = [];
    await ensurePublicIdentity(pod.spec, {
      node: pod.node,
      onStep: ({ phase, half, name }) => phase === 'done' && half === 'kernel' && done.push(name),
    });
    const told = explain(pod.spec).steps.filter(({ half }) => half === 'kernel');
    expect(told.map(({ name }) => name)).toEqual(done);
    const names = explain(pod.spec).steps.map(({ command }) => command);
    const claim = names.findIndex((command) => command.startsWith('aws ec2 associate-address'));
    const rule = names.findIndex((command) => command.includes('rule add from $PUBLIC_IP'));
    expect(rule).toBeGreaterThan(claim);
  });

  it.each<[Delivery, object, RegExp]>([
    ['translate', { routedCidrs: ['10.0.1.0/24'] }, /^nft ".*ip daddr set \$PRIVATE_IP/],
    ['dnat', {}, /^nft ".*ip daddr \$PUBLIC_IP dnat to \$PRIVATE_IP/],
    [
      'rule',
      { routedCidrs: ['10.0.1.0/24'], ports: [{ protocol: 'udp', first: 5060, last: 5060 }] },
      /^ip route replace 10\.0\.1\.0\/24 via \$GATEWAY dev net1 src \$PUBLIC_IP/,
    ],
    ['any', { ports: [{ protocol: 'tcp', first: 5061, last: 5061 }] }, /^ip address add/],
  ])('tells what delivery %s does, in the order of ensure', async (delivery, more, line) => {
    const pod = simulatedPod();
    const spec = { ...pod.spec, ...more, delivery };
    const done: string[] = [];
    await ensurePublicIdentity(spec, {
      node: pod.node,
      onStep: ({ phase, half, name }) => phase === 'done' && half === 'kernel' && done.push(name),
    });
    const told = explain(spec).steps.filter(({ half }) => half === 'kernel');
    expect(told.map(({ name }) => name)).toEqual(done);
    expect(told.map(({ command }) => command)).toContainEqual(expect.stringMatching(line));
    expect(JSON.stringify(told)).not.toMatch(/192\.0\.2\./);
  });

  it('says the lines that would do the same by hand', () => {
    const commands = explain(simulatedPod().spec).steps.map(({ command }) => command);
    expect(commands).toContain('ip address add $PUBLIC_IP/32 dev net1 scope link');
    expect(commands).toContain(
      'ip rule add from $PRIVATE_IP/32 lookup 200 priority 100 protocol 227',
    );
    expect(commands).toContain(
      'aws ec2 associate-address --allocation-id $ALLOCATION_ID --network-interface-id $ENI --private-ip-address $PRIVATE_IP --no-allow-reassociation',
    );
  });

  it('uses what the spec already says', () => {
    const { spec } = simulatedPod();
    const { unknown, steps } = explain({
      ...spec,
      privateIp: '10.0.2.128',
      gateway: '10.0.2.1',
      networkInterface: { by: 'id', networkInterfaceId: 'eni-0abc' },
      routeTables: { by: 'tag', key: 'tier', value: 'private' },
    });
    expect(Object.keys(unknown).toSorted()).toEqual([
      'ALLOCATION_ID',
      'PUBLIC_IP',
      'ROUTE_TABLE',
      'SUBNET_CIDR',
    ]);
    expect(steps.some(({ command }) => command.includes('eni-0abc'))).toBe(true);
  });

  it('refuses a spec that ensure would refuse', () => {
    expect(() => explain({ ...simulatedPod().spec, pool: '' })).toThrow('pool: is empty');
  });
});
