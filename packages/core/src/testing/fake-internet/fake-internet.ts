import type { Clock } from '../../identity/clock.ts';
import type { AddressFamily } from '../../identity/ipv6-spec.ts';
import {
  familyOf,
  formatEndpoint,
  isSameEndpoint,
  type DatagramPort,
  type DatagramSocket,
  type Endpoint,
  type OpenedSocket,
  type SocketRefusal,
} from '../../verify/datagram-port.ts';
import { answerBinding, type FakeStunServer } from './fake-stun-server.ts';

/** What a fake Internet is made of. */
export interface FakeInternetSetup {
  /** Whether an address can be bound; default: any. */
  readonly hasAddress?: (address: string) => boolean | Promise<boolean>;
  /** How a packet of a socket looks outside: lost when undefined, not even sent when refused. Default: as it was sent. */
  readonly translate?: (local: Endpoint, to: Endpoint) => Translated | Promise<Translated>;
  /** Names of servers. */
  readonly hosts?: Readonly<Record<string, readonly string[]>>;
  /** One way, on this clock. Default: packets arrive before `send` resolves. */
  readonly latency?: { readonly ms: number; readonly clock: Clock };
}

/** What becomes of the source of a packet on its way. */
export type Translated = Endpoint | SocketRefusal | undefined;

interface Bound {
  readonly local: Endpoint;
  readonly listeners: Set<(bytes: Uint8Array, from: Endpoint) => void>;
  /** Whom it has sent to: their packets are answers. */
  readonly asked: Set<string>;
}

/** UDP between sockets of one host and servers outside, in memory; what lies between is a function of yours. */
export class FakeInternet implements DatagramPort {
  readonly #setup: FakeInternetSetup;
  readonly #servers: FakeStunServer[] = [];
  readonly #bound = new Map<string, Bound>();
  #nextPort = 49_152;
  #admitsStrangers = true;

  constructor(setup: FakeInternetSetup = {}) {
    this.#setup = setup;
  }

  /** Ports that are held now, as address:port. */
  get held(): readonly string[] {
    return [...this.#bound.keys()];
  }

  /** From now on only answers arrive, as behind a security group without rules. */
  admitNobody(): void {
    this.#admitsStrangers = false;
  }

  addStunServer(server: FakeStunServer): void {
    this.#servers.push(server);
  }

  /** A packet from outside, to a tuple as it looks outside. */
  async deliver(bytes: Uint8Array, from: Endpoint, to: Endpoint): Promise<void> {
    await this.#pause();
    for (const bound of this.#bound.values()) {
      const seen = await this.#translate(bound.local, from);
      if (seen === undefined || 'kind' in seen || !isSameEndpoint(seen, to)) continue;
      const isAnswer = bound.asked.has(formatEndpoint(from));
      if (!isAnswer && !this.#admitsStrangers) continue;
      for (const heard of bound.listeners) heard(bytes, from);
    }
  }

  async open(local: Endpoint): Promise<OpenedSocket> {
    if ((await this.#setup.hasAddress?.(local.address)) === false) {
      return { kind: 'refused', errno: 'EADDRNOTAVAIL' };
    }
    const port = local.port === 0 ? this.#nextPort++ : local.port;
    const at = { address: local.address, port };
    const key = formatEndpoint(at);
    if (this.#bound.has(key)) return { kind: 'refused', errno: 'EADDRINUSE' };
    const bound: Bound = { local: at, listeners: new Set(), asked: new Set() };
    this.#bound.set(key, bound);
    return { kind: 'open', socket: this.#socketOf(bound) };
  }

  async resolve(host: string, family: AddressFamily): Promise<readonly string[]> {
    return (this.#setup.hosts?.[host] ?? []).filter((address) => familyOf(address) === family);
  }

  #socketOf(bound: Bound): DatagramSocket {
    const { local, listeners } = bound;
    const key = formatEndpoint(local);
    return {
      local,
      send: async (bytes, to) => {
        if (this.#bound.get(key) !== bound) return { kind: 'refused', errno: 'EBADF' };
        const seen = await this.#translate(local, to);
        if (seen !== undefined && 'kind' in seen) return seen;
        bound.asked.add(formatEndpoint(to));
        if (seen === undefined) return { kind: 'sent' };
        const arrival = this.#arrive(bytes.slice(), seen, to);
        if (this.#setup.latency === undefined) await arrival;
        return { kind: 'sent' };
      },
      listen: (heard) => {
        listeners.add(heard);
        return () => void listeners.delete(heard);
      },
      close: async () => {
        listeners.clear();
        if (this.#bound.get(key) === bound) this.#bound.delete(key);
      },
    };
  }

  async #translate(local: Endpoint, to: Endpoint): Promise<Translated> {
    return this.#setup.translate === undefined ? local : this.#setup.translate(local, to);
  }

  /** At a socket of this host, or at a server. */
  async #arrive(bytes: Uint8Array, from: Endpoint, to: Endpoint): Promise<void> {
    if (this.#bound.has(formatEndpoint(to))) return this.deliver(bytes, from, to);
    await this.#pause();
    for (const server of this.#servers.filter((each) => isSameEndpoint(each.at, to))) {
      for (const { answer, from: source } of answerBinding(server, bytes, from)) {
        await this.deliver(answer, source, from);
      }
    }
  }

  async #pause(): Promise<void> {
    const { latency } = this.#setup;
    if (latency !== undefined) await latency.clock.wait(latency.ms);
  }
}
