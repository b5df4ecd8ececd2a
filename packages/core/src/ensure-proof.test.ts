import { describe, expect, it } from 'vitest';
import { ensurePublicIdentity } from './ensure-public-identity.ts';
import type { HeldIdentity } from './held-identity.ts';
import { parseIdentitySpec } from './identity/identity-spec.ts';
import type { ProofInput } from './identity/proof.ts';
import type { PublicIdentity } from './identity/public-identity.ts';
import type { FakeStunServer } from './testing/fake-internet/fake-stun-server.ts';
import { simulatedPod, type SimulatedPod } from './testing/simulated-pod.ts';
import type { Endpoint } from './verify/datagram-port.ts';

const server = { address: '198.51.100.50', port: 3478 };
const other = { address: '198.51.100.51', port: 3479 };
const wire = { stunServers: ['198.51.100.50'], ports: [5060, 16_384] };

interface World {
  readonly pod: SimulatedPod;
  /** What stood published when each request arrived, and where it came from. */
  readonly requests: { readonly published: PublicIdentity | undefined; readonly from: Endpoint }[];
  ensure(proof?: ProofInput, signal?: AbortSignal): Promise<HeldIdentity>;
}

function world(stun: Partial<FakeStunServer> = {}): World {
  const pod = simulatedPod();
  const requests: World['requests'] = [];
  const onRequest = (_request: unknown, from: Endpoint): void => {
    void pod.publisher.current().then((published) => requests.push({ published, from }));
  };
  pod.internet.addStunServer({ at: server, other, onRequest, ...stun });
  return {
    pod,
    requests,
    ensure: (proof, signal) =>
      ensurePublicIdentity(
        { ...pod.spec, ...(proof === undefined ? {} : { proof }) },
        { node: pod.node, ...(signal === undefined ? {} : { signal }) },
      ),
  };
}

/** What of the identity is left, in EC2 and published. */
async function left({ pod }: World): Promise<unknown[]> {
  const { addresses } = pod.ec2.snapshot();
  const published = await pod.publisher.current();
  return [
    ...addresses.flatMap(({ associationId }) => associationId ?? []),
    ...(published === undefined ? [] : [published]),
  ];
}

const elsewhere: FakeStunServer['says'] = (answer) => ({
  ...answer,
  attributes: [{ kind: 'xor-mapped-address', at: { address: '203.0.113.7', port: 61_234 } }],
});

describe('ensure with a proof on the wire', () => {
  it('sends nothing when none is required', async () => {
    const made = world();
    await made.ensure();
    expect(made.requests).toEqual([]);
  });

  it.each(['outbound', 'inbound'] as const)(
    '%s: publishes once every port is proven',
    async (require) => {
      const made = world();
      const held = await made.ensure({ require, wire });
      expect(await made.pod.publisher.current()).toEqual(held.identity);
      const sources = new Set(made.requests.map(({ from }) => `${from.address}:${from.port}`));
      expect(sources).toEqual(new Set(['203.0.113.50:5060', '203.0.113.50:16384']));
      expect(made.requests).toHaveLength(require === 'inbound' ? 4 : 2);
      expect(made.requests.map(({ published }) => published)).toEqual(
        made.requests.map(() => undefined),
      );
      // its own sockets are closed: the ports are the application's
      expect(made.pod.internet.held).toEqual([]);
    },
  );

  it('bears a data path that is late', async () => {
    const made = world({ ignores: 9 });
    const held = await made.ensure({ require: 'outbound', wire: { ...wire, ports: [5060] } });
    expect(held.identity.publicIp).toBe('203.0.113.50');
    // two attempts of 4 requests, 5 s each, and pauses of 1 s and 2 s before the request that is answered
    expect(made.pod.clock.elapsed()).toBeGreaterThanOrEqual(5000 + 1000 + 5000 + 2000);
  });

  it('tries as often as it may, then gives everything back and says what was seen', async () => {
    const made = world({ says: elsewhere });
    const ensuring = made.ensure({ require: 'outbound', wire, attempts: 3 });
    await expect(ensuring).rejects.toMatchObject({
      code: 'OutboundNotProven',
      retry: 'later',
      message: expect.stringMatching(
        /203\.0\.113\.50 is not proven outbound on UDP 5060, 16384 after 3 of 3 attempts: source-translated: saw packets from 10\.0\.2\.128:5060 arrive as 203\.0\.113\.7:61234 at 198\.51\.100\.50:3478, wanted 203\.0\.113\.50:5060/,
      ) as string,
      remedy: expect.stringMatching(/ip rule/) as string,
    });
    expect(made.requests).toHaveLength(6);
    expect(made.pod.clock.elapsed()).toBe(3000);
    expect(await left(made)).toEqual([]);
  });

  it('asks for what was required: outbound alone is no inbound proof', async () => {
    const made = world({
      says: (answer) => ({
        ...answer,
        attributes: answer.attributes.filter(({ kind }) => kind !== 'other-address'),
      }),
    });
    const inbound = made.ensure({ require: 'inbound', wire, attempts: 1 });
    await expect(inbound).rejects.toMatchObject({
      code: 'InboundNotProven',
      message: expect.stringContaining('inbound-not-asked') as string,
    });
    expect(await left(made)).toEqual([]);
    const held = await made.ensure({ require: 'outbound', wire });
    expect(held.identity.publicIp).toBe('203.0.113.50');
  });

  it('does not wait for a port that somebody holds to be free', async () => {
    const made = world();
    await made.pod.internet.open({ address: '10.0.2.128', port: 5060 });
    const ensuring = made.ensure({ require: 'outbound', wire });
    await expect(ensuring).rejects.toMatchObject({
      code: 'OutboundNotProven',
      message: expect.stringMatching(/after 1 of 5 attempts: port-held/) as string,
    });
    expect(made.pod.clock.elapsed()).toBe(0);
  });

  it("takes what stands published for proven: its ports are the application's by then", async () => {
    const made = world();
    const first = await made.ensure({ require: 'outbound', wire });
    await made.pod.internet.open({ address: '10.0.2.128', port: 5060 });
    const asked = made.requests.length;
    const again = await made.ensure({ require: 'outbound', wire });
    expect(again.identity).toEqual(first.identity);
    expect(made.requests).toHaveLength(asked);
  });

  it('an abort while it is proven gives everything back', async () => {
    const stop = new AbortController();
    const made = world({ says: () => (stop.abort(new Error('enough')), undefined) });
    const ensuring = made.ensure({ require: 'outbound', wire }, stop.signal);
    await expect(ensuring).rejects.toMatchObject({ code: 'Aborted' });
    expect(await left(made)).toEqual([]);
  });
});

describe('the proof of a spec', () => {
  const { spec } = simulatedPod();

  it('is that of the kernel by default', () => {
    expect(parseIdentitySpec(spec).proof).toEqual({ require: 'kernel' });
  });

  it('names servers by host and port', () => {
    const proof = {
      require: 'outbound',
      wire: { stunServers: ['stun.example', '198.51.100.50:19302'], ports: [5060] },
    };
    expect(parseIdentitySpec({ ...spec, proof }).proof).toEqual({
      require: 'outbound',
      attempts: 5,
      wire: {
        stunServers: [
          { host: 'stun.example', port: 3478 },
          { host: '198.51.100.50', port: 19_302 },
        ],
        ports: [5060],
        timeoutMs: 5000,
      },
    });
  });

  it.each([
    [{ require: 'nothing' }, 'proof.require'],
    [{ require: 'outbound' }, 'proof.wire'],
    [
      { require: 'outbound', wire: { stunServers: ['a b'], ports: [5060] } },
      'proof.wire.stunServers.0: is no STUN server',
    ],
    [
      { require: 'outbound', wire: { stunServers: ['a:0'], ports: [5060] } },
      'proof.wire.stunServers.0: is no STUN server',
    ],
    [
      { require: 'outbound', wire: { stunServers: ['a'], ports: [70_000] } },
      'proof.wire.ports.0: is above 65535',
    ],
    [
      {
        require: 'outbound',
        wire: { stunServers: ['a'], ports: Array.from({ length: 65 }, () => 1) },
      },
      'proof.wire.ports: has more than 64',
    ],
    [{ require: 'outbound', wire: { ...wire, quorum: 0 } }, 'proof.wire.quorum: is below 1'],
    [{ require: 'inbound', wire, attempts: 0 }, 'proof.attempts: is below 1'],
    [{ require: 'kernel', wire }, 'proof.wire'],
  ])('refuses %o', (proof, problem) => {
    expect(() => parseIdentitySpec({ ...spec, proof })).toThrow(problem);
  });

  const udp = { protocol: 'udp', first: 5060, last: 5061 } as const;
  const tcp = { ...udp, protocol: 'tcp' } as const;

  it.each([
    ['any', [tcp], wire, 'proof.wire: delivery any is for TCP'],
    ['rule', [udp], wire, 'proof.wire.ports: 16384 is none of the UDP ports of delivery rule'],
    [
      'rule',
      [udp, tcp],
      { ...wire, ports: [5060], reservedPort: 5062 },
      'proof.wire.reservedPort: 5062',
    ],
  ])('refuses what delivery %s cannot show', (delivery, ports, asked, problem) => {
    const proof = { require: 'outbound', wire: asked };
    const wrong = { ...spec, delivery, ports, routedCidrs: ['10.0.1.0/24'], proof };
    expect(() => parseIdentitySpec(wrong)).toThrow(problem);
  });
});
