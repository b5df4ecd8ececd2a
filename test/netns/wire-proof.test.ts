import { once } from 'node:events';
import {
  applicationSocket,
  verifyPublicIdentity,
  type Finding,
  type FindingCode,
  type HeldIdentity,
  type ProbingPeer,
  type VerifyOptions,
  type VerifyReport,
  type WireProofInput,
} from '@truetuple/core';
import {
  boxAddresses,
  capture,
  openUdpPeer,
  udpIn,
  type CapturedPacket,
  type UdpPeer,
} from '@truetuple/lab';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { programsMissing } from './programs-missing.ts';
import { boxIsMissing } from './box-is-missing.ts';
import {
  alternate,
  internetServers,
  openWireWorld,
  wire,
  type WireWorld,
} from './wire-proof-world.ts';

const { podNet1, natGatewayPublic, poolFirst } = boxAddresses;

let world: WireWorld;
let nextPort = 20_000;

/** Two ports that no row before has used: connection tracking remembers what it translated. */
function wireAnew(): WireProofInput {
  nextPort += 2;
  return { ...wire, ports: [nextPort, nextPort + 1] };
}

function verify(held: HeldIdentity, options: VerifyOptions = {}): Promise<VerifyReport> {
  return verifyPublicIdentity(held, {
    node: world.node,
    wire: wireAnew(),
    bindsFreePorts: true,
    ...options,
  });
}

function finding({ findings }: VerifyReport, code: FindingCode): Finding {
  const found = findings.find((each) => each.code === code);
  if (found === undefined) throw new Error(`no ${code} in ${JSON.stringify(findings, null, 2)}`);
  return found;
}

const ruleOfPrivateIp = { priority: 100, from: `${podNet1}/32`, table: 200 };

function udpFlowOf({ frame }: CapturedPacket): string[] {
  const { network } = frame;
  if (network.kind !== 'ipv4' || network.transport.kind !== 'udp') return [];
  const { sourcePort, destinationPort } = network.transport;
  return [`${network.source}:${sourcePort} > ${network.destination}:${destinationPort}`];
}

function sendingFrom(peer: UdpPeer): ProbingPeer['probe'] {
  return async ({ to, datagram }) => {
    await peer.send(`${to.address}:${to.port}`, Buffer.from(datagram));
    const [address = '', port] = peer.tuple.split(':');
    return { sentFrom: { address, port: Number(port) } };
  };
}

function outboundOf({ paths }: VerifyReport): string[] {
  return paths.map(({ port, peers, outbound }) => `${port} ${peers} ${outbound}`);
}

describe.skipIf(boxIsMissing || programsMissing('turnserver', 'nft'))(
  'an identity on the wire, as coturn sees it',
  () => {
    beforeAll(async () => {
      world = await openWireWorld();
    });
    afterAll(() => world[Symbol.asyncDispose]());

    it('is published once both ways are proven, and verify finds nothing', async () => {
      await using held = await world.ensure({ proof: { require: 'inbound', wire } });
      const report = await verify(held, { wire });
      expect(report.findings).toEqual([]);
      expect(outboundOf(report)).toEqual([
        '5060 internet proven',
        '5060 vpc proven',
        '16384 internet proven',
        '16384 vpc proven',
      ]);
      expect(report).toMatchObject({ outboundProven: true, inboundProven: true });
    });

    it('asks from the very port, and sends nothing to where it is to be answered from', async () => {
      await using held = await world.ensure();
      using net1 = await capture(world.box.namespaces.pod, 'net1', {});
      const asked = { ...wire, stunServers: internetServers, ports: [5060] };
      expect(await verify(held, { wire: asked })).toMatchObject({ inboundProven: true });
      const flows = new Set(net1.packets.flatMap(udpFlowOf));
      expect(flows).toEqual(
        new Set([
          `${podNet1}:5060 > ${internetServers[0]}`,
          `${podNet1}:5060 > ${internetServers[1]}`,
          `${internetServers[0]} > ${podNet1}:5060`,
          `${internetServers[1]} > ${podNet1}:5060`,
          `${alternate} > ${podNet1}:5060`,
        ]),
      );
    });

    it('without a rule its packets leave by eth0, and no answer finds back: the rule is the cause', async () => {
      await using held = await world.ensure();
      await world.box.netlinks.pod.rules.remove(ruleOfPrivateIp);
      const report = await verify(held);
      expect(report).toMatchObject({ outboundProven: false, inboundProven: false });
      expect(finding(report, 'all-servers-silent').causedBy).toEqual([
        'route-elsewhere',
        'rule-missing',
      ]);
    });

    it('without a rule, where eth0 translates: seen as the NAT gateway, the rule is the cause', async () => {
      await using held = await world.ensure();
      await world.box.netlinks.pod.rules.remove(ruleOfPrivateIp);
      const report = await world.whileFiltered(
        'chain out { type nat hook postrouting priority 100; oifname eth0 masquerade; }',
        () => verify(held),
      );
      const translated = finding(report, 'source-translated');
      expect(translated.seen).toContain(natGatewayPublic);
      expect(translated.causedBy).toEqual(['route-elsewhere', 'rule-missing']);
      expect(finding(report, 'mapping-per-destination').causedBy).toEqual(['source-translated']);
    });

    it('a NAT that rewrites ports is found, and no rule is to blame', async () => {
      await using held = await world.ensure();
      const report = await world.whileFiltered(
        `chain out { type nat hook postrouting priority 100; oifname net1 ip saddr ${podNet1} udp dport != 53 snat to ${podNet1}:20000-60000 fully-random; }`,
        () => verify(held),
      );
      expect(finding(report, 'port-rewritten').causedBy).toEqual([]);
      expect(report.outboundProven).toBe(false);
    });

    it('another Elastic IP on the private IP is found, with EC2 as the cause', async () => {
      await using held = await world.ensure();
      const { associationId, networkInterfaceId, privateIp } = held.identity;
      const { allocationId } = world.ec2.allocateAddress({ publicIp: '203.0.113.99' });
      await world.ec2.disassociateAddress({ associationId });
      const wrong = await world.ec2.associateAddress({
        allocationId,
        networkInterfaceId,
        privateIpAddress: privateIp,
      });
      const report = await verify(held);
      const other = finding(report, 'other-public-address');
      expect(other.seen).toMatch(/arrive as 203\.0\.113\.99:\d+ at 198\.51\.100\.50:3478/);
      expect(other.causedBy).toEqual(['association-elsewhere']);
      await world.ec2.disassociateAddress(wrong);
    });

    it('a VPC that delivers nothing is silence, and no proof against the tuple', async () => {
      await using held = await world.ensure();
      await world.box.dataPlane.unassignPrivateIp('eni-node-b', podNet1);
      const report = await verify(held, { wire: { ...wire, stunServers: internetServers } });
      expect(outboundOf(report)).toEqual(['5060 internet silent', '16384 internet silent']);
      expect(finding(report, 'all-servers-silent')).toMatchObject({ severity: 'unproven' });
      expect(report.findings.filter(({ severity }) => severity === 'broken')).toEqual([]);
      await world.box.dataPlane.assignPrivateIp('eni-node-b', podNet1);
    });

    it('what a stateful filter lets out and not in is proven outbound, and not inbound', async () => {
      await using held = await world.ensure();
      // as a security group: answers pass, strangers do not
      const report = await world.whileFiltered(
        'chain in { type filter hook input priority 0; iifname net1 ct state established accept; iifname net1 meta l4proto udp drop; }',
        () => verify(held),
      );
      expect(report).toMatchObject({ outboundProven: true, inboundProven: false });
      expect(finding(report, 'inbound-silent').seen).toContain('198.51.100.51:3479');
    });

    it('a port that is held loses no packet, and is proven through its holder or a reserved port', async () => {
      await using held = await world.ensure();
      const app = await udpIn(world.box.namespaces.pod, podNet1, 5060);
      const heard: Buffer[] = [];
      app.on('message', (bytes) => void heard.push(bytes));
      const one = { ...wire, stunServers: internetServers, ports: [5060] };

      const alone = await verify(held, { wire: one });
      expect(alone.paths[0]).toMatchObject({ through: 'none', outbound: 'not-asked' });
      expect(finding(alone, 'port-held').severity).toBe('unproven');

      const reserved = await verify(held, { wire: { ...one, reservedPort: 5999 } });
      expect(reserved).toMatchObject({ outboundProven: true, inboundProven: true });
      expect(reserved.paths[0]).toMatchObject({
        through: 'reserved-port',
        advertised: { port: 5999 },
      });
      expect(heard).toEqual([]);

      const lent = await verify(held, { wire: one, applicationSockets: [applicationSocket(app)] });
      expect(lent).toMatchObject({ outboundProven: true, inboundProven: true, findings: [] });
      expect(heard.length).toBeGreaterThan(0);
      const closed = once(app, 'close');
      app.close();
      await closed;
    });

    it('ensure gives everything back when the wire shows another tuple', async () => {
      const proof = { require: 'outbound', wire: wireAnew(), attempts: 2 } as const;
      const ensuring = world.whileFiltered(
        `chain out { type nat hook postrouting priority 100; oifname net1 udp dport 3478 masquerade to :20000-60000 fully-random; }`,
        () => world.ensure({ proof }),
      );
      await expect(ensuring).rejects.toMatchObject({
        code: 'OutboundNotProven',
        message: expect.stringMatching(/after 2 of 2 attempts: .*port-rewritten/) as string,
      });
      const { addresses } = world.ec2.snapshot();
      const ours = addresses.find(({ publicIp }) => publicIp === poolFirst);
      expect(ours?.associationId).toBeUndefined();
      expect(ours?.tags.map(({ key }) => key)).toEqual(['truetuple/pool']);
    });

    it('a probing peer proves inbound, and shows a caller whose node translates him', async () => {
      await using held = await world.ensure();
      const asked = { ...wire, stunServers: [internetServers[1] ?? ''], ports: [5060] };
      const outside = await openUdpPeer({
        namespace: world.box.namespaces.peer,
        address: boxAddresses.peer,
        port: 40_000,
      });
      const far = await verify(held, {
        wire: asked,
        probingPeers: [{ peers: 'internet', probe: sendingFrom(outside) }],
      });
      await outside.close();
      expect(far).toMatchObject({ inboundProven: true, outboundProven: true, findings: [] });
      // a pod on the same node: VPC CNI gives what it sends out of the VPC's blocks the node's address
      const caller = await openUdpPeer({
        namespace: world.box.pod('caller').namespace,
        address: '10.0.1.51',
        port: 5060,
      });
      const near = await verify(held, {
        wire: asked,
        probingPeers: [{ peers: 'vpc', probe: sendingFrom(caller) }],
      });
      await caller.close();
      expect(near).toMatchObject({ inboundProven: true });
      expect(finding(near, 'caller-translated').seen).toMatch(
        /^a packet that was sent from 10\.0\.1\.51:5060 arrived from 10\.0\.1\.10:\d+$/,
      );
    });

    it.each([
      ['translate', podNet1],
      ['rule', '0.0.0.0'],
    ] as const)(
      'delivery %s: one socket, right towards the Internet and the VPC',
      async (delivery, address) => {
        const ports = [{ protocol: 'udp', first: 5060, last: 5061 }] as const;
        await using held = await world.ensure({
          delivery,
          routedCidrs: [boxAddresses.subnetCidr.private],
          ...(delivery === 'rule' ? { ports } : {}),
          proof: { require: 'inbound', wire: { ...wire, ports: [5060], quorum: 3 } },
        });
        const report = await verify(held, { wire: { ...wire, ports: [5060], quorum: 3 } });
        expect(report.paths).toMatchObject([{ peers: 'all', local: { address, port: 5060 } }]);
        expect(report).toMatchObject({ outboundProven: true, inboundProven: true, findings: [] });
      },
    );
  },
);
