import type { Server, Socket } from 'node:net';
import type { EngineBench } from './engine-bench.ts';

/** An application that writes drachtio's protocol by hand: whatever it likes, with nothing put right on the way. */
export class RawApp {
  /** Payloads of the frames that came, in order. */
  readonly heard: string[] = [];
  #socket: Socket | undefined;
  #count = 0;

  /** Listens on a server that `engine.attach` is given. */
  constructor(server: Server, secret: string) {
    server.on('connection', (socket: Socket) => {
      this.#socket = socket;
      socket.on('data', (frame: Buffer) => {
        const text = frame.toString('latin1');
        this.heard.push(text.slice(text.indexOf('#') + 1));
      });
      this.#write(`hello|authenticate|${secret}|`);
    });
  }

  /**
   * Sends one message.
   * @param ids transaction and dialog, such as "T1|" or "|c1;from-tag=a"
   * @returns id of the frame, which the answer repeats
   */
  say(ids: string, lines: readonly string[], body = ''): string {
    this.#count += 1;
    const id = `f${this.#count}`;
    this.#write(`${id}|sip|${ids}\r\n${[...lines, '', ''].join('\r\n')}${body}`);
    return id;
  }

  /** What the engine said to this frame: "OK ..." or "NOK ...". */
  answer(id: string): string {
    const frames = this.heard.filter((text) => text.includes(`|response|${id}|`));
    return frames.map((text) => text.slice(text.indexOf(`|${id}|`) + id.length + 2)).join('\n');
  }

  /** Transaction id of the last message of this kind that came from the network, such as "INVITE " or "SIP/2.0 200". */
  transactionOf(start: string): string {
    const frame = this.heard.findLast((text) => text.includes(`\r\n${start}`));
    return frame?.split('|')[8] ?? '';
  }

  /** Ends the connection; the engine makes a new one. */
  hangUp(): void {
    this.#socket?.destroy();
  }

  #write(payload: string): void {
    this.#socket?.write(`${Buffer.byteLength(payload)}#${payload}`);
  }
}

/** Starts an application that writes by hand on an engine, in memory. */
export async function startRawApp(bench: EngineBench): Promise<RawApp> {
  const app = new RawApp(bench.server, 'bench');
  bench.engine.attach(bench.server);
  await bench.run(0);
  return app;
}
