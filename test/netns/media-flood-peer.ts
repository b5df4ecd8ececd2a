// Binds a UDP socket on the address of its argument and says its port on standard output. Sends to the tuple (JSON) of its standard input's
// first line as fast as it can, until that input ends.
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Endpoint } from '@truetuple/sip-gateway';

/** Packets for each turn of the event loop. */
const burst = 64;

const socket = createSocket('udp4');
socket.bind({ address: process.argv[2] ?? '', port: 0 });
await once(socket, 'listening');
process.stdout.write(`${socket.address().port}\n`);
const payload = Buffer.alloc(172, 0x80);
let isOver = false;
const input = createInterface({ input: process.stdin });
input.once('line', (line) => {
  const { address, port } = JSON.parse(line) as Endpoint;
  const again = (): void => {
    if (isOver) return;
    for (let each = 0; each < burst; each += 1) socket.send(payload, port, address);
    setImmediate(again);
  };
  again();
});
await once(input, 'close');
isOver = true;
socket.close();
