import { randomUUID } from 'node:crypto';
import { createServer, Socket } from 'node:net';
import { steadyTables } from '@truetuple/sip-engine';
import type { SrfApp } from '@truetuple/sip-engine/testing';
import { newSrfApp } from './srf-application.ts';

type Written = (error?: Error | null) => void;

/** The stub's end of one connection: takes what the application writes, and plays what a server would tell it. */
export interface StubScript {
  /** A frame of the application: its id, the fields of its first line, and the SIP text after it. */
  readonly onFrame: (stub: StubSocket, id: string, fields: readonly string[], sip: string) => void;
}

/**
 * drachtio-srf's view of a server in memory that does nothing: no SIP is parsed or composed, every answer is a template. What a
 * call costs here is drachtio-srf's own share.
 */
export class StubSocket extends Socket {
  readonly #script: StubScript;

  constructor(script: StubScript) {
    super();
    this.#script = script;
  }

  override write(data: Uint8Array | string, encoding?: BufferEncoding | Written): boolean {
    const text = String(data);
    setImmediate(() => {
      const payload = text.slice(text.indexOf('#') + 1);
      const end = payload.indexOf('\r\n');
      const [id = '', ...fields] = (end < 0 ? payload : payload.slice(0, end)).split('|');
      if (fields[0] === 'authenticate') this.tell(`response|${id}|OK|udp/127.0.0.1:5060|v0.9.10|`);
      else this.#script.onFrame(this, id, fields, end < 0 ? '' : payload.slice(end + 2));
    });
    if (typeof encoding === 'function') setImmediate(encoding);
    return true;
  }

  /** One frame for the application, in a later turn. */
  tell(text: string): void {
    const payload = Buffer.from(`${randomUUID()}|${text}`, 'utf8');
    const frame = Buffer.concat([Buffer.from(`${payload.length}#`, 'latin1'), payload]);
    setImmediate(() => this.emit('data', frame));
  }

  override setKeepAlive(): this {
    return this;
  }

  override setNoDelay(): this {
    return this;
  }
}

/** An application on a stub, let in. */
export async function startOnStub(
  serve: (app: SrfApp) => void,
  script: StubScript,
): Promise<StubSocket> {
  const app = newSrfApp();
  serve(app);
  const server = createServer();
  const connected = new Promise<void>((resolve) => {
    app.on('connect', () => resolve());
  });
  app.listen({ server, secret: 'stub' });
  steadyTables(app);
  const socket = new StubSocket(script);
  server.emit('connection', socket);
  await connected;
  return socket;
}
