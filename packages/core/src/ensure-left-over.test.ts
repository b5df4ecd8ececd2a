import { describe, expect, it } from 'vitest';
import { describeLagMs } from './cloud/maintain/judge-claim.ts';
import { ensurePublicIdentity } from './ensure-public-identity.ts';
import type { IdentitySpecInput } from './identity/identity-spec.ts';
import { ownerTagKey } from './identity/owner.ts';
import type { PublicIdentity } from './identity/public-identity.ts';
import type { NodePorts } from './node-ports.ts';
import { simulatedPod, type SimulatedPod } from './testing/simulated-pod.ts';

const pool = ['203.0.113.50', '203.0.113.51', '203.0.113.52', '203.0.113.53'];

async function onLink({ kernel }: SimulatedPod): Promise<string[]> {
  const state = await kernel.observe('net1', 200);
  const addresses = [...(state?.addresses ?? []), ...(state?.ipv6?.addresses ?? [])];
  return addresses.map((one) => `${one.address}/${one.prefixLength}`).toSorted();
}

const ensure = async (pod: SimulatedPod, change: Partial<IdentitySpecInput> = {}) => {
  const { identity } = await ensurePublicIdentity({ ...pod.spec, ...change }, { node: pod.node });
  return identity;
};

/** Somebody takes the address for the node. */
async function steal({ ec2 }: SimulatedPod, { associationId, allocationId }: PublicIdentity) {
  const { networkInterfaces } = ec2.snapshot();
  const node = networkInterfaces.find(({ attachment }) => attachment?.deviceIndex === 0);
  const { networkInterfaceId = '' } = node ?? {};
  await ec2.disassociateAddress({ associationId });
  await ec2.associateAddress({ allocationId, networkInterfaceId, privateIpAddress: '10.0.1.10' });
}

/** A pod whose process lost its address and died before it had taken it off the link. */
async function leaveOne(pod: SimulatedPod, change: Partial<IdentitySpecInput> = {}) {
  const lost = await ensure(pod, change);
  await steal(pod, lost);
  return lost;
}

/** The same, but it had withdrawn it. */
async function afterHalfAFence(pod: SimulatedPod, change: Partial<IdentitySpecInput> = {}) {
  const lost = await leaveOne(pod, change);
  await pod.publisher.withdraw(lost);
  return lost;
}

/** A node on which something is looked at before each address goes. */
function watchRemovals({ node }: SimulatedPod, look: () => Promise<void>): NodePorts {
  return {
    ...node,
    openKernel: async () => {
      const kernel = await node.openKernel();
      return {
        ...kernel,
        apply: async (step) => {
          if (step.kind === 'remove-address') await look();
          await kernel.apply(step);
        },
      };
    },
  };
}

describe('ensurePublicIdentity, after a process that left an address on the link', () => {
  it('takes it off, and what keeps its sockets in stays', async () => {
    const pod = simulatedPod({ pool });
    const lost = await afterHalfAFence(pod);
    expect(await onLink(pod)).toContain(`${lost.publicIp}/32`);
    const { publicIp } = await ensure(pod);
    expect(await onLink(pod)).toEqual(['10.0.2.128/24', `${publicIp}/32`]);
    const { rules, routes } = pod.kernel.snapshot();
    expect(rules).toContainEqual(expect.objectContaining({ from: `${lost.publicIp}/32` }));
    expect(routes).toContainEqual(expect.objectContaining({ type: 'unreachable' }));
  });

  it('withdraws it first where it is published still', async () => {
    const pod = simulatedPod({ pool });
    const lost = await leaveOne(pod);
    const published: unknown[] = [];
    const node = watchRemovals(pod, async () => {
      published.push(await pod.publisher.current());
    });
    const { identity } = await ensurePublicIdentity(pod.spec, { node });
    expect(published).toEqual([undefined]);
    expect(await onLink(pod)).not.toContain(`${lost.publicIp}/32`);
    expect(await pod.publisher.current()).toEqual(identity);
  });

  it('withdraws what another has by now, and takes it off, also where it gets no address itself', async () => {
    const pod = simulatedPod({ pool: ['203.0.113.50'] });
    const lost = await leaveOne(pod);
    await pod.ec2.deleteTags({ resources: [lost.allocationId], tags: [{ key: ownerTagKey }] });
    // so soon after the claim the describe that shows it elsewhere may be from before
    await expect(ensure(pod)).rejects.toMatchObject({ code: 'PoolExhausted' });
    expect(await pod.publisher.current()).toEqual(lost);
    expect(await onLink(pod)).toContain(`${lost.publicIp}/32`);
    pod.clock.advance(describeLagMs);
    await expect(ensure(pod)).rejects.toMatchObject({ code: 'PoolExhausted' });
    expect(await pod.publisher.current()).toBeUndefined();
    expect(await onLink(pod)).toEqual(['10.0.2.128/24']);
    expect(pod.ec2.snapshot().addresses[0]?.privateIpAddress).toBe('10.0.1.10');
  });

  it('takes it off also when it adopts what stands published, and leaves that as it is', async () => {
    const pod = simulatedPod({ pool });
    const lost = await afterHalfAFence(pod);
    const identity = await ensure(pod);
    pod.kernel.addAddress('net1', `${lost.publicIp}/32`, 'link');
    expect(await ensure(pod)).toEqual(identity);
    expect(await onLink(pod)).toEqual(['10.0.2.128/24', `${identity.publicIp}/32`]);
    expect(await pod.publisher.current()).toEqual(identity);
  });

  it('is not done with the address on the link: nothing is published while it cannot be taken off', async () => {
    const pod = simulatedPod({ pool });
    await afterHalfAFence(pod);
    pod.kernel.inject({ step: 'remove-address', errno: 'EBUSY' });
    await expect(ensure(pod)).rejects.toMatchObject({ code: 'KernelRefused' });
    expect(await pod.publisher.current()).toBeUndefined();
    const { publicIp } = await ensure(pod);
    expect(await onLink(pod)).toEqual(['10.0.2.128/24', `${publicIp}/32`]);
  });

  it('takes its nftables table along', async () => {
    const pod = simulatedPod({ pool });
    const delivery = { delivery: 'translate', routedCidrs: ['10.0.1.0/24'] } as const;
    await afterHalfAFence(pod, delivery);
    const { publicIp } = await ensure(pod, delivery);
    const { deliveryTables } = pod.kernel.snapshot();
    expect(deliveryTables.map((table) => table.publicIp)).toEqual([publicIp]);
  });

  it('leaves an address that a person put there', async () => {
    const pod = simulatedPod({ pool });
    await afterHalfAFence(pod);
    pod.kernel.addAddress('net1', '198.51.100.9/32', 'link');
    const { publicIp } = await ensure(pod);
    expect(await onLink(pod)).toEqual(['10.0.2.128/24', '198.51.100.9/32', `${publicIp}/32`]);
  });
});

describe('ensurePublicIdentity, on a link that another identity is on', () => {
  it('leaves its address, and takes off what was published for its own private IP', async () => {
    const pod = simulatedPod({ pool });
    pod.kernel.addAddress('net1', '10.0.2.129/24');
    const other = await ensure(pod, { privateIp: '10.0.2.129' });
    const lost = await leaveOne(pod, { privateIp: '10.0.2.128' });
    const { publicIp } = await ensure(pod, { privateIp: '10.0.2.128' });
    expect(await onLink(pod)).toContain(`${other.publicIp}/32`);
    expect(await onLink(pod)).toContain(`${publicIp}/32`);
    expect(await onLink(pod)).not.toContain(`${lost.publicIp}/32`);
  });

  it('leaves what nothing says to be its own', async () => {
    const pod = simulatedPod({ pool });
    pod.kernel.addAddress('net1', '10.0.2.129/24');
    const other = await ensure(pod, { privateIp: '10.0.2.129' });
    const lost = await afterHalfAFence(pod, { privateIp: '10.0.2.128' });
    await ensure(pod, { privateIp: '10.0.2.128' });
    expect(await onLink(pod)).toContain(`${other.publicIp}/32`);
    expect(await onLink(pod)).toContain(`${lost.publicIp}/32`);
  });
});

describe('ensurePublicIdentity, dual stack, after a process with another IPv6 address', () => {
  const dualStack = {
    addressFamilies: ['ipv4', 'ipv6'],
    gatewayIpv6: 'fe80::1',
    vpcIpv6Cidrs: ['2001:db8:0:200::/56'],
  } as const satisfies Partial<IdentitySpecInput>;
  const [first, second] = ['2001:db8:0:202::50', '2001:db8:0:202::51'];

  it('takes that off, too', async () => {
    const pod = simulatedPod({ pool });
    await ensure(pod, { ...dualStack, publicIpv6: first });
    const { publicIp } = await ensure(pod, { ...dualStack, publicIpv6: second });
    const held = [`${second}/128`, `${publicIp}/32`];
    expect(await onLink(pod)).toEqual(['10.0.2.128/24', ...held]);
  });

  it('leaves it to another identity on the link', async () => {
    const pod = simulatedPod({ pool });
    pod.kernel.addAddress('net1', '10.0.2.129/24');
    await ensure(pod, { ...dualStack, publicIpv6: first, privateIp: '10.0.2.129' });
    await ensure(pod, { ...dualStack, publicIpv6: second, privateIp: '10.0.2.128' });
    expect(await onLink(pod)).toContain(`${first}/128`);
  });
});
