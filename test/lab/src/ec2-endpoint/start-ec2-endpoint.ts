import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { SimulatedEc2 } from '@truetuple/core/testing';
import { listen, urlOf, type ListenAt } from '../socket/http-server.ts';
import { answerRequest, errorAnswer, type Ec2Answer } from './answer-request.ts';
import { readBody } from './read-body.ts';

export interface Ec2EndpointOptions {
  /** The simulated region; several are told apart by the region that a request is signed for. */
  readonly ec2: SimulatedEc2 | readonly SimulatedEc2[];
  readonly listen: ListenAt;
}

export interface Ec2Endpoint extends AsyncDisposable {
  /** For `new EC2Client({ endpoint })`. */
  readonly url: string;
  /** Ends the connections; resolves when no request is being carried out any more. */
  close(): Promise<void>;
}

/** Far longer than an SDK keeps an idle connection: the server never closes one that is about to be used. */
const keepAliveTimeoutMs = 120_000;
const requestTimeoutMs = 10_000;

/**
 * Serves EC2's query protocol over HTTP for the unmodified AWS SDK. Requests must be signed for the region
 * of a simulator, but the signature is not checked: listen only where every caller may do everything.
 * A lost answer planted in the simulator closes the connection after the call was carried out.
 */
export async function startEc2Endpoint(options: Ec2EndpointOptions): Promise<Ec2Endpoint> {
  const simulators = [options.ec2].flat();
  const regions = new Map(simulators.map((ec2) => [ec2.region, ec2]));
  const running = new Set<Promise<void>>();
  const server = createServer({ requestTimeout: requestTimeoutMs }, (request, response) => {
    const handled = handle(regions, request, response).finally(() => running.delete(handled));
    running.add(handled);
  });
  server.keepAliveTimeout = keepAliveTimeoutMs;
  await listen(server, 'EC2', options.listen);
  const close = async (): Promise<void> => {
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    server.closeAllConnections();
    await Promise.all([closed, ...running]);
  };
  return { url: urlOf(server, 'EC2'), close, [Symbol.asyncDispose]: close };
}

async function handle(
  regions: ReadonlyMap<string, SimulatedEc2>,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const requestId = randomUUID();
  const answer = await answerTo(regions, request, requestId);
  if (answer === undefined || response.destroyed) return;
  if (answer.kind === 'lost') {
    request.socket.destroy();
    return;
  }
  response.writeHead(answer.status, {
    'content-type': 'text/xml;charset=UTF-8',
    'x-amzn-requestid': requestId,
    ...(request.complete ? {} : { connection: 'close' }),
  });
  response.end(answer.xml);
  // what is left of an oversized body: read and dropped, so that the client gets to read the answer
  request.resume();
}

async function answerTo(
  regions: ReadonlyMap<string, SimulatedEc2>,
  request: IncomingMessage,
  requestId: string,
): Promise<Ec2Answer | undefined> {
  const { authorization } = request.headers;
  const refused = (code: string, message: string): Ec2Answer =>
    errorAnswer({ code, message, requestId });
  if (request.method !== 'POST') {
    return refused('InvalidHttpMethod', `Send the query by POST, not by ${request.method ?? ''}.`);
  }
  const body = await readBody(request);
  switch (body.kind) {
    case 'whole':
      return answerRequest(regions, { requestId, authorization, body: body.bytes });
    case 'too-large':
      return refused('RequestEntityTooLarge', `The request is larger than ${body.limit} bytes.`);
    case 'broken-off':
      return undefined;
    default:
      return body satisfies never;
  }
}
