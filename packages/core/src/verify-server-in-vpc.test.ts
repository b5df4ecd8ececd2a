import { describe, expect, it } from 'vitest';
import type { IdentitySpecInput } from './identity/identity-spec.ts';
import { judgeWire } from './keep/judge-wire.ts';
import { codesOf, hold, one, seeing, two, verify, type Held } from './testing/held-with-stun.ts';
import type { Endpoint } from './verify/datagram-port.ts';
import { parseWire } from './verify/parse-wire.ts';
import { askOnWire } from './verify/prove-on-wire.ts';

const neighbour = { address: '10.0.2.77', port: 3478 };
const inVpc = { address: '10.0.1.200', port: 3478 };
const unseen = { address: '10.0.2.128', port: 5060 };
const dnat: Partial<IdentitySpecInput> = { delivery: 'dnat' };
const routedElsewhere: Partial<IdentitySpecInput> = {
  delivery: 'translate',
  routedCidrs: ['10.0.64.0/20'],
};

function wireOf(servers: readonly Endpoint[]) {
  return { stunServers: servers.map(({ address }) => address), ports: [5060] };
}

async function judge({ pod, held: { identity } }: Held, servers: readonly Endpoint[]) {
  const wire = parseWire(identity, wireOf(servers), 'a test');
  const seen = await askOnWire(pod.node, { identity, wire, wantsInbound: false });
  return judgeWire(identity, seen, undefined).kind;
}

describe('a STUN server that is not told the public address', () => {
  it.each([
    ["in the link's own subnet", neighbour, {}],
    ['in a subnet that does not carry our /32', inVpc, routedElsewhere],
    ['in the VPC, of delivery dnat', inVpc, dnat],
  ])('%s proves nothing against the identity', async (_what, at, change) => {
    const held = await hold([seeing(at, unseen)], change);
    const report = await verify(held, { wire: wireOf([at]) });
    expect(report.paths[0]).toMatchObject({ outbound: 'silent' });
    expect(report.outboundProven).toBe(false);
    expect(report.findings).toMatchObject([
      { code: 'all-servers-silent', severity: 'unproven' },
      { code: 'not-translated', severity: 'warning' },
      { code: 'inbound-not-asked' },
    ]);
    expect(report.findings[1]?.seen).toContain(at.address);
    expect(await judge(held, [at])).toBe('silent');
  });

  it('takes nothing from what others prove', async () => {
    const held = await hold([{ at: one }, { at: two }, seeing(neighbour, unseen)]);
    const servers = [one, two, neighbour];
    const report = await verify(held, { wire: wireOf(servers) });
    expect(report.paths[0]).toMatchObject({ outbound: 'proven' });
    expect(codesOf(report)).toEqual(['not-translated', 'inbound-not-asked']);
    expect(await judge(held, servers)).toBe('proven');
  });

  it('one that is told it refutes, as does any that sees a third address', async () => {
    const told = await hold([seeing(inVpc, unseen)], {
      delivery: 'translate',
      routedCidrs: ['10.0.1.0/24'],
    });
    expect(await judge(told, [inVpc])).toBe('refuted');
    const third = await hold([seeing(neighbour, { address: '10.0.1.10', port: 63_929 })]);
    expect(await judge(third, [neighbour])).toBe('refuted');
  });
});
