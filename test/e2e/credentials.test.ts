// Where the credentials of a pod come from: the chain of the unmodified AWS SDK, through our EC2 adapter. Every source here is
// on loopback and knows its own key id, which the signature of the EC2 call then carries.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sdkEc2Api } from '@truetuple/core';
import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest';
import {
  startMetadataEndpoint,
  type MetadataEndpoint,
} from '../lab/src/instance-metadata/start-metadata-endpoint.ts';
import { listen, urlOf } from '../lab/src/socket/http-server.ts';
import { httpRegionName, openHttpRegion, type HttpRegion } from './http-region.ts';

const at = { host: '127.0.0.1', port: 0 };
const expiration = new Date('2099-01-01T00:00:00Z');
const opened = new AsyncDisposableStack();
let folder = '';
let region: HttpRegion;
let metadata: MetadataEndpoint;
let ec2Url = '';
/** Key ids that EC2 calls were signed with. */
const signedWith: string[] = [];

async function serve(
  answer: (request: IncomingMessage, response: ServerResponse) => void,
): Promise<string> {
  const server = createServer((request, response) => {
    request.resume();
    answer(request, response);
  });
  await listen(server, 'credentials', at);
  opened.defer(async () => {
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    server.closeAllConnections();
    await closed;
  });
  return urlOf(server, 'credentials');
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'truetuple-credentials-'));
  opened.defer(() => rm(folder, { recursive: true }));
  await writeFile(join(folder, 'token'), 'token-of-the-pod');
  region = opened.use(await openHttpRegion());
  const { ec2, ids } = region;
  const role = {
    roleName: 'node',
    accessKeyId: 'AKIDOFINSTANCE',
    secretAccessKey: 'not-a-secret',
    sessionToken: 'session',
    expiration,
  };
  metadata = opened.use(
    await startMetadataEndpoint({ ec2, instanceId: ids.instanceId, listen: at, role }),
  );
  ec2Url = await serve((request, response) => {
    const scope = /Credential=([^/]+)\//.exec(request.headers.authorization ?? '');
    signedWith.push(scope?.[1] ?? '');
    const namespace = 'http://ec2.amazonaws.com/doc/2016-11-15/';
    response.end(
      `<DescribeAddressesResponse xmlns="${namespace}"><addressesSet/></DescribeAddressesResponse>`,
    );
  });
});

afterAll(() => opened.disposeAsync());
afterEach(() => vi.unstubAllEnvs());

/** A process with these variables and no others of AWS. */
function withEnvironment(values: Readonly<Record<string, string>>): void {
  for (const name of Object.keys(process.env)) {
    if (name.startsWith('AWS_')) vi.stubEnv(name, undefined);
  }
  const nowhere = join(folder, 'nothing-here');
  const all = { AWS_CONFIG_FILE: nowhere, AWS_SHARED_CREDENTIALS_FILE: nowhere, ...values };
  for (const [name, value] of Object.entries(all)) vi.stubEnv(name, value);
}

async function keyIdOfCall(): Promise<string | undefined> {
  signedWith.length = 0;
  await sdkEc2Api({ region: httpRegionName, endpoint: ec2Url, maxAttempts: 1 }).describeAddresses(
    {},
  );
  return signedWith[0];
}

it('the role of the instance, by version 2 of its metadata service', async () => {
  withEnvironment({ AWS_EC2_METADATA_SERVICE_ENDPOINT: metadata.url });
  expect(await keyIdOfCall()).toBe('AKIDOFINSTANCE');
});

it('the role of the pod, by the agent of EKS Pod Identity', async () => {
  const url = await serve((request, response) => {
    const isPod = request.headers.authorization === 'token-of-the-pod';
    response.writeHead(isPod ? 200 : 403, { 'content-type': 'application/json' }).end(
      JSON.stringify({
        AccessKeyId: 'AKIDOFPODIDENTITY',
        SecretAccessKey: 'not-a-secret',
        Token: 'session',
        Expiration: expiration.toISOString(),
      }),
    );
  });
  withEnvironment({
    AWS_CONTAINER_CREDENTIALS_FULL_URI: `${url}/v1/credentials`,
    AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: join(folder, 'token'),
    AWS_EC2_METADATA_SERVICE_ENDPOINT: metadata.url,
  });
  expect(await keyIdOfCall()).toBe('AKIDOFPODIDENTITY');
});

it('the role of the service account (IRSA), by a web identity at STS', async () => {
  const url = await serve((_request, response) => {
    response.setHeader('content-type', 'text/xml').end(`<AssumeRoleWithWebIdentityResponse
      xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleWithWebIdentityResult><Credentials>
      <AccessKeyId>AKIDOFSERVICEACCOUNT</AccessKeyId><SecretAccessKey>not-a-secret</SecretAccessKey>
      <SessionToken>session</SessionToken><Expiration>${expiration.toISOString()}</Expiration></Credentials>
      </AssumeRoleWithWebIdentityResult></AssumeRoleWithWebIdentityResponse>`);
  });
  withEnvironment({
    AWS_ROLE_ARN: 'arn:aws:iam::123456789012:role/voice',
    AWS_WEB_IDENTITY_TOKEN_FILE: join(folder, 'token'),
    AWS_REGION: httpRegionName,
    AWS_ENDPOINT_URL_STS: url,
    AWS_EC2_METADATA_SERVICE_ENDPOINT: metadata.url,
  });
  expect(await keyIdOfCall()).toBe('AKIDOFSERVICEACCOUNT');
});

it('none at all: said with a remedy, and not tried again', async () => {
  withEnvironment({ AWS_EC2_METADATA_DISABLED: 'true' });
  await expect(keyIdOfCall()).rejects.toMatchObject({ ec2Code: 'CredentialsProviderError' });
  expect(signedWith).toEqual([]);
});

// a call that hangs is what this is about: the SDK's own time-outs are two seconds in all
it('a metadata service whose answers never arrive ends the call', { timeout: 20_000 }, async () => {
  withEnvironment({ AWS_EC2_METADATA_SERVICE_ENDPOINT: metadata.url });
  metadata.behaviour = 'silent';
  await expect(keyIdOfCall()).rejects.toMatchObject({ ec2Code: 'CredentialsProviderError' });
  expect(signedWith).toEqual([]);
});
