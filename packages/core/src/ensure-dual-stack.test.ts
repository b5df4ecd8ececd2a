import { describe, expect, it } from 'vitest';
import { ensurePublicIdentity } from './ensure-public-identity.ts';
import { bindAddressFor } from './identity/bind-address.ts';
import type { IdentitySpecInput } from './identity/identity-spec.ts';
import { parseIpv6Address } from './identity/ipv6-address.ts';
import { parsePublicIdentity } from './identity/parse-public-identity.ts';
import { releasePublicIdentity } from './release-public-identity.ts';
import { ManualClock } from './testing/manual-clock.ts';
import { simulatedPod, type SimulatedPod } from './testing/simulated-pod.ts';
import { verifyPublicIdentity } from './verify-public-identity.ts';

const address = '2001:db8:0:202::50';
const dualStack = {
  addressFamilies: ['ipv4', 'ipv6'],
  publicIpv6: address,
  gatewayIpv6: 'fe80::1',
  vpcIpv6Cidrs: ['2001:db8:0:200::/56'],
} as const satisfies Partial<IdentitySpecInput>;

const ensure = (
  pod: Pick<SimulatedPod, 'spec' | 'node'>,
  change: Partial<IdentitySpecInput> = {},
) => ensurePublicIdentity({ ...pod.spec, ...dualStack, ...change }, { node: pod.node });

/** What EC2 has of IPv6: addresses, and the records of them. */
function ipv6InEc2({ ec2 }: Pick<SimulatedPod, 'ec2'>): string[] {
  return ec2
    .snapshot()
    .networkInterfaces.flatMap(({ ipv6Addresses = [], tags }) => [
      ...ipv6Addresses,
      ...tags.filter(({ key }) => key.startsWith('truetuple/ipv6/')).map(({ value }) => value),
    ]);
}

async function ipv6OnLink({ kernel }: SimulatedPod): Promise<readonly string[]> {
  const addresses = (await kernel.observe('net1', 200))?.ipv6?.addresses ?? [];
  return addresses.map((one) => `${one.address}/${one.prefixLength}`);
}

const record = 'test/sip/gateway-0/uid-gateway-0/media';

/** As Whereabouts leaves net1. */
function giveAddress({ kernel }: SimulatedPod): void {
  const given = { address: parseIpv6Address(address), prefixLength: 64, scope: 'global' } as const;
  kernel.setLink('net1', {
    ipv6: {
      settings: { disabled: false, keepAddrOnDown: false },
      maySet: true,
      addresses: [{ ...given, permanent: true, duplicateFound: false, tentative: false }],
      routers: [parseIpv6Address('fe80::2')],
    },
  });
}

describe('ensurePublicIdentity, dual stack', () => {
  it('takes one address of each family, and says which to bind for whom', async () => {
    const pod = simulatedPod();
    const { identity } = await ensure(pod);
    expect(identity).toMatchObject({
      publicIp: '203.0.113.50',
      publicIpv6: {
        address,
        prefixLength: 128,
        gateway: 'fe80::1',
        vpcCidrs: ['2001:db8:0:200::/56'],
        assignedByUs: true,
      },
    });
    expect(ipv6InEc2(pod)).toEqual([address, record]);
    expect(await ipv6OnLink(pod)).toEqual([`${address}/128`]);
    expect(bindAddressFor(identity, '2001:db8:ffff::1')).toBe(address);
    expect(bindAddressFor(identity, '198.51.100.50')).toBe('10.0.2.128');
    expect(parsePublicIdentity(JSON.stringify(identity), 'a test')).toEqual(identity);
    const { findings } = await verifyPublicIdentity(identity, { node: pod.node });
    expect(findings.filter(({ severity }) => severity === 'broken')).toEqual([]);
  });

  it('changes nothing when it is repeated', async () => {
    const pod = simulatedPod();
    const first = await ensure(pod);
    pod.ec2.calls.clear();
    const steps = pod.kernel.applied.length;
    const again = await ensure(pod);
    expect(again.identity).toEqual(first.identity);
    expect(pod.ec2.calls.countWrites()).toBe(0);
    expect(pod.kernel.applied).toHaveLength(steps);
  });

  it('has it in EC2 again soon after a release, while describes show what was given back', async () => {
    const clock = new ManualClock();
    const pod = simulatedPod({ clock, ec2: { reads: { lagMs: { networkInterfaces: 30_000 } } } });
    const held = await clock.run(ensure(pod));
    await clock.advance(60_000);
    await clock.run(held.release());
    const again = await clock.run(ensure(pod));
    expect(again.identity.publicIpv6).toMatchObject({ address, assignedByUs: true });
    expect(ipv6InEc2(pod)).toEqual([address, record]);
  });

  it('gives all of it back, with the value alone', async () => {
    const pod = simulatedPod();
    const { identity } = await ensure(pod);
    await releasePublicIdentity(identity, { node: pod.node });
    await releasePublicIdentity(identity, { node: pod.node });
    expect(ipv6InEc2(pod)).toEqual([]);
    expect(await ipv6OnLink(pod)).toEqual([]);
    expect(
      await pod.kernel.lookupRoute({
        from: parseIpv6Address(address),
        to: parseIpv6Address('2001:db8:ffff::1'),
      }),
    ).toEqual({ kind: 'unreachable', reason: 'EHOSTUNREACH' });
  });

  it('takes the address and the router that the link has; they stay there', async () => {
    const pod = simulatedPod();
    giveAddress(pod);
    const { identity } = await ensure(pod, { publicIpv6: undefined, gatewayIpv6: undefined });
    expect(identity.publicIpv6).toMatchObject({ address, prefixLength: 64, gateway: 'fe80::2' });
    await releasePublicIdentity(identity, { node: pod.node });
    expect(await ipv6OnLink(pod)).toEqual([`${address}/64`]);
    expect(ipv6InEc2(pod)).toEqual([]);
  });

  it("makes the address of the subnet and the pod's name", async () => {
    const subnetIpv6Cidr = '2001:db8:0:202::/64';
    const change = { publicIpv6: undefined, subnetIpv6Cidr };
    const [one, other] = [simulatedPod(), simulatedPod()];
    const owner = { ...other.spec.owner, uid: 'uid-of-the-next' };
    const { identity } = await ensure(one, change);
    const next = await ensure(other, { ...change, owner });
    expect(identity.publicIpv6?.address).toMatch(/^2001:db8:0:202:/);
    expect(next.identity.publicIpv6?.address).toBe(identity.publicIpv6?.address);
  });

  it('leaves an address that somebody else assigned on the network interface', async () => {
    const pod = simulatedPod();
    const eni = pod.ec2.snapshot().networkInterfaces.at(-1)?.networkInterfaceId ?? '';
    await pod.ec2.assignIpv6Addresses({ networkInterfaceId: eni, ipv6Addresses: [address] });
    const { identity } = await ensure(pod);
    expect(identity.publicIpv6?.assignedByUs).toBe(false);
    await releasePublicIdentity(identity, { node: pod.node });
    expect(ipv6InEc2(pod)).toEqual([address]);
  });

  it('asks for no IPv6 address while there is no IPv4 one', async () => {
    const pod = simulatedPod({ pool: [] });
    await expect(ensure(pod)).rejects.toMatchObject({ code: 'PoolEmpty' });
    expect(pod.ec2.calls.countWrites()).toBe(0);
    expect(await ipv6OnLink(pod)).toEqual([]);
  });

  it('gives the IPv6 address back when the IPv4 one cannot be had', async () => {
    const pod = simulatedPod();
    pod.ec2.inject({ action: 'AssociateAddress', error: 'UnauthorizedOperation' });
    await expect(ensure(pod)).rejects.toMatchObject({ code: 'AccessDenied' });
    expect(pod.ec2.calls.count('AssignIpv6Addresses')).toBe(1);
    expect(ipv6InEc2(pod)).toEqual([]);
  });

  it('while another pod of the node has the IPv6 address on its link, tries no other Elastic IP, and leaves that pod’s record', async () => {
    const pod = simulatedPod({ pool: ['203.0.113.50', '203.0.113.51'] });
    const [eni] = pod.ec2.snapshot().networkInterfaces.slice(-1);
    const networkInterfaceId = eni?.networkInterfaceId ?? '';
    const theirs = 'test/sip/gateway-0/uid-before/media';
    await pod.ec2.assignIpv6Addresses({ networkInterfaceId, ipv6Addresses: [address] });
    await pod.ec2.createTags({
      resources: [networkInterfaceId],
      tags: [{ key: `truetuple/ipv6/${address}`, value: theirs }],
    });
    pod.kernel.inject({ step: 'add-ipv6-address', errno: 'EADDRINUSE' });
    await expect(ensure(pod)).rejects.toMatchObject({ code: 'Ipv6AddressHeldElsewhere' });
    expect(pod.ec2.calls.count('AssociateAddress')).toBe(1);
    expect(ipv6InEc2(pod)).toEqual([address, theirs]);
    const { addresses } = pod.ec2.snapshot();
    expect(addresses.filter(({ associationId }) => associationId !== undefined)).toEqual([]);
  });

  it('takes nothing of either when the kernel cannot carry IPv6', async () => {
    const pod = simulatedPod();
    pod.kernel.inject({ step: 'add-ipv6-address', errno: 'EACCES' });
    await expect(ensure(pod)).rejects.toMatchObject({ code: 'KernelRefused' });
    expect(ipv6InEc2(pod)).toEqual([]);
    const { addresses } = pod.ec2.snapshot();
    expect(addresses.filter(({ associationId }) => associationId !== undefined)).toEqual([]);
  });

  it.each<[string, string, Partial<IdentitySpecInput>]>([
    ['LinkHasNoAddress', 'no global IPv6 address of a network plugin', { publicIpv6: undefined }],
    ['Ipv6GatewayUnknown', 'No IPv6 router is known on net1', { gatewayIpv6: undefined }],
  ])('says %s when the link does not tell: %s', async (code, message, change) => {
    const pod = simulatedPod();
    await expect(ensure(pod, change)).rejects.toMatchObject({
      code,
      message: expect.stringContaining(message) as unknown,
    });
    expect(pod.ec2.calls.countWrites()).toBe(0);
  });

  it('says of an identity without IPv6 that it has none to bind', async () => {
    const pod = simulatedPod();
    const { identity } = await ensurePublicIdentity(pod.spec, { node: pod.node });
    expect(identity).not.toHaveProperty('publicIpv6');
    expect(ipv6InEc2(pod)).toEqual([]);
    expect(() => bindAddressFor(identity, '2001:db8::1')).toThrow(
      'the identity has no IPv6 address',
    );
  });
});

describe('verifyPublicIdentity, dual stack', () => {
  it.each<[string, (pod: SimulatedPod, networkInterfaceId: string) => unknown]>([
    [
      'ipv6-address-not-assigned',
      ({ ec2 }, networkInterfaceId) =>
        ec2.unassignIpv6Addresses({ networkInterfaceId, ipv6Addresses: [address] }),
    ],
    [
      'ipv6-address-missing',
      ({ kernel }) =>
        kernel.apply({
          kind: 'remove-ipv6-address',
          linkIndex: 3,
          linkName: 'net1',
          address: parseIpv6Address(address),
          prefixLength: 128,
        }),
    ],
    ['ipv6-route-elsewhere', ({ kernel }) => kernel.setLinkUp('net1', false)],
  ])('finds %s', async (code, spoil) => {
    const pod = simulatedPod();
    const { identity } = await ensure(pod);
    await spoil(pod, identity.networkInterfaceId);
    const { findings } = await verifyPublicIdentity(identity, { node: pod.node });
    expect(findings).toContainEqual(expect.objectContaining({ code, severity: 'broken' }));
  });
});
