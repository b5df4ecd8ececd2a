import { fileURLToPath } from 'node:url';
import { linuxKernel } from '@truetuple/core';
import { simulatedPod, type SimulatedPodSetup } from '@truetuple/core/testing';
import { runToEnd } from '@truetuple/lab';
import { createNetworkNamespace, openNetlink, type NetworkNamespace } from '@truetuple/netlink';
import { afterAll, describe, expect, test } from 'vitest';
import { whyNoNamespaces } from '../netns/netns-rights.ts';
import {
  emptyRegion,
  openHttpPod,
  refusedEnsure,
  type HttpPod,
  type RefusedEnsure,
} from './errors-table-world.ts';

const noNamespaces = whyNoNamespaces();
if (noNamespaces !== undefined) console.warn(`skipped: the kernel's rows: ${noNamespaces}`);

interface Row {
  readonly name: string;
  readonly code: string;
  /** What was tried, on what. */
  readonly message: RegExp;
  /** What a person can do. */
  readonly remedy: RegExp;
  readonly retry: string;
}

const seen: RefusedEnsure[] = [];

function expectRow(refused: RefusedEnsure, row: Row): void {
  expect(refused).toMatchObject({ code: row.code, retry: row.retry });
  expect(refused.message).toMatch(row.message);
  expect(refused.remedy).toMatch(row.remedy);
  expect(refused.left).toEqual([]);
  seen.push(refused);
}

afterAll(() => {
  for (const field of ['code', 'message', 'remedy'] as const) {
    expect(new Set(seen.map((refused) => refused[field])).size, field).toBe(seen.length);
  }
});

interface CloudRow extends Row {
  readonly setup?: SimulatedPodSetup;
  arrange(world: HttpPod): Promise<RefusedEnsure>;
}

const refusedBy = (world: HttpPod): Promise<RefusedEnsure> =>
  refusedEnsure(world.pod.spec, world.nodeIn(world.pod.spec.region), world.pod.ec2);

const cloudRows: readonly CloudRow[] = [
  {
    name: 'an exhausted pool',
    code: 'PoolExhausted',
    message: /None of the 1 Elastic IPs tagged truetuple\/pool=media in eu-central-1/,
    remedy: /truetuple\/pool/,
    retry: 'later',
    arrange: async (world) => {
      const { ec2 } = world.pod;
      const { addresses, networkInterfaces } = ec2.snapshot();
      const other = networkInterfaces.find((eni) => eni.attachment?.deviceIndex === 0);
      const { associationId } = await ec2.associateAddress({
        allocationId: addresses[0]?.allocationId ?? '',
        networkInterfaceId: other?.networkInterfaceId ?? '',
      });
      const refused = await refusedBy(world);
      expect(ec2.snapshot().addresses[0]?.associationId).toBe(associationId);
      return { ...refused, left: refused.left.filter((one) => one !== associationId) };
    },
  },
  {
    name: 'an empty pool',
    code: 'PoolEmpty',
    message: /eu-central-1 has no Elastic IP tagged truetuple\/pool=media/,
    remedy: /truetuple\/pool=media/,
    retry: 'later',
    setup: { pool: [] },
    arrange: refusedBy,
  },
  {
    name: 'a pool of another network border group',
    code: 'WrongNetworkBorderGroup',
    message:
      /1 Elastic IPs tagged truetuple\/pool=media.*eu-central-1-ham-1, eni-\w+ in eu-central-1a/,
    remedy: /--network-border-group eu-central-1\./,
    retry: 'never',
    setup: { pool: [] },
    arrange: (world) => {
      const tags = { 'truetuple/pool': 'media' };
      world.pod.ec2.allocateAddress({ networkBorderGroup: 'eu-central-1-ham-1', tags });
      return refusedBy(world);
    },
  },
  {
    name: 'a role that may not associate addresses',
    code: 'AccessDenied',
    message: /203\.0\.113\.50.*AssociateAddress.*UnauthorizedOperation.*request [0-9a-f-]{36}/s,
    remedy: /[Aa]llow/,
    retry: 'never',
    arrange: (world) => {
      world.pod.ec2.denyActions(['AssociateAddress']);
      return refusedBy(world);
    },
  },
  {
    name: 'a wrong region',
    code: 'WrongRegion',
    message: /eu-west-1.*02:00:00:00:02:0a.*media/s,
    remedy: /region/,
    retry: 'never',
    arrange: (world) =>
      refusedEnsure(
        { ...world.pod.spec, region: emptyRegion },
        world.nodeIn(emptyRegion),
        world.pod.ec2,
      ),
  },
  {
    name: 'a malformed spec',
    code: 'SpecInvalid',
    message: /vpcCidrs\.0: is not an IPv4 network/,
    remedy: /IdentitySpecInput/,
    retry: 'never',
    arrange: (world) => {
      const spec = { ...world.pod.spec, vpcCidrs: ['10.0.0.1/16'] };
      return refusedEnsure(spec, world.nodeIn(spec.region), world.pod.ec2);
    },
  },
  {
    name: 'an endpoint that nobody listens on',
    code: 'CloudUnreachable',
    message: /ECONNREFUSED/,
    remedy: /endpoint/,
    retry: 'now',
    arrange: async (world) => {
      const node = world.nodeIn(world.pod.spec.region);
      await world[Symbol.asyncDispose]();
      return refusedEnsure(world.pod.spec, node, world.pod.ec2);
    },
  },
];

describe('what EC2 or the spec refuses', () => {
  test.each(cloudRows)('$name is $code', async (row) => {
    await using world = await openHttpPod(row.setup);
    expectRow(await row.arrange(world), row);
  });
});

describe.skipIf(noNamespaces !== undefined)('what the real kernel refuses', () => {
  test('a missing net1 is LinkNotFound', async () => {
    using netns = createNetworkNamespace();
    const pod = simulatedPod();
    const node = { ...pod.node, openKernel: () => linuxKernel({ netns }) };
    expectRow(await refusedEnsure(pod.spec, node, pod.ec2), {
      name: 'a missing net1',
      code: 'LinkNotFound',
      message: /net1/,
      remedy: /Multus/,
      retry: 'later',
    });
    expect(pod.ec2.calls.count()).toBe(0);
  });

  test('a process without CAP_NET_ADMIN is NetAdminMissing; with it the same program succeeds', async () => {
    using netns = await namespaceWithNet1();
    using control = await namespaceWithNet1();
    const [refused, held] = await Promise.all([
      runChild(netns, ['--bounding-set=-net_admin', '--inh-caps=-net_admin']),
      runChild(control, []),
    ]);
    expect(held).toEqual({ message: 'held 203.0.113.50', left: [] });
    expectRow(refused, {
      name: 'no CAP_NET_ADMIN',
      code: 'NetAdminMissing',
      message: /EPERM/,
      remedy: /NET_ADMIN/,
      retry: 'never',
    });
  });
});

const child = fileURLToPath(new URL('errors-table-child.ts', import.meta.url));

/** Runs the child in a namespace through setpriv(1), which takes capabilities away. */
async function runChild(
  netns: NetworkNamespace,
  privileges: readonly string[],
): Promise<RefusedEnsure> {
  const node = [process.execPath, '-C', 'truetuple-source', child];
  const { stdout } = await runToEnd(netns, 'setpriv', [...privileges, '--', ...node]);
  return JSON.parse(stdout) as RefusedEnsure;
}

/** A pod's namespace with the link that simulatedPod() speaks of: net1, its MAC and its address. */
async function namespaceWithNet1(): Promise<NetworkNamespace> {
  const netns = createNetworkNamespace();
  const netlink = await openNetlink({ netns });
  try {
    await netlink.links.set({ name: 'lo' }, { up: true });
    const macAddress = '02:00:00:00:02:0a';
    const peer = { name: 'net1-peer', up: true };
    await netlink.links.add({ kind: 'veth', name: 'net1', macAddress, up: true, peer });
    const link = await netlink.links.get({ name: 'net1' });
    await netlink.addresses.add({
      family: 'ipv4',
      linkIndex: link?.index ?? 0,
      address: '10.0.2.128/24',
      scope: 'global',
    });
    return netns;
  } catch (error) {
    netns.close();
    throw error;
  } finally {
    netlink.close();
  }
}
