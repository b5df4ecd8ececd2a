// Instance metadata are behind EC2 (API reference, AssignPrivateIpAddresses: local-ipv4s tells when an address has come): what core takes from them, and what not.
import {
  ensurePublicIdentity,
  readInstanceMetadata,
  releasePublicIdentity,
  sdkEc2Api,
} from '@truetuple/core';
import { simulatedNode, simulatedPod } from '@truetuple/core/testing';
import { afterEach, expect, it, vi } from 'vitest';
import { startEc2Endpoint } from '../lab/src/ec2-endpoint/start-ec2-endpoint.ts';
import { startMetadataEndpoint } from '../lab/src/instance-metadata/start-metadata-endpoint.ts';

const listen = { host: '127.0.0.1', port: 0 };
const addressesMs = 30_000;

/** A pod whose process has its credentials from the metadata service of its instance. */
async function openPod() {
  const opened = new AsyncDisposableStack();
  const pod = simulatedPod();
  const endpoint = await startEc2Endpoint({ ec2: pod.ec2, listen });
  opened.defer(() => endpoint.close());
  const [instance] = pod.ec2.snapshot().instances;
  const role = {
    roleName: 'node',
    accessKeyId: 'AKIDOFINSTANCE',
    secretAccessKey: 'not-a-secret',
    sessionToken: 'session',
    expiration: new Date('2099-01-01T00:00:00Z'),
  };
  const metadata = opened.use(
    await startMetadataEndpoint({
      ec2: pod.ec2,
      instanceId: instance?.instanceId ?? '',
      listen,
      role,
      lag: { addressesMs, clock: pod.clock },
    }),
  );
  const { region } = pod.spec;
  const ec2 = sdkEc2Api({ region, endpoint: endpoint.url, maxAttempts: 1 });
  const { kernel, clock, publisher } = pod;
  const node = simulatedNode({ ec2, kernel, clock, publisher });
  return {
    pod,
    node,
    metadata,
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
}

afterEach(() => vi.unstubAllEnvs());

function takeCredentialsFrom(url: string): void {
  for (const name of Object.keys(process.env)) {
    if (name.startsWith('AWS_')) vi.stubEnv(name, undefined);
  }
  vi.stubEnv('AWS_CONFIG_FILE', '/nothing-here');
  vi.stubEnv('AWS_SHARED_CREDENTIALS_FILE', '/nothing-here');
  vi.stubEnv('AWS_EC2_METADATA_SERVICE_ENDPOINT', url);
}

it('an identity comes and goes by what EC2 says, whatever the metadata say of its addresses', async () => {
  await using opened = await openPod();
  const { pod, node, metadata } = opened;
  takeCredentialsFrom(metadata.url);
  const privateIpsOf = async () => {
    const facts = await readInstanceMetadata({ endpoint: metadata.url });
    return facts.networkInterfaces.flatMap(({ privateIps }) => privateIps);
  };
  const primaries = ['10.0.1.10', '10.0.2.10'];
  const facts = await readInstanceMetadata({ endpoint: metadata.url });
  const [, media] = facts.networkInterfaces;
  const spec = {
    ...pod.spec,
    region: facts.region,
    vpcCidrs: media?.vpcCidrs ?? [],
    networkInterface: { by: 'id' as const, networkInterfaceId: media?.networkInterfaceId ?? '' },
  };
  const before = metadata.requests.length;
  const held = await ensurePublicIdentity(spec, { node });
  expect(held.identity).toMatchObject({ privateIp: '10.0.2.128', publicIp: '203.0.113.50' });
  // of the metadata it wanted the credentials, and nothing about addresses
  const asked = metadata.requests.slice(before).filter((request) => request.startsWith('GET'));
  expect(asked.length).toBeGreaterThan(0);
  for (const request of asked) expect(request).toContain('/meta-data/iam/');
  expect(await privateIpsOf()).toEqual(primaries);
  pod.clock.advance(addressesMs);
  expect(await privateIpsOf()).toEqual([...primaries, '10.0.2.128']);
  await releasePublicIdentity(held, { node });
  expect(await privateIpsOf()).toContain('10.0.2.128');
  // the very address that the metadata still show is taken anew
  const again = await ensurePublicIdentity(spec, { node });
  expect(again.identity.publicIp).toBe('203.0.113.50');
  expect(pod.ec2.snapshot().addresses).toMatchObject([{ privateIpAddress: '10.0.2.128' }]);
});

it('Elastic IPs are in the metadata with the private IPs that have them, as late as those', async () => {
  await using opened = await openPod();
  const { pod, node, metadata } = opened;
  takeCredentialsFrom(metadata.url);
  const read = async (path: string): Promise<readonly [number, string]> => {
    const headers = { 'x-aws-ec2-metadata-token-ttl-seconds': '60' };
    const token = await fetch(`${metadata.url}/latest/api/token`, { method: 'PUT', headers });
    const mac = pod.ec2.snapshot().networkInterfaces[1]?.macAddress ?? '';
    const url = `${metadata.url}/latest/meta-data/network/interfaces/macs/${mac}/${path}`;
    const answer = await fetch(url, {
      headers: { 'x-aws-ec2-metadata-token': await token.text() },
    });
    return [answer.status, await answer.text()];
  };
  await ensurePublicIdentity(pod.spec, { node });
  expect(await read('public-ipv4s')).toEqual([404, '']);
  pod.clock.advance(addressesMs);
  expect(await read('public-ipv4s')).toEqual([200, '203.0.113.50']);
  expect(await read('ipv4-associations/')).toEqual([200, '203.0.113.50']);
  expect(await read('ipv4-associations/203.0.113.50')).toEqual([200, '10.0.2.128']);
});

it('a lag that is none is refused', async () => {
  const { ec2, clock } = simulatedPod();
  const lag = { addressesMs: 0, clock };
  await expect(startMetadataEndpoint({ ec2, instanceId: 'i-1', listen, lag })).rejects.toThrow(
    /0 ms behind/,
  );
});
