import type { ClientRequest, IncomingHttpHeaders } from 'node:http';

/** One HTTP request, and how long it may take. */
export interface HttpRequest {
  readonly method: 'GET' | 'POST' | 'PUT';
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  /** Until the connection stands, TLS included. */
  readonly connectTimeoutMs: number;
  /** Until the whole answer is there. */
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
  /** On a connection of its own, which no proxy of the process touches: for link-local services. */
  readonly isDirect?: boolean;
}

/** The whole answer, whatever its status. Redirects are not followed. */
export interface HttpAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

/**
 * Sends a request and reads its answer to the end, over node:http or node:https and their global agents: those keep a connection
 * for 5 s, and speak to a proxy where Node is told to (NODE_USE_ENV_PROXY).
 *
 * @throws Error with a system error's `code` (ECONNREFUSED, ENOTFOUND, ECONNRESET ...), ETIMEDOUT when a limit has passed; AbortError.
 */
export async function exchange(request: HttpRequest): Promise<HttpAnswer> {
  const { promise, resolve, reject } = Promise.withResolvers<HttpAnswer>();
  const sent = open(request);
  const give = (what: string, ms: number): NodeJS.Timeout =>
    setTimeout(() => sent.destroy(timedOut(`${what} for ${ms} ms`)), ms);
  const whole = give('no whole answer', request.timeoutMs);
  sent.on('error', reject);
  sent.on('response', (response) => {
    let text = '';
    response.setEncoding('utf8');
    response.on('data', (part: string) => (text += part));
    response.on('error', reject);
    response.on('end', () =>
      resolve({ status: response.statusCode ?? 0, headers: response.headers, text }),
    );
  });
  sent.on('socket', (socket) => {
    if (!socket.connecting) return;
    const connecting = give('no connection', request.connectTimeoutMs);
    const isTls = request.url.protocol === 'https:';
    socket.once(isTls ? 'secureConnect' : 'connect', () => clearTimeout(connecting));
    socket.once('close', () => clearTimeout(connecting));
  });
  sent.end(request.body);
  try {
    return await promise;
  } finally {
    clearTimeout(whole);
  }
}

/**
 * Node's modules as CommonJS takes them: an ESM import of node:http reads all that it exports, `WebSocket` too, and so
 * loads undici, which costs 14 MiB.
 */
function open({ method, url, headers, body, signal, isDirect }: HttpRequest): ClientRequest {
  const http = process.getBuiltinModule(url.protocol === 'https:' ? 'node:https' : 'node:http');
  const length = body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) };
  return http.request(url, {
    method,
    headers: { ...headers, ...length },
    ...(signal === undefined ? {} : { signal }),
    ...(isDirect === true ? { agent: false } : {}),
  });
}

function timedOut(what: string): Error {
  return Object.assign(new Error(what), { code: 'ETIMEDOUT' });
}
