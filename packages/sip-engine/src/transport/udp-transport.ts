import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { isIP } from 'node:net';
import type { SipEngineError } from '../errors.ts';
import { SendQueue } from './send-queue.ts';
import type { FailureListener, MessageListener, Transport } from './transport.ts';
import { type Tuple, tupleText } from './tuple.ts';
import { closedFailure, invalidAddress, udpFailure } from './udp-failure.ts';

/** How a UDP socket is opened. */
export interface UdpTransportOptions {
  /**
   * SO_RCVBUF in bytes: what may wait while the event loop is busy. The kernel gives net.core.rmem_max at most, without a word.
   * Default: 4 MiB.
   */
  readonly receiveBufferBytes?: number;
}

/**
 * More than half a second of 3,000 calls each second. The kernel's own default holds some 280 short datagrams: what comes in 30
 * milliseconds at that rate, which one collection of garbage may take. What is lost then comes again after T1.
 */
const usualReceiveBufferBytes = 4 * 1024 * 1024;

/**
 * Binds one UDP socket to one address. Several may be open at once, one for each address. The socket is not connected
 * and keeps nothing about its peers. node:dgram tells what the kernel refuses at once (no route, too long); ICMP
 * errors that come back later reach only connected sockets, so here they are not told.
 * @throws SipEngineError AddressInvalid, AddressInUse, AddressNotAvailable, SendRefused (no right to the port)
 */
export async function openUdpTransport(
  local: Tuple,
  options: UdpTransportOptions = {},
): Promise<Transport> {
  const family = isIP(local.address);
  if (family === 0 || !isPort(local.port)) {
    throw invalidAddress(`bind udp ${tupleText(local)}`, local);
  }
  const { receiveBufferBytes = usualReceiveBufferBytes } = options;
  const socket = createSocket({
    type: family === 6 ? 'udp6' : 'udp4',
    ipv6Only: family === 6,
    // destinations are literals, checked before each send: nothing is to be looked up
    lookup: (address, _options, done) => {
      done(null, address, family);
    },
    recvBufferSize: receiveBufferBytes,
  });
  await bind(socket, local);
  return new UdpTransport(socket, family);
}

async function bind(socket: Socket, local: Tuple): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    socket.once('error', (error) => {
      socket.close();
      reject(udpFailure(`bind udp ${tupleText(local)}`, error));
    });
    socket.bind({ address: local.address, port: local.port, exclusive: true }, () => {
      socket.removeAllListeners('error');
      resolve();
    });
  });
}

function isPort(port: number): boolean {
  return Number.isInteger(port) && port >= 0 && port <= 65_535;
}

interface Datagram {
  readonly bytes: Uint8Array;
  readonly destination: Tuple;
  readonly fail: (error: SipEngineError) => void;
}

class UdpTransport implements Transport {
  readonly kind = 'udp';
  readonly localAddress: Tuple;
  readonly #socket: Socket;
  readonly #family: number;
  readonly #queue = new SendQueue<Datagram>((datagram) => this.#send(datagram));
  readonly #messageListeners = new Set<MessageListener>();
  readonly #failureListeners = new Set<FailureListener>();
  #closed: Promise<void> | undefined;

  constructor(socket: Socket, family: number) {
    const { address, port } = socket.address();
    this.localAddress = { address, port };
    this.#socket = socket;
    this.#family = family;
    socket.on('message', (bytes: Uint8Array, { address: from, port: fromPort }: RemoteInfo) => {
      const source = { address: from, port: fromPort };
      for (const listener of this.#messageListeners) listener(bytes, source, this.localAddress);
    });
    socket.on('error', (error) => {
      this.#tell(udpFailure(`use udp ${tupleText(this.localAddress)}`, error), undefined);
    });
  }

  send(bytes: Uint8Array, destination: Tuple, onFailure?: (error: SipEngineError) => void): void {
    const fail = (error: SipEngineError): void => {
      if (onFailure !== undefined) onFailure(error);
      else this.#tell(error, destination);
    };
    const refusal = this.#refusal(destination);
    if (refusal !== undefined) {
      setImmediate(fail, refusal);
      return;
    }
    this.#queue.push({ bytes, destination, fail });
  }

  #send({ bytes, destination, fail }: Datagram): void {
    this.#socket.send(bytes, destination.port, destination.address, (error) => {
      if (error === null) return;
      const tried = `send ${bytes.length} bytes from udp ${tupleText(this.localAddress)} to ${tupleText(destination)}`;
      fail(udpFailure(tried, error));
    });
  }

  #refusal(destination: Tuple): SipEngineError | undefined {
    if (this.#closed !== undefined) return closedFailure(this.localAddress, destination);
    const isSound =
      isIP(destination.address) === this.#family &&
      isPort(destination.port) &&
      destination.port > 0;
    return isSound
      ? undefined
      : invalidAddress(`send to udp ${tupleText(destination)}`, destination);
  }

  #tell(error: SipEngineError, destination: Tuple | undefined): void {
    for (const listener of this.#failureListeners) listener(error, destination);
  }

  onMessage(listener: MessageListener): () => void {
    this.#messageListeners.add(listener);
    return () => {
      this.#messageListeners.delete(listener);
    };
  }

  onFailure(listener: FailureListener): () => void {
    this.#failureListeners.add(listener);
    return () => {
      this.#failureListeners.delete(listener);
    };
  }

  async close(): Promise<void> {
    this.#closed ??= new Promise<void>((resolve) => {
      this.#messageListeners.clear();
      this.#queue.flush();
      this.#socket.close(() => {
        resolve();
      });
    });
    await this.#closed;
  }
}
