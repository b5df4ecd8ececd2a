import { describe, expect, it } from 'vitest';
import { ensurePublicIdentity } from './ensure-public-identity.ts';
import { ownerTagKey, poolTagKey } from './identity/owner.ts';
import type { StepEvent } from './identity/step-event.ts';
import { releasePublicIdentity } from './release-public-identity.ts';
import { simulatedPod, type SimulatedPod } from './testing/simulated-pod.ts';

/** What of ours is left in EC2: associations and owner tags of the pool, /32 routes, our private IP. */
function leftInEc2({ ec2 }: SimulatedPod): string[] {
  const { addresses, routeTables, networkInterfaces } = ec2.snapshot();
  return [
    ...addresses
      .filter((a) => a.associationId !== undefined)
      .map((a) => `association ${a.publicIp}`),
    ...addresses
      .filter((a) => a.tags.some(({ key }) => key === ownerTagKey))
      .map((a) => `tag ${a.publicIp}`),
    ...routeTables.flatMap(({ routes }) =>
      routes
        .filter((r) => r.destinationCidrBlock.endsWith('/32'))
        .map((r) => `route ${r.destinationCidrBlock}`),
    ),
    ...networkInterfaces.flatMap((eni) =>
      eni.privateIpAddresses
        .filter((ip) => !ip.primary)
        .map((ip) => `private IP ${ip.privateIpAddress}`),
    ),
  ];
}

function publicAddresses({ kernel }: SimulatedPod): string[] {
  return kernel
    .snapshot()
    .links.flatMap(({ addresses }) => addresses)
    .filter(({ scope }) => scope === 'link')
    .map(({ address }) => address);
}

describe('ensurePublicIdentity', () => {
  it('takes, proves and publishes an identity', async () => {
    const pod = simulatedPod();
    const { identity } = await ensurePublicIdentity(pod.spec, { node: pod.node });
    expect(identity).toMatchObject({
      schema: 'truetuple.identity/v1',
      generation: 1,
      publicIp: '203.0.113.50',
      privateIp: '10.0.2.128',
      bind: { internet: '10.0.2.128', vpc: '203.0.113.50' },
      gateway: '10.0.2.1',
      subnetCidr: '10.0.2.0/24',
      privateIpAssignedByUs: true,
    });
    expect(await pod.publisher.current()).toEqual(identity);
    expect(publicAddresses(pod)).toEqual(['203.0.113.50']);
    expect(leftInEc2(pod)).toEqual([
      'association 203.0.113.50',
      'tag 203.0.113.50',
      'route 203.0.113.50/32',
      'private IP 10.0.2.128',
    ]);
  });

  it('does nothing the second time: no write, no step, the same generation', async () => {
    const pod = simulatedPod();
    const first = await ensurePublicIdentity(pod.spec, { node: pod.node });
    const writes = pod.ec2.calls.countWrites();
    const steps = pod.kernel.applied.length;
    const told: StepEvent[] = [];
    const second = await ensurePublicIdentity(pod.spec, {
      node: pod.node,
      onStep: (e) => told.push(e),
    });
    expect(second.identity).toEqual(first.identity);
    expect(pod.ec2.calls.countWrites()).toBe(writes);
    expect(pod.kernel.applied.length).toBe(steps);
    expect(told).toEqual([]);
  });

  it('leads no VPC route to the pod before the address is on the link', async () => {
    const pod = simulatedPod();
    const done: string[] = [];
    await ensurePublicIdentity(pod.spec, {
      node: pod.node,
      onStep: ({ phase, name }) => phase === 'done' && done.push(name),
    });
    expect(done.indexOf('install-fail-closed-route')).toBeLessThan(done.indexOf('add-rule'));
    expect(done.indexOf('associate-address')).toBeLessThan(done.indexOf('tag-owner'));
    expect(done.indexOf('tag-owner')).toBeLessThan(done.indexOf('add-address'));
    expect(done.indexOf('add-address')).toBeLessThan(done.indexOf('create-route'));
    expect(done.at(-1)).toBe('publish');
  });

  it('tells each step twice, with its words, and how long it took', async () => {
    const pod = simulatedPod();
    const events: StepEvent[] = [];
    await ensurePublicIdentity(pod.spec, { node: pod.node, onStep: (e) => events.push(e) });
    const done = events.filter(({ phase }) => phase === 'done');
    expect(events).toHaveLength(done.length * 2);
    for (const event of done) {
      expect(event.sentence).not.toBe('');
      expect(event.command).not.toBe('');
      expect(event.durationMs).toBeGreaterThanOrEqual(0);
    }
  });

  it('gives the claim back when another pod of the node has the address, and takes the next', async () => {
    const pod = simulatedPod({ pool: ['203.0.113.50', '203.0.113.51'] });
    const first = await ensurePublicIdentity(pod.spec, { node: pod.node });
    await first.release();
    // the kernel refuses the address it took, once: its last holder's namespace has not let go yet
    pod.kernel.inject({ step: 'add-address', errno: 'EADDRINUSE' });
    const second = await ensurePublicIdentity(pod.spec, { node: pod.node });
    expect(second.identity.publicIp).not.toBe(first.identity.publicIp);
    expect(publicAddresses(pod)).toEqual([second.identity.publicIp]);
    expect(leftInEc2(pod).filter((left) => left.includes(first.identity.publicIp))).toEqual([]);
  });

  it.each([
    ['CreateRoute', 'UnauthorizedOperation', 'AccessDenied'],
    ['AssociateAddress', 'UnauthorizedOperation', 'AccessDenied'],
    ['CreateTags', 'UnauthorizedOperation', 'AccessDenied'],
    ['AssignPrivateIpAddresses', 'PrivateIpAddressLimitExceeded', 'LimitExceeded'],
  ] as const)('gives everything back when %s answers %s', async (action, error, code) => {
    const pod = simulatedPod();
    pod.ec2.inject({ action, error, times: 50 });
    await expect(ensurePublicIdentity(pod.spec, { node: pod.node })).rejects.toMatchObject({
      code,
    });
    expect(leftInEc2(pod)).toEqual([]);
    expect(publicAddresses(pod)).toEqual([]);
    expect(await pod.publisher.current()).toBeUndefined();
  });

  it('gives everything back when the kernel refuses', async () => {
    const pod = simulatedPod();
    pod.kernel.netAdmin = false;
    await expect(ensurePublicIdentity(pod.spec, { node: pod.node })).rejects.toMatchObject({
      code: 'NetAdminMissing',
    });
    expect(leftInEc2(pod)).toEqual([]);
  });

  it('publishes nothing that a foreign rule would break, and says which rule', async () => {
    const pod = simulatedPod();
    pod.kernel.addRule({ priority: 10, table: 254, protocol: 3, hasMore: false });
    await expect(ensurePublicIdentity(pod.spec, { node: pod.node })).rejects.toMatchObject({
      code: 'NotProven',
      message: expect.stringContaining('rule 10') as string,
    });
    expect(leftInEc2(pod)).toEqual([]);
    expect(await pod.publisher.current()).toBeUndefined();
  });

  it('hands back what it took when it is aborted', async () => {
    const pod = simulatedPod();
    const abort = new AbortController();
    pod.ec2.onChange((change) => {
      if (change.kind === 'address-associated') abort.abort();
    });
    await expect(
      ensurePublicIdentity(pod.spec, { node: pod.node, signal: abort.signal }),
    ).rejects.toMatchObject({ code: 'Aborted' });
    expect(leftInEc2(pod)).toEqual([]);
    expect(publicAddresses(pod)).toEqual([]);
  });

  it('adopts what a killed process of the same pod left, and claims no second address', async () => {
    const pod = simulatedPod({ pool: ['203.0.113.50', '203.0.113.51', '203.0.113.52'] });
    const killed = await ensurePublicIdentity(pod.spec, { node: pod.node });
    const again = await ensurePublicIdentity(pod.spec, { node: pod.node });
    expect(again.identity.publicIp).toBe(killed.identity.publicIp);
    expect(leftInEc2(pod).filter((left) => left.startsWith('association'))).toHaveLength(1);
  });
});

describe('releasePublicIdentity', () => {
  it('leaves nothing in EC2 and nothing published; bound sockets stay closed in', async () => {
    const pod = simulatedPod();
    const held = await ensurePublicIdentity(pod.spec, { node: pod.node });
    await held.release();
    expect(leftInEc2(pod)).toEqual([]);
    expect(publicAddresses(pod)).toEqual([]);
    expect(await pod.publisher.current()).toBeUndefined();
    const { from, to } = { from: held.identity.privateIp, to: held.identity.gateway };
    expect(await pod.kernel.lookupRoute({ from, to })).toMatchObject({ kind: 'unreachable' });
  });

  it('is safe twice, at once, and from another process with the value alone', async () => {
    const pod = simulatedPod();
    const held = await ensurePublicIdentity(pod.spec, { node: pod.node });
    await Promise.all([held.release(), held.release()]);
    await held.release();
    const before = pod.ec2.snapshot();
    pod.ec2.calls.clear();
    const value = structuredClone(held.identity);
    await releasePublicIdentity(value, { node: pod.node });
    expect(pod.ec2.snapshot()).toEqual(before);
    // asked by its id, since a describe that does not show it may be from before the claim
    expect(pod.ec2.calls.countWrites()).toBe(1);
    expect(pod.ec2.calls.count('DisassociateAddress')).toBe(1);
    expect(leftInEc2(pod)).toEqual([]);
  });

  it('is what await using does', async () => {
    const pod = simulatedPod();
    {
      await using held = await ensurePublicIdentity(pod.spec, { node: pod.node });
      expect(held.identity.publicIp).toBe('203.0.113.50');
    }
    expect(leftInEc2(pod)).toEqual([]);
  });

  it('spares a private IP that was there before', async () => {
    const pod = simulatedPod();
    const eni = pod.ec2
      .snapshot()
      .networkInterfaces.find((one) => one.privateIpAddresses[0]?.privateIpAddress === '10.0.2.10');
    await pod.ec2.assignPrivateIpAddresses({
      networkInterfaceId: eni?.networkInterfaceId ?? '',
      privateIpAddresses: ['10.0.2.128'],
    });
    const held = await ensurePublicIdentity(pod.spec, { node: pod.node });
    expect(held.identity.privateIpAssignedByUs).toBe(false);
    await held.release();
    expect(leftInEc2(pod)).toEqual(['private IP 10.0.2.128']);
  });

  it('says what could not be given back, gives back the rest, and can be called again', async () => {
    const pod = simulatedPod();
    const held = await ensurePublicIdentity(pod.spec, { node: pod.node });
    pod.ec2.inject({ action: 'DisassociateAddress', error: 'UnauthorizedOperation', times: 50 });
    await expect(held.release()).rejects.toMatchObject({
      code: 'ReleaseIncomplete',
      message: expect.stringContaining('EC2') as string,
    });
    expect(publicAddresses(pod)).toEqual([]);
    expect(await pod.publisher.current()).toBeUndefined();
  });

  it('leaves an address alone that somebody else holds meanwhile', async () => {
    const pod = simulatedPod();
    const held = await ensurePublicIdentity(pod.spec, { node: pod.node });
    const taken = pod.ec2
      .snapshot()
      .networkInterfaces.find((eni) => eni.attachment?.deviceIndex === 0);
    await pod.ec2.associateAddress({
      allocationId: held.identity.allocationId,
      networkInterfaceId: taken?.networkInterfaceId ?? '',
      privateIpAddress: '10.0.1.10',
    });
    await pod.ec2.createTags({
      resources: [held.identity.allocationId],
      tags: [{ key: ownerTagKey, value: 'test/sip/other/uid-other/10.0.1.10/found/eni-1' }],
    });
    await held.release();
    expect(leftInEc2(pod)).toContain('association 203.0.113.50');
    expect(leftInEc2(pod)).toContain('tag 203.0.113.50');
  });
});

it('keeps two pods of one node apart: the pool is exhausted, with what to do', async () => {
  const pod = simulatedPod();
  await ensurePublicIdentity(pod.spec, { node: pod.node });
  const other = {
    ...pod.spec,
    owner: { ...pod.spec.owner, pod: 'gateway-1', uid: 'uid-gateway-1' },
  };
  pod.kernel.addAddress('net1', '10.0.2.129/24');
  await expect(
    ensurePublicIdentity({ ...other, privateIp: '10.0.2.129' }, { node: pod.node }),
  ).rejects.toMatchObject({
    code: 'PoolExhausted',
    remedy: expect.stringContaining(poolTagKey) as string,
  });
});
