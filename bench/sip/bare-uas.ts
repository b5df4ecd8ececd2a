import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import type { Tuple } from '@truetuple/sip-engine';
import { hostPort, linesOf, readSipText, sdpAt, sipText, valueOf } from './sip-text.ts';

/** A socket of node:dgram on this tuple that looks nothing up. */
export async function bindUdp({ address, port }: Tuple): Promise<Socket> {
  const socket = createSocket({ type: 'udp4', lookup: isLiteral, recvBufferSize: 4 << 20 });
  // with nothing to look up it listens at once
  const listening = once(socket, 'listening');
  socket.bind({ address, port, exclusive: true });
  await listening;
  return socket;
}

function isLiteral(
  name: string,
  _options: unknown,
  done: (error: null, address: string, family: number) => void,
): void {
  done(null, name, 4);
}

export interface BareUas {
  readonly local: Tuple;
  /** INVITEs and BYEs that came again. */
  readonly retransmissionsIn: () => number;
  /** Calls that have an INVITE and no BYE. */
  readonly open: () => number;
  /** Resolves once no call is open. */
  readonly idle: () => Promise<void>;
  /** What came that was none of INVITE, ACK and BYE. */
  readonly strange: () => number;
  readonly close: () => Promise<void>;
}

/**
 * A UAS by string work: no transactions, no dialogs, no timers. The floor of what node:dgram allows, and who answers
 * leg B of a back-to-back call. INVITE gets the provisional status and 200 with a description, BYE gets 200.
 */
export async function openBareUas(at: Tuple, provisional: 100 | 180): Promise<BareUas> {
  const socket = await bindUdp(at);
  const { address, port } = socket.address();
  const local = { address, port };
  const contact = [`Contact: <sip:bare@${hostPort(local)}>`];
  const sdp = sdpAt({ address, port: 40_000 });
  const seen = new Set<string>();
  const counted = { again: 0, strange: 0 };
  let onIdle: (() => void) | undefined;
  socket.on('message', (bytes, from) => {
    const { method, callId, text } = readSipText(bytes);
    const send = (answer: string): void => {
      socket.send(Buffer.from(answer, 'latin1'), from.port, from.address, () => undefined);
    };
    if (method === 'INVITE') {
      if (seen.has(callId)) counted.again += 1;
      seen.add(callId);
      const isFirst = provisional === 100;
      send(answerTo(text, isFirst ? '100 Trying' : '180 Ringing', [], ''));
      send(answerTo(text, '200 OK', contact, sdp));
    } else if (method === 'BYE') {
      if (!seen.delete(callId)) counted.again += 1;
      if (seen.size === 0) onIdle?.();
      send(answerTo(text, '200 OK', [], ''));
    } else if (method !== 'ACK') counted.strange += 1;
  });
  return {
    local,
    retransmissionsIn: () => counted.again,
    open: () => seen.size,
    idle: async () => {
      if (seen.size === 0) return;
      await new Promise<void>((resolve) => {
        onIdle = resolve;
      });
    },
    strange: () => counted.strange,
    close: async () => {
      const closed = once(socket, 'close');
      socket.close();
      await closed;
    },
  };
}

function answerTo(text: string, status: string, more: readonly string[], body: string): string {
  const to = valueOf(text, 'To');
  const tag = to.includes(';tag=') || status.startsWith('100') ? '' : ';tag=bare';
  const lines = [`SIP/2.0 ${status}${linesOf(text, 'Via')}`, `From: ${valueOf(text, 'From')}`];
  lines.push(`To: ${to}${tag}`, `Call-ID: ${valueOf(text, 'Call-ID')}`);
  return sipText([...lines, `CSeq: ${valueOf(text, 'CSeq')}`, ...more], body);
}
