import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { SimulatedEc2 } from '@truetuple/core/testing';
import { listen, urlOf, type ListenAt } from '../socket/http-server.ts';
import { LateAddresses, type MetadataLag } from './late-addresses.ts';
import { metadataPaths, type RoleCredentials } from './metadata-paths.ts';

/**
 * How the service behaves: `silent` as behind a hop limit of 1, where the token leaves and never arrives; `disabled` as with
 * HttpEndpoint off; `throttled` as after too many requests.
 */
export type MetadataBehaviour = 'answers' | 'silent' | 'disabled' | 'throttled';

export interface MetadataEndpointOptions {
  readonly ec2: SimulatedEc2;
  /** The instance that asks: there is one service for each. */
  readonly instanceId: string;
  readonly listen: ListenAt;
  readonly role?: RoleCredentials;
  /** Default: the metadata say at once what EC2 has answered. */
  readonly lag?: MetadataLag;
}

export interface MetadataEndpoint extends AsyncDisposable {
  /** For AWS_EC2_METADATA_SERVICE_ENDPOINT. */
  readonly url: string;
  behaviour: MetadataBehaviour;
  /** "PUT /latest/api/token", in the order they came. */
  readonly requests: readonly string[];
  /** From now on no token that was given out is good. */
  expireTokens(): void;
}

const lifetimeHeader = 'x-aws-ec2-metadata-token-ttl-seconds';
const longestLifetimeSeconds = 21_600;

/**
 * The instance metadata service of a simulated instance, with version 2 required: a request without a good token gets 401, a token
 * asked for with no lifetime 400, one asked for through a proxy (X-Forwarded-For) 403.
 */
export async function startMetadataEndpoint(
  options: MetadataEndpointOptions,
): Promise<MetadataEndpoint> {
  const { ec2, instanceId, role, lag } = options;
  const late = lag && new LateAddresses(ec2, lag);
  const addressesOf: Parameters<typeof metadataPaths>[2]['addressesOf'] = (eni) =>
    late === undefined ? eni.privateIpAddresses : late.of(eni);
  const tokens = new Map<string, number>();
  const requests: string[] = [];
  const server = createServer((request, response) => {
    requests.push(`${request.method} ${request.url}`);
    request.resume();
    switch (endpoint.behaviour) {
      case 'silent':
        return;
      case 'disabled':
        response.writeHead(403).end();
        return;
      case 'throttled':
        response.writeHead(429).end();
        return;
      case 'answers':
        if (request.url === '/latest/api/token') giveToken(tokens, request, response);
        else {
          const place = { region: ec2.region, instanceId };
          answer(
            tokens,
            request,
            response,
            metadataPaths(ec2.snapshot(), place, { role, addressesOf }),
          );
        }
        return;
      default:
        endpoint.behaviour satisfies never;
    }
  });
  await listen(server, 'instance metadata', options.listen);
  const endpoint: MetadataEndpoint = {
    url: urlOf(server, 'instance metadata'),
    behaviour: 'answers',
    requests,
    expireTokens: () => tokens.clear(),
    [Symbol.asyncDispose]: async () => {
      late?.[Symbol.dispose]();
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      await closed;
    },
  };
  return endpoint;
}

function giveToken(
  tokens: Map<string, number>,
  request: IncomingMessage,
  response: ServerResponse,
): void {
  const seconds = Number(request.headers[lifetimeHeader]);
  const fits = Number.isInteger(seconds) && seconds >= 1 && seconds <= longestLifetimeSeconds;
  if (request.method !== 'PUT') response.writeHead(405).end();
  else if (request.headers['x-forwarded-for'] !== undefined) response.writeHead(403).end();
  else if (!fits) response.writeHead(400).end();
  else {
    const token = randomUUID();
    tokens.set(token, performance.now() + 1000 * seconds);
    response.writeHead(200, { [lifetimeHeader]: String(seconds) }).end(token);
  }
}

function answer(
  tokens: ReadonlyMap<string, number>,
  request: IncomingMessage,
  response: ServerResponse,
  paths: ReadonlyMap<string, string>,
): void {
  const token = String(request.headers['x-aws-ec2-metadata-token']);
  const path = request.url?.replace('/latest/meta-data/', '') ?? '';
  const value = paths.get(path);
  if ((tokens.get(token) ?? 0) < performance.now()) response.writeHead(401).end();
  else if (request.method !== 'GET') response.writeHead(405).end();
  else if (value === undefined) response.writeHead(404).end();
  else response.writeHead(200, { 'content-type': 'text/plain' }).end(value);
}
