import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { createInterface } from 'node:readline';
import {
  boxAddresses,
  openBox,
  openUdpPeer,
  tcpConnectIn,
  tcpListenIn,
  type BoxHostName,
  type VpcBox,
} from '@truetuple/lab';
import { createNetworkNamespace, openNetlink, type Netlink } from '@truetuple/netlink';
import { describe, expect, it } from 'vitest';
import { settleSysctls } from '../lab/src/box/sysctl.ts';
import { boxIsMissing } from './box-is-missing.ts';
import { exchange, Hosts } from './tuple-matrix-hosts.ts';
import { eventually } from './tuple-matrix-evidence.ts';
import { complete, establish, privateIp, publicIp } from './tuple-matrix-situation.ts';

const advertised = `${publicIp}:5060`;
describe.skipIf(boxIsMissing)('VPC in a box', () => {
  it('runs beside another box, and neither sees the other', async () => {
    await using one = await openBox();
    await using other = await openBox();
    await establish(one, complete);
    await using hosts = new Hosts(one);
    await using otherHosts = new Hosts(other);
    const pods = [await hosts.pod(privateIp), await otherHosts.pod(privateIp)] as const;
    const peers = [await hosts.peer(), await otherHosts.peer()] as const;

    await expect(exchange(peers[0], advertised, pods[0])).resolves.toEqual({
      calleeSaw: peers[0].tuple,
      callerSaw: advertised,
    });
    await peers[1].send(advertised, 'call');
    await eventually(
      () => other.dataPlane.counters(),
      ({ no_dst: drops }) => drops === 1,
      'a drop',
    );
    await pods[1].settle();
    expect(pods[1].received).toEqual([]);
    expect((await one.dataPlane.counters()).no_dst).toBe(0);
  });

  it('carries 250 numbered packets each way through the Elastic IP, none lost or reordered', async () => {
    await using box = await openBox();
    await establish(box, complete);
    await using hosts = new Hosts(box);
    const [peer, pod] = [await hosts.peer(), await hosts.pod(privateIp)];
    await Promise.all([
      peer.sendNumbered({ to: advertised, count: 250 }),
      pod.sendNumbered({ to: peer.tuple, count: 250 }),
    ]);
    await Promise.all([peer.waitForCount(250, 5000), pod.waitForCount(250, 5000)]);
    const whole = { received: 250, missing: 0, duplicates: 0, reordered: 0 };
    expect(peer.report()).toEqual([{ tuple: advertised, ...whole }]);
    expect(pod.report()).toEqual([{ tuple: peer.tuple, ...whole }]);
  });

  it('serves a pod TCP at the address of an interface endpoint', async () => {
    await using box = await openBox();
    const server = await tcpListenIn(box.namespaces.aws, boxAddresses.aws, 80, (socket) => {
      socket.resume().end(`${socket.remoteAddress}`);
    });
    const to = { address: boxAddresses.aws, port: 80 };
    const socket = await tcpConnectIn(box.namespaces.pod, { to });
    const [answer] = (await once(socket.setEncoding('utf8'), 'data')) as [string];
    expect(answer).toBe(boxAddresses.podEth0);
    await once(socket, 'close');
    server.close();
    await once(server, 'close');
  });

  it('gives each of several pods its own addresses, and one public address to each', async () => {
    const names = ['a', 'b', 'c'];
    const pods = names.map((name, at) => ({
      name,
      eth0: `10.0.1.${50 + at}`,
      net1: [`10.0.2.${128 + at}`],
    }));
    await using box = await openBox({ pods });
    for (const [at, pod] of box.pods.entries()) {
      const net1 = pod.net1[0] ?? '';
      await box.dataPlane.assignPrivateIp('eni-node-b', net1);
      await box.dataPlane.associateAddress(`203.0.113.${50 + at}`, net1);
      await using socket = await openUdpPeer({
        namespace: pod.namespace,
        address: net1,
        port: 5060,
      });
      await using hosts = new Hosts(box);
      const peer = await hosts.peer();
      await peer.send(`203.0.113.${50 + at}:5060`, 'call');
      expect((await socket.receive(0, 5000)).from).toBe(peer.tuple);
    }
    expect(box.eni('eni-node-b').addresses).toEqual(['10.0.2.10', ...pods.flatMap((p) => p.net1)]);
  });

  it('does the same change twice as once, and undoes it', async () => {
    await using box = await openBox();
    const { dataPlane } = box;
    for (const _ of ['once', 'twice']) {
      await dataPlane.assignPrivateIp('eni-node-b', privateIp);
      await dataPlane.associateAddress(publicIp, privateIp);
      await dataPlane.setRoute('private', `${publicIp}/32`, 'eni-node-b');
      await dataPlane.setSourceDestCheck('eni-node-b', false);
    }
    const routes = async () => (await box.netlinks.vpc.routes.list({ table: 100 })).length;
    const routed = await routes();
    for (const _ of ['once', 'twice']) {
      await dataPlane.setSourceDestCheck('eni-node-b', true);
      await dataPlane.deleteRoute('private', `${publicIp}/32`);
      await dataPlane.disassociateAddress(publicIp);
      await dataPlane.unassignPrivateIp('eni-node-b', privateIp);
    }
    expect(await routes()).toBe(routed - 2);
    expect(box.eni('eni-node-b').addresses).toEqual([boxAddresses.nodeSecondary]);
  });

  it('needs no friendly host: what a hardened one hands down is set back', () => {
    using namespace = createNetworkNamespace();
    const file = '/proc/sys/net/ipv4/conf/all/rp_filter';
    namespace.writeFile(file, '1');
    settleSysctls(namespace);
    expect(namespace.readFile(file).trim()).toBe('0');
  });

  it('leaves no namespace, no link and no descriptor when it closes', async () => {
    const before = openDescriptors();
    using outside = createNetworkNamespace();
    using netlink = await openNetlink({ netns: outside });
    const box = await openBox();
    const probes = await probeHosts(box, netlink);
    await box.close();
    await allGone(netlink, probes);
    netlink.close();
    outside.close();
    await eventually(openDescriptors, (now) => now <= before, 'all descriptors closed');
  });

  it('leaves nothing when its process is killed', async () => {
    using outside = createNetworkNamespace();
    using netlink = await openNetlink({ netns: outside });
    const program = new URL('vpc-box-child.ts', import.meta.url).pathname;
    const child = spawn(process.execPath, ['-C', 'truetuple-source', program, outside.path], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [line] = (await once(createInterface(child.stdout), 'line')) as [string];
    const probes = JSON.parse(line) as string[];
    const links = await netlink.links.list();
    expect(links.map(({ name }) => name)).toEqual(expect.arrayContaining(probes));
    child.kill('SIGKILL');
    await once(child, 'exit');
    await allGone(netlink, probes);
  });
});

/** A veth from outside into every host: it dies with the host's namespace. */
async function probeHosts(box: VpcBox, outside: Netlink): Promise<readonly string[]> {
  const hosts = Object.keys(box.namespaces) as BoxHostName[];
  for (const host of hosts) {
    const peer = { name: 'probe', netns: box.namespaces[host] };
    await outside.links.add({ kind: 'veth', name: `to-${host}`, peer });
  }
  return hosts.map((host) => `to-${host}`);
}

async function allGone(netlink: Netlink, names: readonly string[]): Promise<void> {
  expect(names.length).toBeGreaterThan(0);
  const left = async (): Promise<readonly string[]> =>
    (await netlink.links.list()).map(({ name }) => name).filter((name) => names.includes(name));
  const gone = Promise.withResolvers<undefined>();
  const look = async (): Promise<void> => {
    if ((await left()).length === 0) gone.resolve(undefined);
  };
  const watching = netlink.watch(['link'], () => void look());
  await look();
  await gone.promise;
  watching.close();
}

function openDescriptors(): number {
  return readdirSync('/proc/self/fd').length;
}
