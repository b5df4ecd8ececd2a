import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { datagramPortCases } from '../../testing/datagram-port-cases.ts';
import { applicationSocket, linuxDatagrams } from './linux-datagrams.ts';

describe('linuxDatagrams as a DatagramPort', () => {
  it.each(datagramPortCases)('$title', ({ run }) => run(linuxDatagrams(), '127.0.0.1'));
});

it('an application socket is heard beside its owner, and stays open', async () => {
  const own = createSocket('udp4');
  own.bind({ address: '127.0.0.1', port: 0 });
  await once(own, 'listening');
  const lent = applicationSocket(own);
  expect(lent.local).toMatchObject({ address: '127.0.0.1', port: own.address().port });
  const heard: number[] = [];
  const stop = lent.listen((bytes) => void heard.push(...bytes));
  const first = once(own, 'message');
  await lent.send(Uint8Array.of(7), lent.local);
  await first;
  stop();
  await lent.close();
  const second = once(own, 'message');
  own.send(Uint8Array.of(8), lent.local.port, lent.local.address);
  await second;
  expect(heard).toEqual([7]);
  expect(own.listenerCount('error')).toBe(0);
  own.close();
});

it('an application socket that its owner has closed refuses with EBADF, and throws nothing', async () => {
  const own = createSocket('udp4');
  own.bind({ address: '127.0.0.1', port: 0 });
  await once(own, 'listening');
  const lent = applicationSocket(own);
  own.close();
  await once(own, 'close');
  const refused = { kind: 'refused', errno: 'EBADF' };
  expect(await lent.send(Uint8Array.of(7), lent.local)).toEqual(refused);
});

it('says by errno what the system refuses to send', async () => {
  const opened = await linuxDatagrams().open({ address: '127.0.0.1', port: 0 });
  if (opened.kind !== 'open') throw new Error(opened.errno);
  const far = { address: '198.51.100.1', port: 9 };
  // from a loopback address nothing leaves the host
  expect(await opened.socket.send(Uint8Array.of(1), far)).toEqual({
    kind: 'refused',
    errno: 'EINVAL',
  });
  await opened.socket.close();
});
