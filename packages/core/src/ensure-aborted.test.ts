import { describe, expect, it, vi } from 'vitest';
import { ensurePublicIdentity } from './ensure-public-identity.ts';
import type { NodePorts } from './node-ports.ts';
import { simulatedPod, type SimulatedPod } from './testing/simulated-pod.ts';
import { simulatedNode } from './testing/simulated-node.ts';
import type { DatagramPort } from './verify/datagram-port.ts';

/** Every method of a port told before and after each of its calls that returns a promise. */
function heard<Port extends object>(port: Port, hear: (what: string) => void): Port {
  return new Proxy(port, {
    get: (target, name) => {
      const member: unknown = Reflect.get(target, name);
      if (typeof member !== 'function') return member;
      return (...given: unknown[]): unknown => {
        const answer: unknown = Reflect.apply(member, target, given);
        if (!(answer instanceof Promise)) return answer;
        hear(`${String(name)} begun`);
        return answer.finally(() => hear(`${String(name)} ended`));
      };
    },
  });
}

function heardSockets(datagrams: DatagramPort, hear: (what: string) => void): DatagramPort {
  return {
    resolve: (host, family) => datagrams.resolve(host, family),
    open: async (local) => {
      const opened = await datagrams.open(local);
      return opened.kind === 'open' ? { ...opened, socket: heard(opened.socket, hear) } : opened;
    },
  };
}

/** The ports of a pod, each of whose calls is heard twice. */
function heardNode(pod: SimulatedPod, hear: (what: string) => void): NodePorts {
  const { ec2, kernel, clock, publisher, internet } = pod;
  const node = simulatedNode({
    ec2: heard(ec2, hear),
    kernel: heard(kernel, hear),
    clock,
    publisher: heard(publisher, hear),
    datagrams: heardSockets(heard(internet, hear), hear),
  });
  return heard(node, hear);
}

/** What is told of the awaited calls of one ensure, in order. */
async function awaited(pod: SimulatedPod): Promise<readonly string[]> {
  const all: string[] = [];
  await ensurePublicIdentity(pod.spec, { node: heardNode(pod, (what) => all.push(what)) });
  return all;
}

/** Aborts as the n-th thing of one ensure is heard. */
function abortedAt(pod: SimulatedPod, nth: number): Promise<unknown> {
  const stop = new AbortController();
  let count = 0;
  const node = heardNode(pod, () => {
    if (count++ === nth) stop.abort(new Error('not wanted'));
  });
  return ensurePublicIdentity(pod.spec, { node, signal: stop.signal });
}

function stateOf({ ec2, kernel }: SimulatedPod): unknown {
  const { addresses, networkInterfaces, routeTables } = ec2.snapshot();
  return {
    addresses,
    privateIps: networkInterfaces.map((one) => one.privateIpAddresses),
    routes: routeTables.map(({ routes }) => routes),
    links: kernel.snapshot().links.map((link) => link.addresses),
  };
}

/** What makes a pod whose identity is proven by the kernel, or on the wire too. */
const proofs: readonly (readonly [string, () => SimulatedPod])[] = [
  ['by the kernel', simulatedPod],
  [
    'on the wire',
    () => {
      const pod = simulatedPod();
      pod.internet.addStunServer({ at: { address: '198.51.100.50', port: 3478 } });
      const wire = { stunServers: ['198.51.100.50'], ports: [5060] };
      return { ...pod, spec: { ...pod.spec, proof: { require: 'outbound', wire } } };
    },
  ],
];
const calls = await Promise.all(
  proofs.map(async ([proof, build]) => ({ proof, build, told: await awaited(build()) })),
);
const first = calls.flatMap(({ proof, build, told }) =>
  told.map((what, nth) => ({
    proof,
    build,
    what,
    nth,
    publishedAt: told.indexOf('publish begun'),
  })),
);

it.each(first)(
  'an ensure, proven $proof, that is aborted at $what ($nth) is refused and leaves nothing',
  async ({ build, nth, publishedAt }) => {
    const pod = build();
    const before = stateOf(pod);
    const publish = vi.spyOn(pod.publisher, 'publish');
    await expect(abortedAt(pod, nth)).rejects.toMatchObject({ code: 'Aborted' });
    expect(stateOf(pod)).toEqual(before);
    expect(await pod.publisher.current()).toBeUndefined();
    expect(publish.mock.calls).toHaveLength(nth < publishedAt ? 0 : 1);
  },
);

const repeated = simulatedPod();
await ensurePublicIdentity(repeated.spec, { node: repeated.node });

describe.each((await awaited(repeated)).map((what, nth) => ({ what, nth })))(
  'a repeated ensure that is aborted at $what ($nth)',
  ({ nth }) => {
    it('is refused, and leaves what stood', async () => {
      const pod = simulatedPod();
      const { identity } = await ensurePublicIdentity(pod.spec, { node: pod.node });
      const before = stateOf(pod);
      await expect(abortedAt(pod, nth)).rejects.toMatchObject({ code: 'Aborted' });
      expect(stateOf(pod)).toEqual(before);
      expect(await pod.publisher.current()).toEqual(identity);
    });
  },
);

async function abortLate(
  pod: SimulatedPod,
  { until = 'publish ended', times = 1 } = {},
): Promise<unknown> {
  const stop = new AbortController();
  let count = 0;
  const node = heardNode(pod, (what) => {
    if (what === until && ++count === times) stop.abort(new Error('not wanted'));
  });
  return ensurePublicIdentity(pod.spec, { node, signal: stop.signal });
}

describe('the error of an ensure that is aborted late says', () => {
  it('that it is given back', async () => {
    await expect(abortLate(simulatedPod())).rejects.toMatchObject({
      message: expect.stringContaining('before handing it over; it was given back') as string,
      cause: { message: 'not wanted' },
    });
  });

  it('that it stays', async () => {
    const pod = simulatedPod();
    await ensurePublicIdentity(pod.spec, { node: pod.node });
    await expect(abortLate(pod, { until: 'current ended', times: 2 })).rejects.toMatchObject({
      message: expect.stringContaining('it stood before this call, and stays') as string,
    });
  });

  it('what could not be given back', async () => {
    const pod = simulatedPod();
    pod.ec2.denyActions(['DisassociateAddress']);
    await expect(abortLate(pod)).rejects.toMatchObject({
      code: 'Aborted',
      message: expect.stringMatching(
        /before handing it over; and .* not all be given back.*DisassociateAddress/s,
      ) as string,
      remedy: expect.stringContaining('reaper') as string,
    });
  });
});
