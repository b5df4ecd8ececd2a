import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import { GatewayError } from '../errors.ts';

export interface MonitoringParts {
  /** undefined when new calls are taken; or else why they are not. */
  readonly unready: () => string | undefined;
  readonly metrics: () => Promise<string>;
  readonly metricsType: string;
}

/** The HTTP listener for probes and metrics, held open. */
export interface MonitoringServer {
  close(): Promise<void>;
}

/**
 * Answers GET /livez (200 as long as this process turns), /readyz (200 or 503, with the reason) and /metrics.
 *
 * @throws GatewayError ConfigInvalid when the address cannot be bound
 */
export async function openMonitoring(
  { address, port }: { readonly address: string; readonly port: number },
  parts: MonitoringParts,
): Promise<MonitoringServer> {
  const server = createServer((request, response) => {
    const path = request.url?.split('?')[0] ?? '';
    const isRead = request.method === 'GET' || request.method === 'HEAD';
    void answer(isRead ? path : undefined, parts, response);
  });
  server.listen(port, address);
  try {
    await once(server, 'listening');
  } catch (cause) {
    throw new GatewayError({
      code: 'ConfigInvalid',
      message: `The monitoring listener could not bind ${address} port ${port}: ${cause instanceof Error ? cause.message : String(cause)}.`,
      remedy: 'Say another `monitoring.address` or `monitoring.port`.',
      retry: 'never',
      cause,
    });
  }
  return {
    close: async () => {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

async function answer(
  path: string | undefined,
  { unready, metrics, metricsType }: MonitoringParts,
  response: ServerResponse,
): Promise<void> {
  switch (path) {
    case '/livez':
      return tell(response, 200, 'alive\n');
    case '/readyz': {
      const because = unready();
      return because === undefined
        ? tell(response, 200, 'ready\n')
        : tell(response, 503, `${because}\n`);
    }
    case '/metrics':
      return tell(response, 200, await metrics(), metricsType);
    case undefined:
    default:
      return tell(response, path === undefined ? 405 : 404, 'GET /livez, /readyz or /metrics\n');
  }
}

function tell(response: ServerResponse, status: number, text: string, type = 'text/plain'): void {
  response.writeHead(status, { 'content-type': type, 'cache-control': 'no-store' }).end(text);
}
