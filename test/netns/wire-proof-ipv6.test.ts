// The wire proof of a dual-stack identity by IPv6: real kernel, real coturn with two IPv6 addresses, simulated EC2.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  directGrant,
  ensurePublicIdentity,
  thisNode,
  verifyPublicIdentity,
  type HeldIdentity,
  type NodePorts,
  type VerifyReport,
  type WireProofInput,
} from '@truetuple/core';
import { runToEnd, startCoturn } from '@truetuple/lab';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { addIpv6, dualStackEc2, dualStackSpec, ipv6Peers } from './dual-stack-world.ts';
import { leakWorld, type LeakWorld } from './fail-closed-world.ts';
import { whyNoNamespaces } from './netns-rights.ts';
import { programsMissing } from './programs-missing.ts';

const reason = whyNoNamespaces();
const needs = reason === undefined ? '' : ` (skipped: ${reason})`;
const isSkipped = reason !== undefined || programsMissing('turnserver', 'nft');
const address = '2001:db8:0:202::50';
const secondAddress = '2001:db8:ffff::51';
const wire: WireProofInput = {
  stunServers: [`[${ipv6Peers.internet}]:3478`],
  ports: [5060],
  timeoutMs: 1500,
};

let opened: AsyncDisposableStack;
let world: LeakWorld;
let node: NodePorts;
let held: HeldIdentity;

async function open(): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), 'truetuple-wire6-'));
  opened.defer(() => rm(directory, { recursive: true, force: true }));
  world = opened.use(await leakWorld('macvlan'));
  await addIpv6(world, [secondAddress]);
  const addresses = [ipv6Peers.internet, secondAddress] as const;
  opened.use(await startCoturn({ namespace: world.vpc, addresses }));
  const ec2 = dualStackEc2((await world.podLinks.links.get({ name: 'net1' }))?.macAddress);
  const real = thisNode({ netns: world.pod.path });
  const { clock } = real;
  node = { ...real, openGrant: async () => directGrant({ ec2, clock }), openEc2: async () => ec2 };
  const spec = { ...dualStackSpec(address), identityDirectory: directory };
  held = await ensurePublicIdentity(spec, { node });
}

function verify(ports: readonly number[]): Promise<VerifyReport> {
  return verifyPublicIdentity(held, { node, wire: { ...wire, ports }, bindsFreePorts: true });
}

/** Does something while the pod has this chain of nftables. */
async function whileFiltered<Result>(chain: string, act: () => Promise<Result>): Promise<Result> {
  await runToEnd(world.pod, 'nft', ['-f', '-'], `table ip6 spoilt {\n${chain}\n}\n`);
  try {
    return await act();
  } finally {
    await runToEnd(world.pod, 'nft', ['delete', 'table', 'ip6', 'spoilt']);
  }
}

describe.skipIf(isSkipped)(`the wire proof by IPv6${needs}`, () => {
  beforeAll(async () => {
    opened = new AsyncDisposableStack();
    await open();
  });
  afterAll(() => opened?.disposeAsync());

  it('coturn sees the advertised tuple, and its second address reaches it unasked', async () => {
    const report = await verify([5060]);
    expect(report.paths).toEqual([
      {
        port: 5060,
        family: 'ipv6',
        peers: 'all',
        through: 'own-socket',
        local: { address, port: 5060 },
        advertised: { address, port: 5060 },
        outbound: 'proven',
        inbound: 'proven',
      },
    ]);
    expect(report.families).toEqual([
      { family: 'ipv4', outboundProven: false, inboundProven: false },
      { family: 'ipv6', outboundProven: true, inboundProven: true },
    ]);
    expect(report.findings.filter(({ family }) => family === 'ipv6')).toEqual([]);
  });

  it('who lets in only what answers is found inbound-silent, outbound proven all the same', async () => {
    const chain = `chain input { type filter hook input priority 0; policy accept;
      ip6 saddr ${secondAddress} udp dport 5062 drop
    }`;
    const report = await whileFiltered(chain, () => verify([5062]));
    expect(report.paths).toMatchObject([{ outbound: 'proven', inbound: 'silent' }]);
    expect(report.findings).toContainEqual(
      expect.objectContaining({ code: 'inbound-silent', family: 'ipv6' }),
    );
  });

  it('a port that is rewritten on the way is seen', async () => {
    const chain = `chain out { type nat hook postrouting priority 100; policy accept;
      ip6 saddr ${address} udp sport 5064 snat to [${address}]:6064
    }`;
    const report = await whileFiltered(chain, () => verify([5064]));
    expect(report.paths).toMatchObject([{ outbound: 'refuted' }]);
    expect(report.findings).toContainEqual(
      expect.objectContaining({
        code: 'port-rewritten',
        family: 'ipv6',
        seen: expect.stringContaining(`[${address}]:6064`) as string,
      }),
    );
  });

  it('with its rule gone nothing leaves by eth0: silent, and the rule is the cause', async () => {
    const from = `${address}/128`;
    await world.podLinks.rules.remove({ family: 'ipv6', from, table: 200, priority: 100 });
    try {
      const report = await verify([5066]);
      expect(report.outboundProven).toBe(false);
      const caused = report.findings.filter(({ causedBy }) =>
        causedBy.includes('ipv6-rule-missing'),
      );
      expect(caused.length).toBeGreaterThan(0);
    } finally {
      await world.podLinks.rules.add({
        family: 'ipv6',
        from,
        table: 200,
        priority: 100,
        protocol: 227,
      });
    }
  });
});
