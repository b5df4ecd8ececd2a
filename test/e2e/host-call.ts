// A call between two hosts of the box, through a gateway: RFC 3261 as it goes when nothing goes wrong.
import { randomUUID } from 'node:crypto';
import type { SipRequest } from '@truetuple/sip-engine';
import type { Got } from '@truetuple/sip-engine/testing';
import { bodyOf, tupleIn } from '../../packages/sip-gateway/src/testing/gateway-calls.ts';
import { sipPort, type SipHost } from './sip-host.ts';

/** A call that is up. */
export interface HostCall {
  readonly callId: string;
  readonly toTag: string;
  /** "address:port": where the gateway told each side to send its audio. */
  readonly toldA: string;
  readonly toldB: string;
  /** What B was asked, and A was answered. */
  readonly invite: Got;
  readonly ok: Got;
}

export interface Callee {
  readonly user: string;
  /** The gateway's address. */
  readonly host: string;
}

/** A calls; B rings and answers. */
export async function connect(a: SipHost, b: SipHost, { user, host }: Callee): Promise<HostCall> {
  const callId = randomUUID();
  const gateway = `${host}:${sipPort}`;
  a.sip.send({ method: 'INVITE', callId, requestUri: `sip:${user}@${gateway}`, body: a.sdp });
  const invite = await b.until('INVITE');
  b.sip.respond(requestOf(invite), 180);
  await a.until('180 INVITE');
  b.sip.respond(requestOf(invite), 200, { body: b.sdp });
  const ok = await a.until('200 INVITE');
  const toTag = ok.essentials.toTag ?? '';
  a.sip.send({ method: 'ACK', callId, toTag, requestUri: `sip:${gateway}` });
  await b.until('ACK');
  return { callId, toTag, toldA: mediaIn(ok), toldB: mediaIn(invite), invite, ok };
}

/** A hangs up. */
export async function hangUp(a: SipHost, b: SipHost, { callId, toTag }: HostCall): Promise<void> {
  a.sip.send({ method: 'BYE', callId, toTag, sequence: 2 });
  await takeBye(b);
  await a.until('200 BYE');
}

/** Resolves once this host was hung up on, and has said yes to it. */
export async function takeBye(host: SipHost): Promise<void> {
  host.sip.respond(requestOf(await host.until('BYE')), 200);
}

function requestOf({ message }: Got): SipRequest {
  if (message.kind !== 'request') throw new Error(`a request was expected, not ${message.status}`);
  return message;
}

/** The tuple that a session description tells for audio. */
function mediaIn(got: Got): string {
  const { address, port } = tupleIn(bodyOf(got));
  return `${address}:${port}`;
}
