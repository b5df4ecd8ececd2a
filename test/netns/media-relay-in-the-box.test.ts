import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { boxAddresses, openBox, runIn, type UdpPeer, type VpcBox } from '@truetuple/lab';
import type { Cidr, Endpoint, Ipv4Address, PeerNetworks } from '@truetuple/sip-gateway';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { boxIsMissing } from './box-is-missing.ts';
import type { RelayChildInput } from './media-relay-child.ts';
import { Hosts, patienceMs } from './tuple-matrix-hosts.ts';
import { complete, establish, privateIp, publicIp } from './tuple-matrix-situation.ts';

const networks: PeerNetworks = {
  identity: {
    publicIp,
    privateIp,
    subnetCidr: boxAddresses.subnetCidr.public as Cidr,
    vpcCidrs: [boxAddresses.vpcCidr as Cidr],
    bind: { internet: privateIp, vpc: publicIp },
    delivery: 'both',
  },
};

interface RunningRelay extends AsyncDisposable {
  readonly told: { readonly a: Endpoint; readonly b: Endpoint };
  /** Ends it; resolves with what it counted. */
  readonly end: () => Promise<unknown>;
}

/** A relay in the pod's namespace, with one call between these two. */
async function relayInPod(box: VpcBox, a: UdpPeer, b: UdpPeer): Promise<RunningRelay> {
  const input: RelayChildInput = { networks, a: endpointOf(a), b: endpointOf(b) };
  const program = fileURLToPath(new URL('media-relay-child.ts', import.meta.url));
  const child = runIn(
    box.namespaces.pod,
    process.execPath,
    ['-C', 'truetuple-source', program, JSON.stringify(input)],
    { stdio: ['pipe', 'pipe', 'inherit'] },
  );
  if (child.stdout === null) throw new Error('the relay has no standard output');
  const exited = once(child, 'exit');
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  const next = async (): Promise<unknown> => {
    const { value } = (await lines.next()) as { value: string | undefined };
    return JSON.parse(value ?? '"the relay has ended"');
  };
  return {
    told: (await next()) as RunningRelay['told'],
    end: async () => {
      child.stdin?.end();
      return next();
    },
    [Symbol.asyncDispose]: async () => {
      child.stdin?.end();
      await exited;
    },
  };
}

function endpointOf({ tuple }: UdpPeer): Endpoint {
  const [address, port] = tuple.split(':') as [Ipv4Address, string];
  return { address, port: Number(port) };
}

const tupleOf = ({ address, port }: Endpoint): string => `${address}:${port}`;

describe.skipIf(boxIsMissing)('the embedded relay in a pod', () => {
  let box: VpcBox;

  beforeAll(async () => {
    box = await openBox();
    await establish(box, complete);
  });
  afterAll(() => box.close());

  it('an Internet peer and a VPC peer both see media come from the tuple that they were told', async () => {
    await using hosts = new Hosts(box);
    const [a, b] = [await hosts.peer(40_000), await hosts.client(40_002)];
    await using relay = await relayInPod(box, a, b);
    const { told } = relay;
    expect([told.a.address, told.b.address]).toEqual([publicIp, publicIp]);

    await a.send(tupleOf(told.a), 'from the Internet');
    const atB = await b.waitFor(({ payload }) => payload.length > 0, patienceMs);
    expect([atB.payload.toString(), atB.from]).toEqual(['from the Internet', tupleOf(told.b)]);

    await b.send(tupleOf(told.b), 'from the VPC');
    const atA = await a.waitFor(({ payload }) => payload.length > 0, patienceMs);
    expect([atA.payload.toString(), atA.from]).toEqual(['from the VPC', tupleOf(told.a)]);

    expect(await relay.end()).toEqual({
      a: { packets: 1, bytes: 17, dropped: 0 },
      b: { packets: 1, bytes: 12, dropped: 0 },
    });
  });

  it('two Internet peers too, and a third one is not heard', async () => {
    await using hosts = new Hosts(box);
    const [a, b] = [await hosts.peer(40_000), await hosts.peer(40_002)];
    const stranger = await hosts.peer(40_000, boxAddresses.secondPeer);
    await using relay = await relayInPod(box, a, b);
    const { told } = relay;
    await stranger.send(tupleOf(told.a), 'spam');
    await a.send(tupleOf(told.a), 'media');
    const atB = await b.waitFor(({ payload }) => payload.length > 0, patienceMs);
    expect([atB.payload.toString(), atB.from]).toEqual(['media', tupleOf(told.b)]);
    expect(await relay.end()).toMatchObject({ a: { packets: 1, dropped: 1 } });
  });
});
