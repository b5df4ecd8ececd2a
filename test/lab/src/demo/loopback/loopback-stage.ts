import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { startEc2Endpoint } from '../../ec2-endpoint/start-ec2-endpoint.ts';
import { bindPeers } from '../traffic/bind-peers.ts';
import { bindUdp } from '../traffic/datagram.ts';
import type { Tuple } from '../traffic/flow.ts';
import { leftoverFiles } from '../leftovers/leftover-files.ts';
import { loopbackAddress, loopbackEc2, loopbackLink, wayByEc2 } from './loopback-ec2.ts';
import { gatewayOn, notProvenOfCalls, probeLoopback } from './loopback-gateway.ts';
import { openLoopbackPhones } from './loopback-phones.ts';
import { openLoopbackStock } from './loopback-stock.ts';
import { startPodProcess } from '../pod/pod-process.ts';
import type { Stage } from '../stage.ts';
import { playStockPath } from '../acts/stock-path.ts';
import { temporaryFolder } from '../leftovers/temporary-folder.ts';
import { UserSpaceNat } from './user-space-nat.ts';

const notProven: readonly string[] = [
  'no packet crossed a network: sockets of this machine, on 127.0.0.1, with ports of their own',
  'the kernel half is a fake that keeps state; rules and routes were never given to a kernel',
  'whether a packet takes the /32 route, the NAT or no way is read from the simulators',
  'source tuples are what the receiving sockets saw: there is no link to capture',
  'real AWS was never asked: EC2 is the simulator, reached by the unmodified AWS SDK over HTTP',
  'Internet gateway, security groups, network ACLs, MTU: not modelled',
];

/** The same flow with nothing but Node: for macOS, Windows and machines without the rights. */
export async function openLoopbackStage(levelReason: string): Promise<Stage> {
  await using opened = new AsyncDisposableStack();
  const { ec2, spec } = loopbackEc2();
  const { path: directory } = opened.use(temporaryFolder());
  const endpoint = await startEc2Endpoint({ ec2, listen: { host: loopbackAddress, port: 0 } });
  opened.defer(() => endpoint.close());
  const canCall = await probeLoopback();
  const nat = opened.use(new UserSpaceNat());
  const resources = opened.move();
  return {
    level: 'loopback',
    levelReason,
    ec2,
    ec2Endpoint: endpoint.url,
    podWorld: { kind: 'loopback', link: loopbackLink },
    spec: { ...spec, identityDirectory: join(directory, 'identity') },
    observedBy: 'receiving socket',
    notProven: [...notProven, ...(canCall === true ? notProvenOfCalls : [canCall])],
    playStockPath: async () => {
      await using world = await openLoopbackStock();
      return await playStockPath(world);
    },
    startPod: (sabotage) => startPodProcess([], sabotage),
    // eth0 is a word here: there is no path between it and the Internet to be shown
    stockGateway: undefined,
    gatewayOn: (identity) => gatewayOn(identity),
    openPhones: async () => (canCall === true ? openLoopbackPhones() : undefined),
    openPeers: () => bindPeers(() => bindUdp(loopbackAddress, 0)),
    wayToPod: async (from, to) => {
      const way = await wayByEc2(ec2, from.peer, to);
      if (way === 'lost') return undefined;
      const socket: Tuple = { address: loopbackAddress, port: to.port };
      return way === 'direct' ? socket : (await nat.door(`${from.peer} ${from.role}`, socket)).door;
    },
    natDoors: (peers) => Promise.all(peers.map(({ tuple }) => nat.door('pod', tuple))),
    captured: async () => undefined,
    // the pod's file system and its fake kernel went with it
    removeSandbox: () => rm(join(directory, 'identity'), { recursive: true, force: true }),
    leftOfPod: () => leftoverFiles(join(directory, 'identity')),
    leftAfterClose: () => leftoverFiles(directory),
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  };
}
