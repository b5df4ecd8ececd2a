import { describe, expect, it } from 'vitest';
import {
  causesOf,
  codesOf,
  hold,
  local,
  one,
  oneOther,
  two,
  verify,
  wire,
} from './testing/held-with-stun.ts';
import { ManualClock } from './testing/manual-clock.ts';
import { verifyPublicIdentity } from './verify-public-identity.ts';
import type { Endpoint } from './verify/datagram-port.ts';
import type { FindingCode } from './verify/finding.ts';
import type { ProbingPeer } from './verify/probing-peer.ts';
import type { VerifyReport } from './verify/verify-report.ts';

describe('a port that the application holds', () => {
  it('is not touched: no proof on it', async () => {
    const held = await hold();
    const app = await held.pod.internet.open({ address: '10.0.2.128', port: 5060 });
    if (app.kind !== 'open') throw new Error(app.errno);
    const heard: number[] = [];
    app.socket.listen((bytes) => void heard.push(bytes.length));
    const report = await verifyPublicIdentity(held.held, { node: held.pod.node, wire });
    expect(report.paths[0]).toMatchObject({
      through: 'none',
      outbound: 'not-asked',
      inbound: 'not-asked',
    });
    expect(codesOf(report)).toEqual(['port-held', 'inbound-not-asked']);
    expect(causesOf(report, 'inbound-not-asked')).toEqual(['port-held']);
    expect(heard).toEqual([]);
    expect(held.pod.internet.held).toEqual(['10.0.2.128:5060']);
  });

  it('is proven through a reserved port, which is said, and asked once for all of them', async () => {
    const requests: Endpoint[] = [];
    const held = await hold([
      { at: one, other: oneOther, onRequest: (_request, from) => void requests.push(from) },
    ]);
    await held.pod.internet.open(local(5060));
    await held.pod.internet.open(local(5061));
    const report = await verifyPublicIdentity(held.held, {
      node: held.pod.node,
      bindsFreePorts: true,
      wire: { stunServers: ['198.51.100.50'], ports: [5060, 5061, 5062], reservedPort: 5999 },
    });
    expect(
      report.paths.map(({ port, through, advertised }) => [port, through, advertised.port]),
    ).toEqual([
      [5060, 'reserved-port', 5999],
      [5061, 'reserved-port', 5999],
      [5062, 'own-socket', 5062],
    ]);
    expect(report.outboundProven && report.inboundProven).toBe(true);
    expect(codesOf(report)).toEqual(['proven-on-reserved-port', 'proven-on-reserved-port']);
    expect(requests.filter(({ port }) => port === 5999)).toHaveLength(2);
  });

  it('is proven through its own socket, which stays open and hears on', async () => {
    const held = await hold();
    const app = await held.pod.internet.open({ address: '10.0.2.128', port: 5060 });
    if (app.kind !== 'open') throw new Error(app.errno);
    const report = await verifyPublicIdentity(held.held, {
      node: held.pod.node,
      wire,
      applicationSockets: [app.socket],
    });
    expect(report.paths[0]).toMatchObject({
      through: 'application-socket',
      outbound: 'proven',
      inbound: 'proven',
    });
    expect(held.pod.internet.held).toEqual(['10.0.2.128:5060']);
  });
});

describe('a port that is free at that moment', () => {
  it.each([undefined, 5999])(
    'may be taken by the application meanwhile: of all only reservedPort %s is bound',
    async (reservedPort) => {
      const bound = new Set<string>();
      const held = await hold([
        { at: one, onRequest: () => held.pod.internet.held.forEach((each) => bound.add(each)) },
      ]);
      const report = await verifyPublicIdentity(held.held, {
        node: held.pod.node,
        wire: { stunServers: ['198.51.100.50'], ports: [5060, 16_384], reservedPort },
      });
      const isProven = reservedPort !== undefined;
      expect([...bound]).toEqual(isProven ? [`10.0.2.128:${reservedPort}`] : []);
      expect(report.outboundProven).toBe(isProven);
      expect(report.findings[0]).toMatchObject({
        code: isProven ? 'proven-on-reserved-port' : 'port-held',
        seen: expect.stringContaining('may be held by the application') as string,
      });
    },
  );
});

describe('inbound', () => {
  it('is not proven where both addresses of a server are asked', async () => {
    const held = await hold([
      { at: one, other: oneOther },
      { at: oneOther, other: one },
    ]);
    const stunServers = ['198.51.100.50', '198.51.100.51:3479'];
    const report = await verify(held, { wire: { ...wire, stunServers } });
    expect(report.paths[0]).toMatchObject({ outbound: 'proven', inbound: 'not-asked' });
  });

  it('is not proven by a packet that arrives at another tuple than the advertised one', async () => {
    const at = { address: '203.0.113.50', port: 7 };
    const held = await hold([
      {
        at: one,
        other: oneOther,
        says: ({ attributes, ...answer }) => ({
          ...answer,
          attributes: [{ kind: 'xor-mapped-address', at }, ...attributes.slice(2)],
        }),
      },
    ]);
    const report = await verify(held, { wire: { ...wire, stunServers: ['198.51.100.50'] } });
    expect(report.paths[0]).toMatchObject({ outbound: 'refuted', inbound: 'not-asked' });
    expect(report.inboundProven).toBe(false);
  });

  it('is not proven by a server that answers from where it was asked', async () => {
    const held = await hold([{ at: one, other: oneOther, changedFrom: one }, { at: two }]);
    const report = await verify(held);
    expect(report.paths[0]?.inbound).not.toBe('proven');
  });

  it('is not proven by a server without another address', async () => {
    const report = await verify(await hold([{ at: one }, { at: two }]));
    expect(report.paths[0]).toMatchObject({ outbound: 'proven', inbound: 'not-asked' });
    expect(codesOf(report)).toEqual(['inbound-not-asked']);
  });

  it('shows a sender behind VPC CNI, whose packets come from his node', async () => {
    const at = { address: '10.0.1.200', port: 3478 };
    const other = { address: '10.0.1.201', port: 3479 };
    const changedFrom = { address: '10.0.1.10', port: 63_929 };
    const held = await hold([{ at, other, changedFrom }]);
    const report = await verify(held, { wire: { stunServers: ['10.0.1.200'], ports: [5060] } });
    expect(report.paths[0]).toMatchObject({ peers: 'vpc', outbound: 'proven', inbound: 'silent' });
    expect(codesOf(report)).toEqual(['inbound-silent', 'caller-translated']);
    const { seen } = report.findings[1] ?? {};
    expect(seen).toBe('a packet that was sent from 10.0.1.201:3479 arrived from 10.0.1.10:63929');
  });

  it('is proven by a peer that is asked to send, and that says where from', async () => {
    const held = await hold([{ at: one }, { at: two }]);
    const { internet } = held.pod;
    const peer = { address: '198.51.100.99', port: 40_000 };
    const node = { ...held.pod.node, clock: new ManualClock() };
    const verifyWith = (sentFrom: Endpoint): Promise<VerifyReport> =>
      verifyPublicIdentity(held.held, {
        node,
        wire,
        bindsFreePorts: true,
        probingPeers: [
          {
            peers: 'internet',
            probe: async ({ to, datagram }) => {
              await internet.deliver(datagram, peer, to);
              return { sentFrom };
            },
          },
        ],
      });
    const report = await node.clock.run(verifyWith(peer));
    expect(report).toMatchObject({ outboundProven: true, inboundProven: true, findings: [] });
    const behind = await node.clock.run(verifyWith({ address: '10.0.1.77', port: 40_000 }));
    expect(behind.inboundProven).toBe(true);
    expect(codesOf(behind)).toEqual(['caller-translated']);
    expect(node.clock.waiting).toBe(0);
  });

  it('is not proven by a peer that sends from where a server was asked: that is return traffic', async () => {
    const held = await hold([{ at: one }, { at: two }]);
    held.pod.internet.admitNobody();
    const node = { ...held.pod.node, clock: new ManualClock() };
    const probe: ProbingPeer['probe'] = async ({ to, datagram }) => {
      await held.pod.internet.deliver(datagram, one, to);
      return { sentFrom: one };
    };
    const report = await node.clock.run(
      verify(held, { node, wire, probingPeers: [{ peers: 'internet', probe }] }),
    );
    expect(report).toMatchObject({ outboundProven: true, inboundProven: false });
    expect(codesOf(report)).toEqual(['inbound-silent']);
  });

  it('is silent where a security group lets nobody in, and that is the cause', async () => {
    const held = await hold();
    const { ec2, internet } = held.pod;
    const { networkInterfaceId } = held.held.identity;
    const [vpc] = ec2.snapshot().vpcs;
    const networkInterfaceIds = [networkInterfaceId];
    ec2.createSecurityGroup({ vpcId: vpc?.vpcId ?? '', networkInterfaceIds });
    internet.admitNobody();
    const report = await verify(held);
    expect(report).toMatchObject({ outboundProven: true, inboundProven: false });
    expect(codesOf(report)).toEqual(['security-group-blocks-inbound', 'inbound-silent']);
    expect(causesOf(report, 'inbound-silent')).toEqual(['security-group-blocks-inbound']);
    ec2.denyActions(['DescribeSecurityGroups']);
    expect(codesOf(await verify(held))).toEqual(['cloud-not-asked', 'inbound-silent']);
  });

  it('a peer of the VPC sends to the public address, where nobody else is asked', async () => {
    const held = await hold([{ at: one }, { at: two }]);
    const { internet } = held.pod;
    const from = { address: '10.0.1.100', port: 5060 };
    const clock = new ManualClock();
    const node = { ...held.pod.node, clock };
    const probe: ProbingPeer['probe'] = async ({ to, datagram }) => {
      await internet.deliver(datagram, from, to);
      return {};
    };
    const report = await clock.run(
      verify(held, { node, wire, probingPeers: [{ peers: 'vpc', probe }] }),
    );
    expect(report.paths).toMatchObject([
      { peers: 'internet', outbound: 'proven', inbound: 'not-asked' },
      { peers: 'vpc', outbound: 'no-server', inbound: 'proven' },
    ]);
    expect(report).toMatchObject({ outboundProven: true, inboundProven: true, findings: [] });
  });

  it.each<[string, ProbingPeer['probe'], FindingCode[]]>([
    ['does not send', async () => ({}), ['inbound-silent']],
    [
      'cannot be reached',
      () => Promise.reject(new Error('502')),
      ['probe-failed', 'inbound-not-asked'],
    ],
    [
      'throws',
      () => {
        throw new Error('no');
      },
      ['probe-failed', 'inbound-not-asked'],
    ],
  ])('is not proven by a peer that %s', async (_what, probe, codes) => {
    const held = await hold([{ at: one }, { at: two }]);
    const clock = new ManualClock();
    const node = { ...held.pod.node, clock };
    const report = await clock.run(
      verify(held, { wire, probingPeers: [{ peers: 'internet', probe }], node }),
    );
    expect(clock.waiting).toBe(0);
    expect(report).toMatchObject({ outboundProven: true, inboundProven: false });
    expect(codesOf(report)).toEqual(codes);
  });
});
