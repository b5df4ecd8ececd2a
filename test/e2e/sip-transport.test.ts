import { afterEach, describe, expect, it } from 'vitest';
import { SipEngineError } from '../../packages/sip-engine/src/errors.ts';
import { VirtualNetwork } from '../../packages/sip-engine/src/testing/virtual-network.ts';
import { systemClock } from '../../packages/sip-engine/src/transport/system-clock.ts';
import type { Transport } from '../../packages/sip-engine/src/transport/transport.ts';
import { type Tuple, tupleText } from '../../packages/sip-engine/src/transport/tuple.ts';
import { openUdpTransport } from '../../packages/sip-engine/src/transport/udp-transport.ts';

type Open = (local: Tuple) => Promise<Transport>;

interface Arrival {
  readonly text: string;
  readonly source: Tuple;
  readonly local: Tuple;
}

function nextMessage(transport: Transport): Promise<Arrival> {
  return new Promise((resolve) => {
    const stop = transport.onMessage((bytes, source, local) => {
      stop();
      resolve({ text: new TextDecoder().decode(bytes), source, local });
    });
  });
}

function failureOf(transport: Transport, bytes: Uint8Array, to: Tuple): Promise<SipEngineError> {
  return new Promise((resolve) => {
    transport.send(bytes, to, resolve);
  });
}

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);

/** One suite for every Transport. */
function holds(name: string, newOpen: () => Open): void {
  describe(name, () => {
    const opened: Transport[] = [];
    let openFresh = newOpen();
    const open = async (local: Tuple = { address: '127.0.0.1', port: 0 }): Promise<Transport> => {
      const transport = await openFresh(local);
      opened.push(transport);
      return transport;
    };
    afterEach(async () => {
      await Promise.all(opened.splice(0).map((transport) => transport.close()));
      openFresh = newOpen();
    });

    it('carries bytes there and back, and tells both tuples', async () => {
      const [one, other] = [await open(), await open()];
      const there = nextMessage(other);
      one.send(bytesOf('hello'), other.localAddress);
      expect(await there).toEqual({
        text: 'hello',
        source: one.localAddress,
        local: other.localAddress,
      });
      const back = nextMessage(one);
      other.send(bytesOf('good day'), (await there).source);
      expect(await back).toMatchObject({ text: 'good day', source: other.localAddress });
    });

    it('gives each transport its own port when 0 is asked for', async () => {
      const [one, other] = [await open(), await open()];
      expect(one.localAddress.port).toBeGreaterThan(0);
      expect(one.localAddress.port).not.toBe(other.localAddress.port);
    });

    it('delivers nothing inside send', async () => {
      const transport = await open();
      let isSending = true;
      const arrived = new Promise<boolean>((resolve) => {
        transport.onMessage(() => {
          resolve(isSending);
        });
      });
      transport.send(bytesOf('to myself'), transport.localAddress);
      isSending = false;
      expect(await arrived).toBe(false);
    });

    it('carries the largest datagram, and refuses one byte more', async () => {
      const [one, other] = [await open(), await open()];
      const there = nextMessage(other);
      one.send(new Uint8Array(65_507).fill(0x61), other.localAddress);
      expect((await there).text).toHaveLength(65_507);
      const error = await failureOf(one, new Uint8Array(65_508), other.localAddress);
      expect(error).toMatchObject({ code: 'MessageTooLong', retry: 'never' });
      expect(error.message).toContain(tupleText(other.localAddress));
    });

    it('does not bind twice', async () => {
      const one = await open();
      await expect(open(one.localAddress)).rejects.toMatchObject({ code: 'AddressInUse' });
    });

    it('sends and delivers nothing once it is closed, and frees its port', async () => {
      const [one, other] = [await open(), await open()];
      let count = 0;
      one.onMessage(() => {
        count += 1;
      });
      await one.close();
      await one.close();
      const error = await failureOf(one, bytesOf('late'), other.localAddress);
      expect(SipEngineError.is(error) && error.code).toBe('TransportClosed');
      const successor = await open(one.localAddress);
      const arrived = nextMessage(successor);
      other.send(bytesOf('for the next one'), one.localAddress);
      expect((await arrived).text).toBe('for the next one');
      expect(count).toBe(0);
    });

    it('tells a failure nobody took at the send to the listeners', async () => {
      const one = await open();
      const told = new Promise<readonly [string, Tuple | undefined]>((resolve) => {
        one.onFailure((error, destination) => {
          resolve([error.code, destination]);
        });
      });
      const to = { address: '127.0.0.1', port: 9 };
      one.send(new Uint8Array(70_000), to);
      expect(await told).toEqual(['MessageTooLong', to]);
    });

    it('takes a listener away', async () => {
      const [one, other] = [await open(), await open()];
      let count = 0;
      const stop = other.onMessage(() => {
        count += 1;
      });
      stop();
      const there = nextMessage(other);
      one.send(bytesOf('x'), other.localAddress);
      await there;
      expect(count).toBe(0);
    });
  });
}

holds('UDP', () => (local) => openUdpTransport(local));
holds('the virtual network', () => {
  const network = new VirtualNetwork(systemClock, { conditions: { latencyMs: 0 } });
  return async (local) => network.open(local);
});

describe('UDP alone', () => {
  it.each([
    [{ address: 'localhost', port: 5060 }, 'AddressInvalid'],
    [{ address: '127.0.0.1', port: 70_000 }, 'AddressInvalid'],
    [{ address: '192.0.2.1', port: 0 }, 'AddressNotAvailable'],
  ])('does not bind %j: %s', async (local, code) => {
    await expect(openUdpTransport(local)).rejects.toMatchObject({ code });
  });

  it('speaks IPv6, and keeps the families apart', async () => {
    const one = await openUdpTransport({ address: '::1', port: 0 });
    const other = await openUdpTransport(
      { address: '::1', port: 0 },
      { receiveBufferBytes: 65_536 },
    );
    const there = nextMessage(other);
    one.send(bytesOf('six'), other.localAddress);
    expect((await there).source).toEqual(one.localAddress);
    const error = await failureOf(one, bytesOf('four'), { address: '127.0.0.1', port: 5060 });
    expect(error.code).toBe('AddressInvalid');
    await Promise.all([one.close(), other.close()]);
  });

  it('loses nothing of what comes while the event loop is busy for a moment', async () => {
    const [one, other] = [
      await openUdpTransport({ address: '127.0.0.1', port: 0 }),
      await openUdpTransport({ address: '127.0.0.1', port: 0 }),
    ];
    // as much as the kernel grants with its usual net.core.rmem_max, and more than it gives to who asks for nothing
    const count = 416;
    const got = new Set<string>();
    const all = new Promise<void>((resolve) => {
      other.onMessage((bytes) => {
        got.add(new TextDecoder().decode(bytes));
        if (got.size === count) resolve();
      });
    });
    // in one turn, as thirteen full bursts: nothing is read meanwhile
    for (let at = 0; at < count; at += 1) one.send(bytesOf(`${at}`), other.localAddress);
    await all;
    await Promise.all([one.close(), other.close()]);
  });

  it('sends what it was told to before it closes', async () => {
    const [one, other] = [
      await openUdpTransport({ address: '127.0.0.1', port: 0 }),
      await openUdpTransport({ address: '127.0.0.1', port: 0 }),
    ];
    const there = nextMessage(other);
    one.send(bytesOf('farewell'), other.localAddress);
    await one.close();
    expect((await there).text).toBe('farewell');
    await other.close();
  });

  it('goes on after a peer that is not there', async () => {
    const [one, other] = [
      await openUdpTransport({ address: '127.0.0.1', port: 0 }),
      await openUdpTransport({ address: '127.0.0.1', port: 0 }),
    ];
    const gone = await openUdpTransport({ address: '127.0.0.1', port: 0 });
    await gone.close();
    for (let count = 0; count < 3; count += 1) one.send(bytesOf('anybody?'), gone.localAddress);
    const there = nextMessage(other);
    one.send(bytesOf('you'), other.localAddress);
    expect((await there).text).toBe('you');
    await Promise.all([one.close(), other.close()]);
  });
});
