import { SipEngineError } from '../errors.ts';
import type { Clock } from '../transport/clock.ts';
import type { Transport } from '../transport/transport.ts';
import { type Tuple, tupleText } from '../transport/tuple.ts';
import { seededRandom } from './random.ts';
import { VirtualSocket } from './virtual-socket.ts';

/** How datagrams fare on their way. Chances are from 0 to 1. */
export interface PathConditions {
  readonly latencyMs: number;
  /** Added at random, up to that much: what makes datagrams overtake one another. */
  readonly jitterMs: number;
  readonly loss: number;
  readonly duplication: number;
}

/** One datagram as it was sent. */
export interface Datagram {
  readonly bytes: Uint8Array;
  readonly source: Tuple;
  readonly destination: Tuple;
  readonly sentAtMs: number;
}

/** How a virtual network treats what is sent over it, and the seed of its chance. */
export interface VirtualNetworkOptions {
  readonly seed?: number;
  readonly conditions?: Partial<PathConditions>;
  /** Tells the sender, one way back later, that nobody is bound at the destination. Default false: as node:dgram does. */
  readonly tellsUnreachable?: boolean;
}

const perfectPath: PathConditions = { latencyMs: 1, jitterMs: 0, loss: 0, duplication: 0 };
const greatestDatagram = 65_507;

/**
 * A network in memory: whatever is bound to it can send to whatever else is. The same seed, clock and calls give the
 * same run. Nothing is ever delivered inside a call to `send`.
 */
export class VirtualNetwork {
  readonly #clock: Clock;
  readonly #random: () => number;
  readonly #sockets = new Map<string, VirtualSocket>();
  readonly #paths = new Map<string, PathConditions>();
  readonly #filters = new Set<(datagram: Datagram) => boolean>();
  readonly #refusals = new Set<(datagram: Datagram) => boolean>();
  readonly #tellsUnreachable: boolean;
  readonly #conditions: PathConditions;
  /** Every datagram that was sent, lost ones included. */
  readonly sent: Datagram[] = [];

  constructor(clock: Clock, options: VirtualNetworkOptions = {}) {
    this.#clock = clock;
    this.#random = seededRandom(options.seed ?? 1);
    this.#tellsUnreachable = options.tellsUnreachable ?? false;
    this.#conditions = { ...perfectPath, ...options.conditions };
  }

  /** Binds a tuple. @throws SipEngineError AddressInUse */
  open(local: Tuple): Transport {
    const bound = local.port === 0 ? this.#ephemeral(local.address) : local;
    const key = tupleText(bound);
    if (this.#sockets.has(key)) throw inUse(bound);
    const socket = new VirtualSocket(bound, {
      carry: (bytes, destination, onFailure) => {
        this.#carry({ bytes, source: bound, destination, sentAtMs: this.#clock.now() }, onFailure);
      },
      later: (run) => this.#clock.setTimer(0, run),
      release: () => this.#sockets.delete(key),
    });
    this.#sockets.set(key, socket);
    return socket;
  }

  /** Conditions from one address to another, in that direction only. */
  setPath(from: string, to: string, conditions: Partial<PathConditions>): void {
    this.#paths.set(`${from}>${to}`, { ...this.#conditions, ...conditions });
  }

  /** Loses each datagram that `isLost` says true to; the result takes the filter away. */
  lose(isLost: (datagram: Datagram) => boolean): () => void {
    return addTo(this.#filters, isLost);
  }

  /** Refuses each datagram that `isRefused` says true to, and tells its sender, as a kernel does (EPERM); the result ends that. */
  refuse(isRefused: (datagram: Datagram) => boolean): () => void {
    return addTo(this.#refusals, isRefused);
  }

  #carry(datagram: Datagram, onFailure: (error: SipEngineError) => void): void {
    const { source, destination, bytes } = datagram;
    const isTooLong = bytes.length > greatestDatagram;
    if (isTooLong || [...this.#refusals].some((isRefused) => isRefused(datagram))) {
      this.#clock.setTimer(0, () => {
        onFailure(isTooLong ? tooLong(datagram) : refused(datagram));
      });
      return;
    }
    this.sent.push(datagram);
    const path = this.#paths.get(`${source.address}>${destination.address}`) ?? this.#conditions;
    const isLost = this.#random() < path.loss;
    const copies = this.#random() < path.duplication ? 2 : 1;
    const isFiltered = [...this.#filters].some((filter) => filter(datagram));
    if (isLost || isFiltered) return;
    const copy = bytes.slice();
    for (let count = 0; count < copies; count += 1) {
      const ms = path.latencyMs + this.#random() * path.jitterMs;
      this.#clock.setTimer(ms, () => {
        this.#arrive(
          { bytes: copy, source, destination, sentAtMs: datagram.sentAtMs },
          ms,
          onFailure,
        );
      });
    }
  }

  #arrive(datagram: Datagram, ms: number, onFailure: (error: SipEngineError) => void): void {
    const { bytes, source, destination } = datagram;
    const socket = this.#sockets.get(tupleText(destination));
    if (socket !== undefined) socket.deliver(bytes.slice(), source);
    else if (this.#tellsUnreachable) {
      this.#clock.setTimer(ms, () => {
        onFailure(unreachable(datagram));
      });
    }
  }

  #ephemeral(address: string): Tuple {
    let port = 49_152;
    while (this.#sockets.has(tupleText({ address, port }))) port += 1;
    return { address, port };
  }
}

function addTo<T>(set: Set<T>, item: T): () => void {
  set.add(item);
  return () => {
    set.delete(item);
  };
}

function inUse(local: Tuple): SipEngineError {
  return new SipEngineError({
    code: 'AddressInUse',
    message: `Tried to bind udp ${tupleText(local)} on the virtual network, but it is bound already`,
    remedy: 'Close the transport that holds it, or bind another port.',
    retry: 'never',
  });
}

function tooLong({ bytes, destination }: Datagram): SipEngineError {
  return new SipEngineError({
    code: 'MessageTooLong',
    message: `Tried to send ${bytes.length} bytes to udp ${tupleText(destination)}; a datagram holds ${greatestDatagram}`,
    remedy: 'Send less, or use a transport that carries streams.',
    retry: 'never',
  });
}

function refused({ destination }: Datagram): SipEngineError {
  return new SipEngineError({
    code: 'SendRefused',
    message: `Tried to send to udp ${tupleText(destination)}, which is refused on the virtual network`,
    remedy: 'End the refusal.',
    retry: 'later',
  });
}

function unreachable({ destination }: Datagram): SipEngineError {
  return new SipEngineError({
    code: 'DestinationUnreachable',
    message: `Tried to send to udp ${tupleText(destination)}, where nobody is bound`,
    remedy: 'Check the address, and that the peer runs.',
    retry: 'later',
  });
}
