import { describe, expect, it } from 'vitest';
import { LabError } from '../errors.ts';
import { checkBoxOptions, type BoxOptions } from './box-options.ts';
import { describeTopology } from './describe-topology.ts';

const topologyOf = (options: BoxOptions = {}) => describeTopology(checkBoxOptions(options));

describe('describeTopology', () => {
  it('wires every ENI to a port of the router that bears its name', () => {
    const { wires, enis } = topologyOf();
    for (const eni of enis) {
      const wire = wires.find(({ ends }) => ends[1].link === eni.name);
      expect(wire?.ends[0]).toMatchObject({ host: eni.host, link: eni.link });
      expect(wire?.ends[1].host).toBe('vpc');
    }
  });

  it('gives a link that exists to everything that names one', () => {
    const { hosts, wires, slaves } = topologyOf({ pods: threePods });
    const made = new Set([
      ...wires.flatMap(({ ends }) => ends.map((end) => `${end.host} ${end.link}`)),
      ...slaves.map((slave) => `${slave.pod} ${slave.link}`),
      ...hosts.map(({ key }) => `${key} lo`),
    ]);
    const named = hosts.flatMap((host) => [
      ...host.links.map((link) => `${host.key} ${link.name}`),
      ...host.routes.flatMap(({ link }) => (link === undefined ? [] : [`${host.key} ${link}`])),
      ...host.rules.map(({ inputLink }) => `${host.key} ${inputLink}`),
      ...host.neighbours.map(({ link }) => `${host.key} ${link}`),
    ]);
    expect(named.filter((name) => !made.has(name))).toEqual([]);
  });

  it('repeats no MAC address on one wire segment of the node', () => {
    const { wires, slaves } = topologyOf({ pods: threePods });
    const ends = wires.flatMap(({ ends: both }) => both.map((end) => end.macAddress));
    const all = [
      ...ends,
      ...slaves.flatMap((slave) => (slave.kind === 'macvlan' ? slave.macAddress : [])),
    ];
    expect(new Set(all).size).toBe(all.length);
  });

  it("shows the ENI's MAC on the first pod's net1, whatever the kind of link", () => {
    const macvlan = topologyOf({ net1: 'macvlan' });
    const eni = macvlan.enis.find(({ name }) => name === 'eni-node-b');
    expect(macvlan.slaves[0]).toMatchObject({ kind: 'macvlan', macAddress: eni?.macAddress });
    const ipvlan = topologyOf({ net1: 'ipvlan' });
    const eth1 = ipvlan.wires.flatMap(({ ends }) => ends).find((end) => end.link === 'eth1');
    expect(eth1?.macAddress).toBe(eni?.macAddress);
    expect(ipvlan.slaves[0]).toEqual({ kind: 'ipvlan', pod: 'pod/pod', link: 'net1' });
  });

  it('routes every held private address in every table of the router', () => {
    const { hosts, initial } = topologyOf();
    const router = hosts.find(({ key }) => key === 'vpc');
    for (const { address, eni } of initial.privateIps) {
      const found = router?.routes.filter((route) => route.destination === `${address}/32`);
      expect(found?.map((route) => [route.table, route.link])).toEqual([
        [100, eni],
        [101, eni],
        [102, eni],
        [103, eni],
      ]);
    }
  });

  it.each<[string, BoxOptions]>([
    ['no pod', { pods: [] }],
    ['a pod name', { pods: [{ name: 'Pod/1', eth0: '10.0.1.50', net1: [] }] }],
    ['twice', { pods: [pod('a', 50, 128), pod('a', 51, 129)] }],
    ['twice', { pods: [pod('a', 50, 128), pod('b', 51, 128)] }],
    ['eth0', { pods: [{ name: 'a', eth0: '10.0.2.50', net1: [] }] }],
    ['net1', { pods: [pod('a', 50, 5)] }],
    ['net1', { pods: [pod('a', 50, 2)] }],
  ])('refuses options that make no box: %s', (_, options) => {
    expect(() => checkBoxOptions(options)).toThrow(LabError);
  });
});

function pod(name: string, eth0: number, net1: number) {
  return { name, eth0: `10.0.1.${eth0}`, net1: [`10.0.2.${net1}`] };
}

const threePods = [pod('a', 50, 128), pod('b', 51, 129), pod('c', 52, 130)];
