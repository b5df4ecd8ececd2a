import { describe, expect, it } from 'vitest';
import { ensurePublicIdentity } from './ensure-public-identity.ts';
import type { IdentitySpecInput } from './identity/identity-spec.ts';
import type { FakeStunServer } from './testing/fake-internet/fake-stun-server.ts';
import {
  causesOf,
  codesOf,
  hold,
  one,
  oneOther,
  seeing,
  silent,
  verify,
  type Held,
} from './testing/held-with-stun.ts';
import { simulatedPod } from './testing/simulated-pod.ts';
import type { VerifyReport } from './verify/verify-report.ts';

const address = '2001:db8:0:202::50';
const six = { address: '2001:db8:ffff::50', port: 3478 };
const sixOther = { address: '2001:db8:ffff::51', port: 3479 };
const dualStack = {
  addressFamilies: ['ipv4', 'ipv6'],
  publicIpv6: address,
  gatewayIpv6: 'fe80::1',
  vpcIpv6Cidrs: ['2001:db8:0:200::/56'],
} as const satisfies Partial<IdentitySpecInput>;
const both = { stunServers: ['198.51.100.50', '[2001:db8:ffff::50]:3478'], ports: [5060] };
const four: FakeStunServer = { at: one, other: oneOther };

function holdBoth(ipv6: FakeStunServer = { at: six, other: sixOther }): Promise<Held> {
  return hold([four, ipv6], dualStack);
}

function provenOf({ families }: VerifyReport): readonly unknown[] {
  return families.map(({ family, outboundProven, inboundProven }) => [
    family,
    outboundProven,
    inboundProven,
  ]);
}

describe('a dual-stack identity on the wire', () => {
  it('is proven by each family apart, IPv6 as the very address that it is bound to', async () => {
    const report = await verify(await holdBoth(), { wire: both });
    expect(report.paths).toMatchObject([
      { family: 'ipv4', peers: 'internet', local: { address: '10.0.2.128' } },
      {
        family: 'ipv6',
        peers: 'all',
        local: { address, port: 5060 },
        advertised: { address, port: 5060 },
        outbound: 'proven',
        inbound: 'proven',
      },
    ]);
    expect(provenOf(report)).toEqual([
      ['ipv4', true, true],
      ['ipv6', true, true],
    ]);
    expect(report.outboundProven && report.inboundProven).toBe(true);
    expect(report.findings).toEqual([]);
  });

  it('says of servers without IPv6 that nothing was asked, and proves it by IPv4 alone', async () => {
    const report = await verify(await holdBoth(), {
      wire: { ...both, stunServers: ['198.51.100.50'] },
    });
    expect(report.findings).toMatchObject([{ code: 'ipv6-not-asked', family: 'ipv6' }]);
    expect(provenOf(report)).toEqual([
      ['ipv4', true, true],
      ['ipv6', false, false],
    ]);
  });

  it('asks a server by name in both families', async () => {
    const held = await holdBoth();
    const { internet } = held.pod;
    const asked: string[] = [];
    internet.resolve = async (_host, family) => {
      asked.push(family);
      return family === 'ipv6' ? [six.address] : [one.address];
    };
    const report = await verify(held, { wire: { ...both, stunServers: ['stun.example.com'] } });
    expect(asked).toEqual(['ipv4', 'ipv6']);
    expect(report.outboundProven && report.inboundProven).toBe(true);
    expect(report.paths.map(({ family }) => family)).toEqual(['ipv4', 'ipv6']);
  });

  it('a translator of IPv6 is found, with the family that it is about, and causes nothing of IPv4', async () => {
    const seen = { address: '2001:db8:aaaa::1', port: 5060 };
    const report = await verify(await holdBoth(seeing(six, seen)), { wire: both });
    expect(report.findings).toContainEqual(
      expect.objectContaining({
        code: 'source-translated',
        family: 'ipv6',
        severity: 'broken',
        remedy: expect.stringContaining('no gateway of EC2 does') as string,
      }),
    );
    expect(provenOf(report)[0]).toEqual(['ipv4', true, true]);
    expect(report.outboundProven).toBe(false);
  });

  it('its rule gone, sending is refused or lost, and the rule of IPv6 is the cause', async () => {
    const held = await holdBoth();
    const state = await held.pod.kernel.observe('net1', 200);
    const from = `${address}/128`;
    const rule = state?.ipv6?.rules.find((each) => each.from === from);
    if (rule === undefined) throw new Error('there is no rule');
    await held.pod.kernel.apply({
      kind: 'remove-ipv6-rule',
      priority: rule.priority,
      from: rule.from ?? (from as never),
      table: rule.table,
    });
    const report = await verify(held, { wire: both });
    const [code] = codesOf(report).filter(
      (each) => each.endsWith('silent') || each === 'send-refused',
    );
    expect(causesOf(report, code ?? 'send-refused')).toContain('ipv6-rule-missing');
    expect(provenOf(report)[0]).toEqual(['ipv4', true, true]);
  });
});

it('an IPv6 default route that lets packets of any size leave is a warning', async () => {
  const { pod, held } = await holdBoth();
  await pod.kernel.apply({
    kind: 'replace-ipv6-route',
    table: 200,
    destination: '::/0' as never,
    linkIndex: (await pod.kernel.observe('net1', 200))?.linkIndex ?? 0,
    linkName: 'net1',
    gateway: 'fe80::1' as never,
  });
  const { findings } = await verify({ pod, held }, {});
  expect(findings).toMatchObject([
    { code: 'ipv6-internet-mtu-unlimited', severity: 'warning', wanted: 'mtu 1500 on it' },
  ]);
});

const ensure = (servers: readonly FakeStunServer[], stunServers: readonly string[]) => {
  const pod = simulatedPod();
  for (const server of servers) pod.internet.addStunServer(server);
  const proof = {
    require: 'outbound',
    wire: { stunServers, ports: [5060] },
    attempts: 1,
  } as const;
  return ensurePublicIdentity({ ...pod.spec, ...dualStack, proof }, { node: pod.node });
};

describe('an ensure that requires a proof by packets', () => {
  it('publishes what both families prove', async () => {
    const { identity } = await ensure([four, { at: six }], both.stunServers);
    expect(identity.publicIpv6?.address).toBe(address);
  });

  it.each<[string, readonly FakeStunServer[], readonly string[], RegExp]>([
    ['no server is asked by IPv6', [four], ['198.51.100.50'], /ipv6-not-asked/],
    ['servers are silent by IPv6', [four, silent(six)], both.stunServers, /all-servers-silent/],
  ])('publishes nothing when %s', async (_what, servers, stunServers, message) => {
    await expect(ensure(servers, stunServers)).rejects.toMatchObject({
      code: 'OutboundNotProven',
      message: expect.stringMatching(message) as string,
    });
  });
});
