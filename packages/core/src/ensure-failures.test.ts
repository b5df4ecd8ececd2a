import { expect, it, vi } from 'vitest';
import { transientFailuresBorne } from './cloud/observe/cloud-session.ts';
import { ensurePublicIdentity } from './ensure-public-identity.ts';
import { releasePublicIdentity } from './release-public-identity.ts';
import { simulatedPod, type SimulatedPod } from './testing/simulated-pod.ts';

function associated({ ec2 }: SimulatedPod): string[] {
  const { addresses } = ec2.snapshot();
  return addresses.filter((a) => a.associationId !== undefined).map(({ publicIp }) => publicIp);
}

function onLink({ kernel }: SimulatedPod): string[] {
  return kernel
    .snapshot()
    .links.flatMap(({ addresses }) => addresses)
    .filter(({ scope }) => scope === 'link')
    .map(({ address }) => address);
}

it('leaves an identity that stood before as it was when repeating ensure fails', async () => {
  const pod = simulatedPod();
  const { identity } = await ensurePublicIdentity(pod.spec, { node: pod.node });
  const [routeTableId = ''] = identity.routeTableIds;
  const destinationCidrBlock = `${identity.publicIp}/32`;
  await pod.ec2.deleteRoute({ routeTableId, destinationCidrBlock });
  pod.ec2.denyActions(['CreateRoute']);
  await expect(ensurePublicIdentity(pod.spec, { node: pod.node })).rejects.toMatchObject({
    code: 'AccessDenied',
  });
  expect(associated(pod)).toEqual([identity.publicIp]);
  expect(await pod.publisher.current()).toEqual(identity);
  expect(onLink(pod)).toEqual([identity.publicIp]);
});

it.each(['RequestLimitExceeded', 'TimeoutError'])(
  'asks EC2 no more once it has been silent (%s), and leaves what stands published',
  async (error) => {
    const pod = simulatedPod();
    const { identity } = await ensurePublicIdentity(pod.spec, { node: pod.node });
    pod.ec2.calls.clear();
    pod.ec2.inject({ action: '*', error, times: 1000 });
    const ensuring = ensurePublicIdentity(pod.spec, { node: pod.node });
    await expect(ensuring).rejects.toMatchObject({
      code: expect.stringMatching(/^Throttled|^CloudUn/) as string,
    });
    expect(pod.ec2.calls.count()).toBe(1 + transientFailuresBorne);
    expect(await pod.publisher.current()).toEqual(identity);
  },
);

/** The first claim is taken off the pod by somebody once it is on the link, and given to the node. */
async function stealFirstClaim(pod: SimulatedPod): Promise<void> {
  const { addresses, networkInterfaces } = pod.ec2.snapshot();
  const claim = addresses.find(({ associationId }) => associationId !== undefined);
  const node = networkInterfaces.find(({ attachment }) => attachment?.deviceIndex === 0);
  await pod.ec2.disassociateAddress({ associationId: claim?.associationId ?? '' });
  await pod.ec2.associateAddress({
    allocationId: claim?.allocationId ?? '',
    networkInterfaceId: node?.networkInterfaceId ?? '',
    privateIpAddress: '10.0.1.10',
  });
}

it('gives the claim back when a lost one cannot be taken off the link', async () => {
  const pod = simulatedPod({ pool: ['203.0.113.50', '203.0.113.51'] });
  let stolen: string | undefined;
  pod.kernel.inject({ step: 'remove-address', errno: 'EBUSY', times: 50 });
  const ensuring = ensurePublicIdentity(pod.spec, {
    node: {
      ...pod.node,
      openKernel: async () => {
        const kernel = await pod.node.openKernel();
        return {
          ...kernel,
          apply: async (step) => {
            await kernel.apply(step);
            if (step.kind !== 'add-address' || stolen !== undefined) return;
            stolen = step.address;
            await stealFirstClaim(pod);
          },
        };
      },
    },
  });
  await expect(ensuring).rejects.toMatchObject({ code: 'KernelRefused' });
  expect(stolen).toBeDefined();
  expect(associated(pod)).toEqual([stolen]);
});

it('advertises no longer what it gives back, be it from before', async () => {
  const pod = simulatedPod();
  const { identity } = await ensurePublicIdentity(pod.spec, { node: pod.node });
  const link = pod.kernel.snapshot().links.find(({ name }) => name === 'net1');
  const { publicIp: address } = identity;
  const linkIndex = link?.index ?? 0;
  await pod.kernel.apply({ kind: 'remove-address', linkIndex, linkName: 'net1', address });
  pod.kernel.inject({ step: 'add-address', errno: 'EADDRINUSE' });
  await expect(ensurePublicIdentity(pod.spec, { node: pod.node })).rejects.toMatchObject({
    code: 'PoolExhausted',
  });
  expect(associated(pod)).toEqual([]);
  expect(await pod.publisher.current()).toBeUndefined();
});

it('tries every address of a big pool before it gives up', async () => {
  const pool = Array.from({ length: 80 }, (_, index) => `203.0.113.${index + 1}`);
  const pod = simulatedPod({ pool });
  pod.ec2.inject({ action: 'AssociateAddress', error: 'Resource.AlreadyAssociated', times: 79 });
  const { identity } = await ensurePublicIdentity(pod.spec, { node: pod.node });
  expect(associated(pod)).toEqual([identity.publicIp]);
});

it('says why it failed even when not all could be given back', async () => {
  const pod = simulatedPod();
  pod.kernel.addRule({ priority: 10, table: 254, protocol: 3, hasMore: false });
  pod.ec2.denyActions(['DisassociateAddress']);
  await expect(ensurePublicIdentity(pod.spec, { node: pod.node })).rejects.toMatchObject({
    code: 'NotProven',
    message: expect.stringMatching(/rule 10.*DisassociateAddress/s) as string,
    remedy: expect.stringContaining('reaper') as string,
  });
});

it.each(['associate-address', 'create-route', 'add-address', 'publish'])(
  'gives everything back when the listener throws at %s',
  async (name) => {
    const pod = simulatedPod();
    const before = pod.ec2.snapshot().addresses;
    const listening = ensurePublicIdentity(pod.spec, {
      node: pod.node,
      onStep: (event) => {
        if (event.name === name && event.phase === 'done') throw new Error('listener');
        if (event.phase === 'failed' || event.name.startsWith('delete')) throw new Error('again');
      },
    });
    await expect(listening).rejects.toThrow('listener');
    expect(pod.ec2.snapshot().addresses).toEqual(before);
    expect(onLink(pod)).toEqual([]);
    expect(await pod.publisher.current()).toBeUndefined();
  },
);

const onStep = (): unknown => Promise.reject(new Error('of the listener'));

it('a listener that fails later ends nothing: it is a warning of the process', async () => {
  const warn = vi.spyOn(process, 'emitWarning').mockReturnValue();
  const pod = simulatedPod();
  const held = await ensurePublicIdentity(pod.spec, { node: pod.node, onStep });
  await releasePublicIdentity(held, { node: pod.node, onStep });
  const told = warn.mock.calls.map(([warning]) => (warning as Error).message);
  expect(new Set(told)).toEqual(new Set(['of the listener']));
  expect(associated(pod)).toEqual([]);
  warn.mockRestore();
});

it('keeps a newer identity of the pod although the wall clock was set back since the older one', async () => {
  const pod = simulatedPod();
  const { identity } = await ensurePublicIdentity(pod.spec, { node: pod.node });
  await releasePublicIdentity(identity, { node: pod.node });
  pod.clock.advance(-3_600_000);
  const newer = await ensurePublicIdentity(pod.spec, { node: pod.node });
  expect(newer.identity.publishedAt < identity.publishedAt).toBe(true);
  const late = releasePublicIdentity(identity, { node: pod.node });
  await expect(late).rejects.toMatchObject({ code: 'Superseded' });
  expect(onLink(pod)).toEqual([identity.publicIp]);
});

it('keeps a newer identity of the pod when an older one is released once more', async () => {
  const pod = simulatedPod();
  const { identity } = await ensurePublicIdentity(pod.spec, { node: pod.node });
  await releasePublicIdentity(identity, { node: pod.node });
  pod.clock.advance(1);
  const newer = await ensurePublicIdentity(pod.spec, { node: pod.node });
  expect(newer.identity.publicIp).toBe(identity.publicIp);
  const late = releasePublicIdentity(identity, { node: pod.node });
  await expect(late).rejects.toMatchObject({
    code: 'Superseded',
    message: expect.stringContaining(newer.identity.associationId) as string,
    remedy: expect.stringContaining('/run/truetuple/public-ip.json') as string,
  });
  expect(await pod.publisher.current()).toEqual(newer.identity);
  expect(associated(pod)).toEqual([identity.publicIp]);
  expect(onLink(pod)).toEqual([identity.publicIp]);
  await newer.release();
  expect(associated(pod)).toEqual([]);
});
