import { createServer } from 'node:http';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { listenOnLoopback, type LoopbackServer } from '../../testing/listen-on-loopback.ts';
import { readInstanceMetadata } from './instance-metadata.ts';

const instance = {
  'instance-id': 'i-0123456789abcdef0',
  'placement/availability-zone': 'eu-central-1a',
  'network/interfaces/macs/': '02:00:00:00:00:01/\n02:00:00:00:00:02/',
};
const inVpc = { 'subnet-id': 'subnet-1', 'vpc-id': 'vpc-1', 'vpc-ipv4-cidr-blocks': '10.0.0.0/16' };
const interfaces = {
  '02:00:00:00:00:01': {
    ...inVpc,
    'interface-id': 'eni-1',
    'device-number': '0',
    'subnet-ipv4-cidr-block': '10.0.2.0/24',
    'local-ipv4s': '10.0.2.10',
  },
  // EC2 has no IPv4 paths of an interface in a subnet with IPv6 only
  '02:00:00:00:00:02': {
    ...inVpc,
    'interface-id': 'eni-2',
    'device-number': '1',
    ipv6s: '2001:db8::1',
  },
};

let metadata: LoopbackServer;
beforeEach(async () => {
  const paths = new Map(Object.entries(instance));
  for (const [mac, values] of Object.entries(interfaces)) {
    for (const [path, value] of Object.entries(values)) {
      paths.set(`network/interfaces/macs/${mac}/${path}`, value);
    }
  }
  const server = createServer((request, response) => {
    const path = request.url?.replace('/latest/meta-data/', '') ?? '';
    const value = request.method === 'PUT' ? 'token' : paths.get(path);
    response.writeHead(value === undefined ? 404 : 200).end(value);
  });
  metadata = await listenOnLoopback(server);
});
afterEach(() => metadata.close());

it('an interface in a subnet with IPv6 only has neither subnetCidr nor private IPs', async () => {
  const facts = await readInstanceMetadata({ endpoint: metadata.url });
  const [one, two] = facts.networkInterfaces;
  expect(one).toMatchObject({ subnetCidr: '10.0.2.0/24', privateIps: ['10.0.2.10'] });
  expect(two).toEqual({
    mac: '02:00:00:00:00:02',
    networkInterfaceId: 'eni-2',
    deviceNumber: 1,
    subnetId: 'subnet-1',
    vpcId: 'vpc-1',
    vpcCidrs: ['10.0.0.0/16'],
    privateIps: [],
  });
});
