import { frameOf, writeFrame } from './frame.ts';

/** Where a message came from or went to, as drachtio's leader tells it. */
export interface WirePeer {
  /** udp, tcp or tls; empty where drachtio-server leaves it empty (an ACK, the echo of a 200 to a BYE). */
  readonly protocol: string;
  readonly address: string;
  readonly port: number;
}

/** A SIP message on its way to the application. */
export interface WireSip {
  readonly bytes: Uint8Array;
  readonly peer: WirePeer;
  readonly transactionId: string;
  readonly dialogId: string | undefined;
}

/** What the engine tells an application; the ids of the frames are the sender's. */
export type EngineMessage =
  | {
      readonly kind: 'authenticated';
      readonly to: string;
      readonly hostports: readonly string[];
      readonly localHostports: readonly string[];
    }
  | { readonly kind: 'ok'; readonly to: string; readonly text: string | undefined }
  | { readonly kind: 'refused'; readonly to: string; readonly text: string }
  /** A fault of the protocol: the connection is closed after it. */
  | { readonly kind: 'forbidden'; readonly to: string; readonly text: string }
  | { readonly kind: 'request-sent'; readonly to: string; readonly sent: WireSip }
  | { readonly kind: 'response-sent'; readonly to: string; readonly sent: WireSip }
  | {
      readonly kind: 'received';
      readonly received: WireSip;
      /** Only for a new request: the address of ours that it came to. */
      readonly receivedOn: { readonly address: string; readonly port: number } | undefined;
    }
  | { readonly kind: 'unsolicited'; readonly sent: WireSip };

/** The version told to an application: at least v0.8.2, so that drachtio-srf may ping. */
export const wireVersion = 'v0.9.10-truetuple';

/**
 * One frame for the application.
 * @param id the frame's own id
 * @param time UTC time of day, HH:MM:SS.uuuuuu (see {@link timeOfDay})
 */
export function writeEngineMessage(message: EngineMessage, id: string, time: string): Buffer {
  switch (message.kind) {
    case 'authenticated': {
      const [all, local] = [message.hostports.join(','), message.localHostports.join(',')];
      return writeFrame(`${id}|response|${message.to}|OK|${all}|${wireVersion}|${local}`);
    }
    case 'ok': {
      const text = message.text === undefined ? '' : `|${message.text}`;
      return writeFrame(`${id}|response|${message.to}|OK${text}`);
    }
    case 'refused':
      return writeFrame(`${id}|response|${message.to}|NOK|${message.text}`);
    case 'forbidden':
      return writeFrame(`${id}|response|${message.to}|NO|${message.text}`);
    case 'request-sent': {
      const { sent, to } = message;
      const leader = `${id}|response|${to}|OK|${origin('application', sent, time)}|Msg sent:|`;
      return withSip(leader, sent);
    }
    case 'response-sent': {
      const { sent, to } = message;
      const dialog = sent.dialogId ?? '';
      const what = `${origin('application', sent, time)}|${dialog}||Msg sent:|`;
      return withSip(`${id}|response|${to}|OK|${what}`, sent);
    }
    case 'received': {
      const { received, receivedOn } = message;
      const where = receivedOn === undefined ? '' : `${receivedOn.address}|${receivedOn.port}|`;
      const what = `${origin('network', received, time)}|${received.dialogId ?? ''}|${where}`;
      return withSip(`${id}|sip|${what}`, received);
    }
    case 'unsolicited': {
      const peer = { ...message.sent, transactionId: 'unsolicited' };
      const what = `${origin('application', peer, time)}|${message.sent.dialogId ?? ''}|`;
      return withSip(`${id}|sip|${what}`, message.sent);
    }
    default:
      return message satisfies never;
  }
}

let lastMs = Number.NaN;
let lastTime = '';

/** UTC time of day without a date, with microseconds (ours end in three zeros). Many frames share a millisecond. */
export function timeOfDay(nowMs: number): string {
  if (nowMs !== lastMs) {
    lastTime = `${new Date(nowMs).toISOString().slice(11, 23)}000`;
    lastMs = nowMs;
  }
  return lastTime;
}

function origin(source: 'network' | 'application', sip: WireSip, time: string): string {
  const { protocol, address, port } = sip.peer;
  return `${source}|${sip.bytes.length}|${protocol}|${address}|${port}|${time}|${sip.transactionId}`;
}

function withSip(leader: string, sip: WireSip): Buffer {
  return frameOf(`${leader}\r\n`, sip.bytes);
}
