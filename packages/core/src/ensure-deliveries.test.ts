import { describe, expect, it } from 'vitest';
import { ensurePublicIdentity } from './ensure-public-identity.ts';
import type { IdentitySpecInput } from './identity/identity-spec.ts';
import { parsePublicIdentity } from './identity/parse-public-identity.ts';
import { releasePublicIdentity } from './release-public-identity.ts';
import { simulatedPod } from './testing/simulated-pod.ts';

const [privateIp, publicIp, every] = ['10.0.2.128', '203.0.113.50', '0.0.0.0'];
const routedCidrs = ['10.0.1.0/24'];
const sip = { protocol: 'udp', first: 5060, last: 5060 } as const;
const tls = { protocol: 'tcp', first: 5061, last: 5061 } as const;

interface Row {
  readonly asked: Partial<IdentitySpecInput>;
  readonly bind: object;
  readonly tables: number;
}

const rows: Row[] = [
  { asked: { delivery: 'both' }, bind: { internet: privateIp, vpc: publicIp }, tables: 0 },
  {
    asked: { delivery: 'translate', routedCidrs },
    bind: { internet: privateIp, vpc: privateIp },
    tables: 1,
  },
  {
    asked: { delivery: 'rule', routedCidrs, ports: [sip] },
    bind: { internet: every, vpc: every },
    tables: 0,
  },
  { asked: { delivery: 'dnat' }, bind: { internet: privateIp, vpc: privateIp }, tables: 1 },
  { asked: { delivery: 'any', ports: [tls] }, bind: { internet: every, vpc: every }, tables: 0 },
];

describe.each(rows)('$asked.delivery, from ensure to release', ({ asked, bind, tables }) => {
  it('is published with what to bind, read back, ensured again without a step, and released whole', async () => {
    const pod = simulatedPod();
    const spec = { ...pod.spec, ...asked };
    const { identity } = await ensurePublicIdentity(spec, { node: pod.node });
    expect(identity).toMatchObject({ ...asked, bind, privateIp, publicIp });
    expect(parsePublicIdentity(JSON.stringify(identity), 'the test')).toEqual(identity);
    expect(pod.kernel.snapshot().deliveryTables).toHaveLength(tables);

    const steps: string[] = [];
    const again = await ensurePublicIdentity(spec, {
      node: pod.node,
      onStep: ({ name }) => steps.push(name),
    });
    expect(again.identity).toEqual(identity);
    expect(steps).toEqual([]);

    await releasePublicIdentity(again, { node: pod.node });
    const { deliveryTables, links } = pod.kernel.snapshot();
    expect(deliveryTables).toEqual([]);
    expect(JSON.stringify(links)).not.toContain(publicIp);
  });
});

it.each(rows)(
  '$asked.delivery leaves no table behind when the link went first',
  async ({ asked }) => {
    const pod = simulatedPod();
    const held = await ensurePublicIdentity({ ...pod.spec, ...asked }, { node: pod.node });
    pod.kernel.removeLink('net1');
    await held.release();
    expect(pod.kernel.snapshot().deliveryTables).toEqual([]);
  },
);

it('another delivery is another identity file, with nothing left of the first', async () => {
  const pod = simulatedPod();
  const plain = await ensurePublicIdentity(pod.spec, { node: pod.node });
  const before = pod.kernel.snapshot();
  for (const [at, { asked, bind }] of rows.slice(1).entries()) {
    const { identity } = await ensurePublicIdentity({ ...pod.spec, ...asked }, { node: pod.node });
    expect(identity).toMatchObject({ ...asked, bind, generation: at + 2 });
  }
  const { identity } = await ensurePublicIdentity(pod.spec, { node: pod.node });
  expect(identity.bind).toEqual(plain.identity.bind);
  expect(pod.kernel.snapshot()).toEqual(before);
});

it('a kernel without nftables gives the claim back with DeliveryImpossible', async () => {
  const pod = simulatedPod();
  pod.kernel.inject({ step: 'replace-delivery-table', errno: 'EOPNOTSUPP' });
  const spec = { ...pod.spec, delivery: 'dnat' } as const;
  await expect(ensurePublicIdentity(spec, { node: pod.node })).rejects.toMatchObject({
    code: 'DeliveryImpossible',
    retry: 'never',
  });
  const { addresses } = pod.ec2.snapshot();
  expect(addresses.map(({ associationId }) => associationId)).toEqual([undefined]);
  expect(JSON.stringify(pod.kernel.snapshot().links)).not.toContain(publicIp);
});

it('delivery rule on the table of another identity is refused before an address is claimed', async () => {
  const pod = simulatedPod({ pool: ['203.0.113.50', '203.0.113.51'] });
  const first = await ensurePublicIdentity(pod.spec, { node: pod.node });
  pod.kernel.addAddress('net1', '10.0.2.129/24');
  const spec: IdentitySpecInput = {
    ...pod.spec,
    privateIp: '10.0.2.129',
    owner: { ...pod.spec.owner, pod: 'gateway-1', uid: 'uid-gateway-1' },
    delivery: 'rule',
    routedCidrs,
    ports: [sip],
  };
  await expect(ensurePublicIdentity(spec, { node: pod.node })).rejects.toMatchObject({
    code: 'DeliveryImpossible',
  });
  const held = pod.ec2.snapshot().addresses.filter(({ associationId }) => associationId);
  expect(held.map((address) => address.publicIp)).toEqual([first.identity.publicIp]);
});

/** One on the Internet, one in a subnet with our /32. */
const servers = ['198.51.100.50', '10.0.1.100'];

it.each(rows.filter(({ asked }) => asked.delivery !== 'dnat' && asked.delivery !== 'any'))(
  '$asked.delivery shows servers on the Internet and in the VPC the advertised tuple',
  async ({ asked }) => {
    const pod = simulatedPod();
    for (const address of servers) pod.internet.addStunServer({ at: { address, port: 3478 } });
    const proof = { require: 'outbound', wire: { stunServers: servers, ports: [5060] } } as const;
    const { identity } = await ensurePublicIdentity(
      { ...pod.spec, ...asked, proof },
      { node: pod.node },
    );
    expect(identity.publicIp).toBe(publicIp);
  },
);

it('dnat is not proven by what the pod begins: a server in the VPC sees the private tuple', async () => {
  const pod = simulatedPod();
  for (const address of servers) pod.internet.addStunServer({ at: { address, port: 3478 } });
  const proof = { require: 'outbound', wire: { stunServers: servers, ports: [5060] } } as const;
  const spec = { ...pod.spec, delivery: 'dnat', proof } as const;
  await expect(ensurePublicIdentity(spec, { node: pod.node })).rejects.toMatchObject({
    code: 'OutboundNotProven',
  });
});
