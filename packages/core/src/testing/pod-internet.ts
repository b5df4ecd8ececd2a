import { cidrContains, isCidr, isIpv4Address } from '../identity/address.ts';
import { canonicalIpv6, type Ipv6Address } from '../identity/ipv6-address.ts';
import type { KernelPort } from '../kernel/kernel-port.ts';
import type { Endpoint } from '../verify/datagram-port.ts';
import { FakeInternet, type Translated } from './fake-internet/fake-internet.ts';
import { chooseSource, sourceOnNet1 } from './pod-delivery.ts';
import type { SimulatedEc2 } from './simulated-ec2/simulated-ec2.ts';

/** What the world sees of pods that leave by their node: VPC CNI and a NAT gateway. */
const natGateway = '203.0.113.7';

/**
 * The Internet as a pod with that kernel and that EC2 sees it: what leaves by eth0 has the NAT gateway's
 * address and a port of its own for each destination; what leaves by another link goes to the VPC as the
 * identity's delivery makes it, and is translated 1:1 by the association of its source else, or lost. IPv6 arrives as it was sent.
 */
export function podInternet({
  kernel,
  ec2,
}: {
  readonly kernel: KernelPort;
  readonly ec2: SimulatedEc2;
}): FakeInternet {
  const doors = new Map<string, number>();
  const throughNat = (local: Endpoint, to: Endpoint): Endpoint => {
    const flow = `${local.address}:${local.port} ${to.address}:${to.port}`;
    const port = doors.get(flow) ?? 60_000 + doors.size;
    doors.set(flow, port);
    return { address: natGateway, port };
  };
  const hasAddress = async (address: string): Promise<boolean> => {
    if (address === '0.0.0.0') return true;
    const links = await Promise.all(['eth0', 'net1'].map((name) => kernel.observe(name, 200)));
    return links.some((link) =>
      [...(link?.addresses ?? []), ...(link?.ipv6?.addresses ?? [])].some(
        (held) => held.address === address,
      ),
    );
  };
  const translate = async (local: Endpoint, to: Endpoint): Promise<Translated> => {
    const { port } = local;
    const [near, far] = [canonicalIpv6(local.address), canonicalIpv6(to.address)];
    if (near !== undefined && far !== undefined) return routedIpv6({ kernel, ec2 }, local, far);
    if (!isIpv4Address(to.address)) return undefined;
    const from = await chooseSource(kernel, local, to.address);
    if (from === undefined) return throughNat(local, to);
    if (!isIpv4Address(from)) return undefined;
    const decision = await kernel.lookupRoute({ from, to: to.address });
    if (decision.kind === 'unreachable') return { kind: 'refused', errno: 'EHOSTUNREACH' };
    if (decision.linkName === 'eth0') return throughNat(local, to);
    const { vpcs, addresses } = ec2.snapshot();
    const peer = to.address;
    if (vpcs.some(({ cidr }) => isCidr(cidr) && cidrContains(cidr, peer))) {
      return { address: await sourceOnNet1(kernel, from, peer), port };
    }
    const holder = addresses.find(({ privateIpAddress }) => privateIpAddress === from);
    return holder === undefined ? undefined : { address: holder.publicIp, port };
  };
  return new FakeInternet({ hasAddress, translate });
}

/** Nobody translates IPv6: it arrives as it was sent, from the network interface that has the address, or not at all. */
async function routedIpv6(
  { kernel, ec2 }: { readonly kernel: KernelPort; readonly ec2: SimulatedEc2 },
  local: Endpoint,
  to: Ipv6Address,
): Promise<Translated> {
  const from = local.address as Ipv6Address;
  const decision = await kernel.lookupRoute({ from, to });
  if (decision.kind === 'unreachable') return { kind: 'refused', errno: 'EHOSTUNREACH' };
  if (decision.linkName === 'eth0') return undefined;
  const { networkInterfaces } = ec2.snapshot();
  const isAssigned = networkInterfaces.some(({ ipv6Addresses = [] }) =>
    ipv6Addresses.includes(from),
  );
  return isAssigned ? local : undefined;
}
