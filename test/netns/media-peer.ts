import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import type { Ipv4Address } from '@truetuple/sip-gateway';
import type { MediaPeer } from '@truetuple/sip-gateway/testing';

/** A UDP socket on a loopback address, at a port of the kernel's choice. */
export async function realPeer(address: string): Promise<MediaPeer & AsyncDisposable> {
  const socket = createSocket('udp4');
  const arrived: { text: string; from: { address: Ipv4Address; port: number } }[] = [];
  socket.on('message', (bytes, from) => {
    const at = { address: from.address as Ipv4Address, port: from.port };
    arrived.push({ text: bytes.toString(), from: at });
    socket.emit('arrived');
  });
  socket.bind({ address, port: 0 });
  await once(socket, 'listening');
  return {
    address: address as Ipv4Address,
    port: socket.address().port,
    send: (text, to) =>
      new Promise((resolve, reject) => {
        socket.send(text, to.port, to.address, (error) => {
          if (error === null) resolve();
          else reject(error);
        });
      }),
    next: async () => {
      while (arrived.length === 0) await once(socket, 'arrived');
      return arrived.shift() as (typeof arrived)[number];
    },
    [Symbol.asyncDispose]: async () => {
      socket.close();
    },
  };
}
