import { createEngineBench, type EngineBench } from './engine-bench.ts';
import { startRawApp, type RawApp } from './raw-app.ts';
import type { SipPeer } from './sip-peer.ts';
import type { SipEngineOptions } from '../engine.ts';

/** A session description of the peer's, or of the application's. */
export const sdp =
  'v=0\r\no=- 1 1 IN IP4 10.0.0.9\r\ns=-\r\nc=IN IP4 10.0.0.9\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0\r\n';

const callId = 'c';

/** What a peer sends inside of a call, its place in it left open. */
interface InCall {
  readonly sequence: number;
  readonly headers?: readonly string[];
  readonly body?: string;
}

/** A call between a peer and an application that writes by hand. */
export interface RawCall {
  readonly bench: EngineBench;
  readonly app: RawApp;
  readonly peer: SipPeer;
  /** Name of the dialog, as the application knows it. */
  readonly dialog: string;
  /** The engine's tag. */
  readonly toTag: string;
  /** Lets the application answer the last request of this method. @returns the frame's id */
  readonly answer: (
    method: string,
    status: number,
    more?: { readonly headers?: readonly string[]; readonly body?: string },
  ) => Promise<string>;
  /** Lets the application send a request in the dialog. @returns the frame's id */
  readonly ask: (method: string, body?: string, headers?: readonly string[]) => Promise<string>;
  /** Lets the peer send a request in the dialog. @returns what it heard last */
  readonly send: (method: string, request: InCall) => Promise<string | undefined>;
  /** How many requests of this method the application heard of. */
  readonly heard: (method: string) => number;
}

/** A call of the peer, answered with this status; a success is acknowledged. */
export async function receiveCall(
  status: number,
  options: Partial<SipEngineOptions> = {},
  headers: readonly string[] = [],
): Promise<RawCall> {
  const bench = createEngineBench(options);
  const app = await startRawApp(bench);
  const peer = bench.peer(2);
  const dialog = `${callId};from-tag=peer`;
  const answer: RawCall['answer'] = async (method, code, more = {}) => {
    const lines = [`SIP/2.0 ${code} So`, ...(more.headers ?? [])];
    const id = app.say(`${app.transactionOf(`${method} `)}|`, lines, more.body);
    await bench.run(10);
    return id;
  };
  peer.send({ method: 'INVITE', callId, branch: 'z9hG4bKfirst', headers, body: sdp });
  await bench.run(10);
  await answer('INVITE', status, status === 200 ? { body: sdp } : {});
  const toTag = peer.response(status).essentials.toTag ?? '';
  if (status === 200) peer.send({ method: 'ACK', callId, toTag });
  await bench.run(10);
  return {
    bench,
    app,
    peer,
    dialog,
    toTag,
    answer,
    ask: async (method, body, lines = []) => {
      const id = app.say(`|${dialog}`, [`${method} sip:placeholder SIP/2.0`, ...lines], body);
      await bench.run(10);
      return id;
    },
    send: async (method, request) => {
      peer.send({ ...request, method, callId, toTag });
      await bench.run(10);
      return peer.log().at(-1);
    },
    heard: (method) =>
      app.heard.filter((text) => text.includes('|network|') && text.includes(`\r\n${method} `))
        .length,
  };
}
