import { describe, expect, it } from 'vitest';
import type { Cidr } from './identity/address.ts';
import type { FakeStunServer } from './testing/fake-internet/fake-stun-server.ts';
import {
  causesOf,
  codesOf,
  hold,
  one,
  oneOther,
  seeing,
  silent,
  three,
  two,
  verify,
  wire,
  type Held,
} from './testing/held-with-stun.ts';
import { verifyPublicIdentity } from './verify-public-identity.ts';
import type { FindingCode } from './verify/finding.ts';

const rule = { priority: 100, table: 200, protocol: 227, hasMore: false } as const;

describe('an identity that holds', () => {
  it('is proven both ways, each said apart, and nothing is found', async () => {
    const report = await verify(await hold());
    expect(report).toEqual({
      publicIp: '203.0.113.50',
      paths: [
        {
          port: 5060,
          family: 'ipv4',
          peers: 'internet',
          through: 'own-socket',
          local: { address: '10.0.2.128', port: 5060 },
          advertised: { address: '203.0.113.50', port: 5060 },
          outbound: 'proven',
          inbound: 'proven',
        },
      ],
      outboundProven: true,
      inboundProven: true,
      families: [{ family: 'ipv4', outboundProven: true, inboundProven: true }],
      findings: [],
    });
  });

  it('is proven by nothing when nothing is asked', async () => {
    const report = await verify(await hold(), {});
    expect(report).toMatchObject({
      paths: [],
      outboundProven: false,
      inboundProven: false,
      findings: [],
    });
  });

  it('is proven for each port, up to 64 of them, once each', async () => {
    const ports = [
      5060,
      5061,
      16_384,
      32_766,
      ...Array.from({ length: 60 }, (_, index) => 20_000 + index),
    ];
    const report = await verify(await hold(), { wire: { ...wire, ports } });
    expect(report.paths.map(({ port }) => port)).toEqual(ports);
    expect(report.outboundProven && report.inboundProven).toBe(true);
  });

  it('towards the VPC too: from the public address, to servers of its networks', async () => {
    const inVpc = { address: '10.0.1.200', port: 3478 };
    const held = await hold([{ at: one, other: oneOther }, { at: inVpc }]);
    const report = await verify(held, {
      wire: { stunServers: ['198.51.100.50', '10.0.1.200'], ports: [5060] },
    });
    expect(report.paths.map((path) => [path.peers, path.local.address, path.outbound])).toEqual([
      ['internet', '10.0.2.128', 'proven'],
      ['vpc', '203.0.113.50', 'proven'],
    ]);
    expect(report.outboundProven && report.inboundProven).toBe(true);
  });
});

it('delivery translate has one socket, and one path, for everybody', async () => {
  const held = await hold([{ at: one, other: oneOther }], {
    delivery: 'translate',
    routedCidrs: ['10.0.1.0/24'],
  });
  const report = await verify(held, {
    wire: { stunServers: ['198.51.100.50', '10.0.1.200'], ports: [5060], quorum: 1 },
  });
  expect(report.paths).toMatchObject([
    { peers: 'all', local: { address: '10.0.2.128' }, outbound: 'proven', inbound: 'proven' },
  ]);
  expect(codesOf(report)).toEqual(['server-silent']);
});

describe('what is wrong is found, with its cause', () => {
  it('no rule: packets leave by eth0, as the NAT gateway', async () => {
    const held = await hold();
    held.pod.kernel.removeRule({ ...rule, from: '10.0.2.128/32' as Cidr });
    const report = await verify(held);
    expect(report.outboundProven || report.inboundProven).toBe(false);
    expect(report.paths[0]).toMatchObject({ outbound: 'refuted' });
    expect(causesOf(report, 'source-translated')).toEqual(['route-elsewhere', 'rule-missing']);
    expect(causesOf(report, 'route-elsewhere')).toEqual(['rule-missing']);
    expect(causesOf(report, 'mapping-per-destination')).toEqual(['source-translated']);
    expect(codesOf(report)).toContain('inbound-silent');
  });

  it('another Elastic IP on the private IP', async () => {
    const held = await hold();
    const { ec2 } = held.pod;
    const { networkInterfaceId, associationId, privateIp } = held.held.identity;
    await ec2.disassociateAddress({ associationId });
    const other = ec2.allocateAddress({ publicIp: '203.0.113.51' });
    await ec2.associateAddress({
      allocationId: other.allocationId,
      networkInterfaceId,
      privateIpAddress: privateIp,
    });
    const report = await verify(held);
    expect(report.paths[0]).toMatchObject({ outbound: 'refuted' });
    expect(causesOf(report, 'other-public-address')).toEqual(['association-elsewhere']);
    const finding = report.findings.find(({ code }) => code === 'other-public-address');
    expect(finding).toMatchObject({ severity: 'broken', wanted: '203.0.113.50:5060' });
    expect(finding?.seen).toContain('203.0.113.51:5060 at 198.51.100.50:3478');
  });

  it('no Elastic IP: silence, which proves no mismatch', async () => {
    const held = await hold();
    await held.pod.ec2.disassociateAddress({ associationId: held.held.identity.associationId });
    const report = await verify(held);
    expect(report.paths[0]).toMatchObject({ outbound: 'silent', inbound: 'not-asked' });
    expect(causesOf(report, 'all-servers-silent')).toEqual(['association-missing']);
    expect(report.findings.find(({ code }) => code === 'all-servers-silent')?.severity).toBe(
      'unproven',
    );
  });

  it('the link is down: the system refuses to send', async () => {
    const held = await hold();
    held.pod.kernel.setLinkUp('net1', false);
    const report = await verify(held);
    expect(report.paths[0]).toMatchObject({ outbound: 'not-asked' });
    expect(causesOf(report, 'send-refused')).toContain('link-down');
  });

  it('the private address is gone: nothing can be bound', async () => {
    const held = await hold();
    held.pod.kernel.removeAddress('net1', '10.0.2.128/24');
    const report = await verify(held);
    expect(causesOf(report, 'source-not-bindable')).toEqual(['private-address-missing']);
    expect(report.paths[0]).toMatchObject({
      through: 'none',
      outbound: 'not-asked',
      inbound: 'not-asked',
    });
  });

  const cloud: readonly [FindingCode, (held: Held) => Promise<unknown>][] = [
    [
      'source-dest-check-on',
      ({ pod, held }) =>
        pod.ec2.setSourceDestCheck({
          networkInterfaceId: held.identity.networkInterfaceId,
          sourceDestCheck: true,
        }),
    ],
    [
      'private-ip-not-registered',
      ({ pod, held }) =>
        pod.ec2.unassignPrivateIpAddresses({
          networkInterfaceId: held.identity.networkInterfaceId,
          privateIpAddresses: [held.identity.privateIp],
        }),
    ],
    [
      'vpc-route-missing',
      ({ pod, held }) =>
        pod.ec2.deleteRoute({
          routeTableId: held.identity.routeTableIds[0] ?? '',
          destinationCidrBlock: '203.0.113.50/32',
        }),
    ],
    [
      'interface-not-attached',
      async ({ pod, held }) => pod.ec2.detachNetworkInterface(held.identity),
    ],
  ];
  it.each(cloud)('%s', async (code, spoil) => {
    const held = await hold();
    await spoil(held);
    const report = await verify(held, {});
    expect(report.findings).toContainEqual(expect.objectContaining({ code, severity: 'broken' }));
    expect(codesOf(await verify(held, { asksEc2: false }))).toEqual([]);
  });

  it('EC2 refuses to show it: not asked, no error', async () => {
    const held = await hold();
    held.pod.ec2.denyActions(['DescribeAddresses']);
    const report = await verify(held, {});
    expect(report.findings).toMatchObject([{ code: 'cloud-not-asked', severity: 'unproven' }]);
  });
});

describe('what servers say', () => {
  const right = { address: '203.0.113.50', port: 5060 };
  const stunServers = ['198.51.100.50', '198.51.100.60', '198.51.100.70'];
  const asking = { ...wire, stunServers };

  it.each<[string, FakeStunServer[], string, FindingCode[]]>([
    [
      'one of three lies',
      [seeing(one, right), seeing(two, right), seeing(three, { ...right, port: 7 })],
      'proven',
      ['port-rewritten', 'servers-disagree'],
    ],
    [
      'two of three say something else',
      [
        seeing(one, right),
        seeing(two, { ...right, port: 7 }),
        seeing(three, { ...right, port: 7 }),
      ],
      'disputed',
      ['port-rewritten', 'servers-disagree'],
    ],
    [
      'a symmetric NAT',
      [seeing(one, { ...right, port: 1 }), seeing(two, { ...right, port: 2 })],
      'refuted',
      ['server-silent', 'port-rewritten', 'mapping-per-destination'],
    ],
    [
      'a node of VPC CNI',
      [seeing(one, { address: '10.0.1.10', port: 63_929 })],
      'refuted',
      ['server-silent', 'server-silent', 'node-translated'],
    ],
    [
      'nobody translates',
      [seeing(one, { address: '10.0.2.128', port: 5060 })],
      'refuted',
      ['server-silent', 'server-silent', 'not-translated'],
    ],
    [
      'one of three is silent',
      [seeing(one, right), seeing(two, right), silent(three)],
      'proven',
      ['server-silent'],
    ],
    [
      'two of three are silent',
      [seeing(one, right), silent(two), silent(three)],
      'too-few',
      ['server-silent', 'server-silent', 'too-few-answers'],
    ],
    ['all are silent', [], 'silent', ['all-servers-silent']],
  ])('%s', async (_what, servers, outbound, codes) => {
    const report = await verify(await hold(servers), { wire: asking });
    expect(report.paths[0]?.outbound).toBe(outbound);
    expect(report.outboundProven).toBe(outbound === 'proven');
    expect(codesOf(report).filter((code) => code !== 'inbound-not-asked')).toEqual(codes);
    const severities = report.findings.map(({ severity }) => severity);
    expect(severities.includes('broken')).toBe(outbound === 'refuted' || outbound === 'disputed');
  });

  it('a quorum of one is enough for who says so', async () => {
    const held = await hold([seeing(one, right), silent(two), silent(three)]);
    const report = await verify(held, { wire: { ...asking, quorum: 1 } });
    expect(report.outboundProven).toBe(true);
  });

  it('who has no address counts as one who did not answer', async () => {
    const held = await hold([seeing(one, right)]);
    const report = await verify(held, {
      wire: { ...wire, stunServers: ['198.51.100.50', 'a.invalid', 'b.invalid'] },
    });
    expect(report.paths[0]?.outbound).toBe('too-few');
    expect(codesOf(report)).toEqual([
      'server-not-found',
      'server-not-found',
      'too-few-answers',
      'inbound-not-asked',
    ]);
  });

  it('an address that is rewritten inside of packets is told', async () => {
    const rewriting: FakeStunServer = {
      at: one,
      says: (answer) => ({
        ...answer,
        attributes: [
          { kind: 'xor-mapped-address', at: right },
          { kind: 'mapped-address', at: { address: '10.0.2.128', port: 5060 } },
        ],
      }),
    };
    const report = await verify(await hold([rewriting]), {
      wire: { ...wire, stunServers: ['198.51.100.50'] },
    });
    expect(report.outboundProven).toBe(true);
    expect(codesOf(report)).toContain('answer-rewritten');
  });
});

it.each([
  [{ stunServers: [], ports: [5060] }, 'wire.stunServers: is empty'],
  [
    { stunServers: ['https://stun.example'], ports: [5060] },
    'wire.stunServers.0: is no STUN server',
  ],
  [{ stunServers: ['stun.example'], ports: [0] }, 'wire.ports.0: is below 1'],
  [
    { stunServers: ['stun.example'], ports: [5060], quorum: 2 },
    'wire.quorum: is more than there are servers',
  ],
  [
    { stunServers: ['stun.example'], ports: [5060], reservedPort: 5060 },
    'wire.reservedPort: is one of the ports',
  ],
])('refuses %o', async (wrong, problem) => {
  const { pod, held } = await hold();
  const verifying = verifyPublicIdentity(held, { node: pod.node, wire: wrong });
  await expect(verifying).rejects.toMatchObject({
    code: 'SpecInvalid',
    message: expect.stringContaining(problem) as string,
  });
});
