import { createServer, connect, type AddressInfo } from 'node:net';
import { once } from 'node:events';
import { expect, it } from 'vitest';
import { Baresip } from './baresip.ts';
import { encodeNetstring, NetstringReader } from './baresip-netstring.ts';
import type { PeerProgram } from './peer-program.ts';

it('an order that baresip refuses is told as refused, with what it said, and not as late', async () => {
  const server = createServer((socket) => {
    const reader = new NetstringReader();
    socket.on('data', (bytes) => {
      for (const text of reader.push(bytes)) {
        const { token } = JSON.parse(text) as { readonly token: string };
        const answer = { response: true, ok: false, data: 'no such user agent', token };
        socket.write(encodeNetstring(JSON.stringify(answer)));
      }
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const control = connect((server.address() as AddressInfo).port, '127.0.0.1');
  const program = { output: '' } as PeerProgram;
  const baresip = new Baresip('192.0.2.1', program, control, { [Symbol.dispose]: () => undefined });
  await expect(baresip.dial('sip:nobody@192.0.2.2')).rejects.toMatchObject({
    code: 'CommandFailed',
    message: expect.stringContaining('it refused: no such user agent') as unknown,
  });
  control.destroy();
  server.close();
});
