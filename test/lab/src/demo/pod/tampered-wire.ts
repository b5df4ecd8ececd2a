/**
 * A faulty wire, preloaded under the pod's program by a sabotage, in its main thread and in its relay's: what the gateway's
 * own guard has let pass is changed on its way into the socket, as a meddling ALG or a NAT beside the pod would change it.
 */
import { createSocket, Socket } from 'node:dgram';
import { decodeRtp } from '../../peers/rtp-packet.ts';
import { tamperMessage } from './tamper-message.ts';
import type { WireSabotage } from './wire-sabotage.ts';

const sabotage = new URL(import.meta.url).searchParams.get('sabotage') as WireSabotage;
const strangers = new WeakMap<Socket, Socket>();

/** A socket beside another one, on the same address and a port that nobody was told. */
function strangerOf(socket: Socket): Socket {
  const known = strangers.get(socket);
  if (known !== undefined) return known;
  const stranger = createSocket('udp4');
  stranger.bind({ address: socket.address().address, port: 0, exclusive: true });
  stranger.unref();
  strangers.set(socket, stranger);
  return stranger;
}

const send = Reflect.get(Socket.prototype, 'send') as (this: Socket, ...args: unknown[]) => void;

function sendTampered(this: Socket, ...[bytes, ...rest]: unknown[]): void {
  if (!(bytes instanceof Uint8Array)) send.call(this, bytes, ...rest);
  else if (sabotage !== 'wrong-rtp-source')
    send.call(this, tamperMessage(bytes, sabotage), ...rest);
  else send.call(decodeRtp(bytes) === undefined ? this : strangerOf(this), bytes, ...rest);
}

Reflect.set(Socket.prototype, 'send', sendTampered);
