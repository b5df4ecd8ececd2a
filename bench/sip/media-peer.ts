import type { Socket } from 'node:dgram';
import type { Tuple } from '@truetuple/sip-engine';
import { bindUdp } from './bare-uas.ts';
import { hostPort, linesOf, readSipText, sdpAt, sipText, valueOf } from './sip-text.ts';

/** One call's RTP sockets: where each end receives. */
export interface MediaEnds {
  readonly a: Tuple;
  readonly b: Tuple;
}

/**
 * Sets up calls through the gateway, one after another, whose ends receive RTP there.
 *
 * @returns where the gateway wants the packets of each: caller and callee of each call in turn
 */
export async function callThroughGateway(
  gateway: Tuple,
  caller: Tuple,
  callee: Tuple,
  calls: readonly MediaEnds[],
): Promise<readonly Tuple[]> {
  const sip = await bindUdp(caller);
  const answering = await bindUdp(callee);
  const targets: Tuple[] = [];
  answering.on('message', (bytes, from) => {
    const { method, text } = readSipText(bytes);
    const number = Number(valueOf(text, 'Subject'));
    const call = calls[number];
    if (method !== 'INVITE' || call === undefined) return;
    targets[2 * number + 1] = mediaOf(text);
    const answer = okTo(text, callee, sdpAt(call.b));
    answering.send(Buffer.from(answer, 'latin1'), from.port, from.address, () => undefined);
  });
  for (const [number, { a }] of calls.entries()) {
    targets[2 * number] = await invite(sip, gateway, sdpAt(a), number);
  }
  sip.close();
  answering.close();
  return targets;
}

/** Address and port of the one stream. */
function mediaOf(text: string): Tuple {
  const address = /^c=IN IP4 (\S+)/m.exec(text)?.[1];
  const port = Number(/^m=audio (\d+)/m.exec(text)?.[1]);
  if (address === undefined || !(port > 0)) throw new Error(`no stream is described in: ${text}`);
  return { address, port };
}

/** Places one call and acknowledges its 200. */
async function invite(sip: Socket, gateway: Tuple, sdp: string, number: number): Promise<Tuple> {
  const { address, port } = sip.address();
  const local = hostPort({ address, port });
  const head = (method: string, to: string): string[] => [
    `Via: SIP/2.0/UDP ${local};branch=z9hG4bK-media-${number}-${method}`,
    `From: <sip:media@${local}>;tag=m${number}`,
    `To: ${to}`,
    `Call-ID: media-${number}@${address}`,
    `CSeq: 1 ${method}`,
    `Contact: <sip:media@${local}>`,
    'Max-Forwards: 70',
    `Subject: ${number}`,
  ];
  const uri = `sip:media@${hostPort(gateway)}`;
  const send = (text: string): void => {
    sip.send(Buffer.from(text, 'latin1'), gateway.port, gateway.address, () => undefined);
  };
  const answered = finalTo(sip, `media-${number}@${address}`);
  send(sipText([`INVITE ${uri} SIP/2.0`, ...head('INVITE', `<${uri}>`)], sdp));
  const text = await answered;
  const target = /<([^>]*)>/.exec(valueOf(text, 'Contact'))?.[1] ?? uri;
  send(sipText([`ACK ${target} SIP/2.0`, ...head('ACK', valueOf(text, 'To'))]));
  return mediaOf(text);
}

function finalTo(sip: Socket, wanted: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const listen = (bytes: Uint8Array): void => {
      const { status, callId, text } = readSipText(bytes);
      if (callId !== wanted || status < 200) return;
      sip.off('message', listen);
      if (status === 200) resolve(text);
      else reject(new Error(`a media call was answered with ${status}: ${text}`));
    };
    sip.on('message', listen);
  });
}

function okTo(text: string, local: Tuple, sdp: string): string {
  const lines = [`SIP/2.0 200 OK${linesOf(text, 'Via')}`, `From: ${valueOf(text, 'From')}`];
  lines.push(`To: ${valueOf(text, 'To')};tag=callee`, `Call-ID: ${valueOf(text, 'Call-ID')}`);
  lines.push(`CSeq: ${valueOf(text, 'CSeq')}`, `Contact: <sip:callee@${hostPort(local)}>`);
  return sipText(lines, sdp);
}
