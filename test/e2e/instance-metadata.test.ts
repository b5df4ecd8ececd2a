// The instance metadata service as a process on the instance meets it: over HTTP, version 2 only, and sometimes not at all.
import { readInstanceMetadata } from '@truetuple/core';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import {
  startMetadataEndpoint,
  type MetadataEndpoint,
} from '../lab/src/instance-metadata/start-metadata-endpoint.ts';
import { openHttpRegion, type HttpRegion } from './http-region.ts';

let region: HttpRegion;
let metadata: MetadataEndpoint;
const listen = { host: '127.0.0.1', port: 0 };

beforeAll(async () => {
  region = await openHttpRegion();
  const { ec2, ids } = region;
  metadata = await startMetadataEndpoint({ ec2, instanceId: ids.instanceId, listen });
});

afterAll(async () => {
  await metadata[Symbol.asyncDispose]();
  await region[Symbol.asyncDispose]();
});

beforeEach(() => {
  metadata.behaviour = 'answers';
});

it('tells instance, zone, region, and each ENI with its networks', async () => {
  const { ids, ec2 } = region;
  const facts = await readInstanceMetadata({ endpoint: metadata.url });
  const inVpc = { subnetId: ids.subnetId, subnetCidr: '10.0.2.0/24', vpcId: ids.vpcId };
  const all = ec2.snapshot().networkInterfaces;
  expect(facts).toEqual({
    instanceId: ids.instanceId,
    availabilityZone: 'eu-central-1a',
    region: 'eu-central-1',
    networkInterfaces: ids.networkInterfaceIds.map((networkInterfaceId, deviceNumber) => ({
      ...inVpc,
      vpcCidrs: ['10.0.0.0/16'],
      networkInterfaceId,
      deviceNumber,
      mac: all.find((each) => each.networkInterfaceId === networkInterfaceId)?.macAddress,
      privateIps: [['10.0.2.10', '10.0.2.11'][deviceNumber]],
    })),
  });
});

it('tells the Local Zone that an instance is in', async () => {
  const { ec2, ids } = region;
  const availabilityZone = 'eu-central-1-ham-1a';
  const place = { vpcId: ids.vpcId, cidr: '10.0.9.0/24', availabilityZone };
  const { subnetId } = ec2.createSubnet(place);
  const { instanceId } = ec2.createInstance();
  ec2.createNetworkInterface({ subnetId, instanceId });
  await using local = await startMetadataEndpoint({ ec2, instanceId, listen });
  const facts = await readInstanceMetadata({ endpoint: local.url });
  expect(facts).toMatchObject({ availabilityZone, region: 'eu-central-1' });
});

it('asks for one token, and for nothing without it', async () => {
  const before = metadata.requests.length;
  await readInstanceMetadata({ endpoint: metadata.url });
  const [first, ...others] = metadata.requests.slice(before);
  expect(first).toBe('PUT /latest/api/token');
  expect(others.every((request) => request.startsWith('GET /latest/meta-data/'))).toBe(true);
});

it('ends by itself where no answer arrives, as behind a hop limit of 1', async () => {
  metadata.behaviour = 'silent';
  const before = metadata.requests.length;
  const reading = readInstanceMetadata({ endpoint: metadata.url, timeoutMs: 50, tries: 2 });
  await expect(reading).rejects.toMatchObject({
    code: 'MetadataUnreachable',
    retry: 'later',
    remedy: expect.stringContaining('hop limit of 2') as string,
  });
  expect(metadata.requests.slice(before)).toEqual(Array(2).fill('PUT /latest/api/token'));
});

it('ends at once when it is told to', async () => {
  metadata.behaviour = 'silent';
  const controller = new AbortController();
  const before = metadata.requests.length;
  const reading = readInstanceMetadata({
    endpoint: metadata.url,
    timeoutMs: 600_000,
    signal: controller.signal,
  });
  await expect.poll(() => metadata.requests.length).toBe(before + 1);
  controller.abort();
  await expect(reading).rejects.toMatchObject({ code: 'Aborted' });
});

it('tries again when it was asked too often, and says so when that does not end', async () => {
  metadata.behaviour = 'throttled';
  const before = metadata.requests.length;
  const reading = readInstanceMetadata({ endpoint: metadata.url });
  await expect.poll(() => metadata.requests.length).toBe(before + 1);
  metadata.behaviour = 'answers';
  expect((await reading).region).toBe('eu-central-1');
  metadata.behaviour = 'throttled';
  await expect(readInstanceMetadata({ endpoint: metadata.url, tries: 2 })).rejects.toMatchObject({
    code: 'MetadataUnreachable',
    message: expect.stringContaining('HTTP status 429') as string,
  });
});

it('is refused by a service that is off', async () => {
  metadata.behaviour = 'disabled';
  await expect(readInstanceMetadata({ endpoint: metadata.url })).rejects.toMatchObject({
    code: 'MetadataRefused',
    retry: 'never',
  });
});

it('says what nobody is there to answer', async () => {
  const gone = await startMetadataEndpoint({
    ec2: region.ec2,
    instanceId: region.ids.instanceId,
    listen,
  });
  await gone[Symbol.asyncDispose]();
  await expect(readInstanceMetadata({ endpoint: gone.url, tries: 1 })).rejects.toMatchObject({
    code: 'MetadataUnreachable',
    message: expect.stringContaining('ECONNREFUSED') as string,
  });
});
