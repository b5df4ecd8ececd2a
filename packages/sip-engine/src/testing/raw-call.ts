import { createEngineBench, type EngineBench } from './engine-bench.ts';
import { startRawApp, type RawApp } from './raw-app.ts';
import type { SipPeer } from './sip-peer.ts';
import type { SipEngineOptions } from '../engine.ts';
import type { SipRequest } from '../message/message.ts';

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

/** A call of the application that rings at a peer: the INVITE is out, with no answer yet. */
export interface PlacedCall extends Pick<RawCall, 'bench' | 'app' | 'peer' | 'dialog' | 'ask'> {
  readonly invite: SipRequest;
  /** Lets the peer answer the INVITE. */
  readonly respond: (status: number, options?: Parameters<SipPeer['respond']>[2]) => Promise<void>;
}

/** A call of the application to a peer that answers by hand. */
export async function placeCall(
  headers: readonly string[] = [],
  options: Partial<SipEngineOptions> = {},
): Promise<PlacedCall> {
  const bench = createEngineBench(options);
  const app = await startRawApp(bench);
  const peer = bench.peer(2);
  app.say('|', ['INVITE sip:b@10.0.0.2 SIP/2.0', `Call-ID: ${callId}`, ...headers], sdp);
  await bench.run(10);
  const { message: invite, essentials } = peer.request('INVITE');
  const dialog = `${callId};from-tag=${essentials.fromTag ?? ''}`;
  return {
    bench,
    app,
    peer,
    dialog,
    invite,
    respond: async (status, more) => {
      peer.respond(invite, status, more);
      await bench.run(10);
    },
    ask: askIn(bench, app, dialog),
  };
}

function askIn(bench: EngineBench, app: RawApp, dialog: string): RawCall['ask'] {
  return async (method, body, lines = []) => {
    const id = app.say(`|${dialog}`, [`${method} sip:placeholder SIP/2.0`, ...lines], body);
    await bench.run(10);
    return id;
  };
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
    ask: askIn(bench, app, dialog),
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
