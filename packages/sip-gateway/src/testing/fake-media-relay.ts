import type { Ipv4Address } from '../address.ts';
import type { GatewayError } from '../errors.ts';
import type { ToldStreams } from '../sdp/describe-for-leg.ts';
import type { DatagramPort } from '../media/datagram-port.ts';
import type {
  CallMedia,
  MediaEvent,
  MediaRelay,
  MediaTurn,
  RelayCounts,
} from '../media/media-relay.ts';
import { PortPool, type PortRange } from '../media/port-pool.ts';
import { RelayEngine } from '../media/relay-engine.ts';
import { relayTurn, type PathTo } from '../media/relay-turn.ts';

/** The network, the ports and the times of a fake relay. */
export interface FakeMediaRelaySetup {
  readonly network: DatagramPort;
  readonly pathTo: PathTo;
  readonly addresses: readonly Ipv4Address[];
  readonly ports: PortRange;
  readonly quarantineMs: number;
  readonly mediaTimeoutMs: number;
  readonly holdTimeoutMs: number;
}

/** The embedded relay's rules over a network of your choice, with time that you move. */
export class FakeMediaRelay implements MediaRelay {
  /** Calls whose last offer was withdrawn. */
  readonly withdrawn: string[] = [];
  readonly #engine: RelayEngine;
  readonly #pathTo: PathTo;
  readonly #listeners = new Set<(event: MediaEvent) => void>();
  #nowMs = 0;
  #failure: GatewayError | undefined;

  constructor({ pathTo, ports, quarantineMs, ...parts }: FakeMediaRelaySetup) {
    this.#pathTo = pathTo;
    this.#engine = new RelayEngine({
      ...parts,
      pool: new PortPool(ports, { quarantineMs, random: () => 0.5 }),
      now: () => this.#nowMs,
      emit: (event) => this.emit(event),
    });
  }

  /** The next offer or answer is refused with this. */
  failNext(error: GatewayError): void {
    this.#failure = error;
  }

  /** Lets time pass, with what it brings. */
  async advance(ms: number): Promise<void> {
    this.#nowMs += ms;
    await this.#engine.tick();
  }

  emit(event: MediaEvent): void {
    for (const listener of this.#listeners) listener(event);
  }

  async offer(turn: MediaTurn): Promise<ToldStreams> {
    this.#throwFailure();
    return this.#engine.offer(relayTurn(turn, this.#pathTo));
  }

  async answer(turn: MediaTurn): Promise<ToldStreams> {
    this.#throwFailure();
    return this.#engine.answer(relayTurn(turn, this.#pathTo));
  }

  async withdraw(callId: string): Promise<void> {
    // nothing counts before its answer
    this.withdrawn.push(callId);
  }

  release(callId: string): Promise<void> {
    return this.#engine.release(callId);
  }

  async statistics(callId: string): Promise<CallMedia | undefined> {
    return this.#engine.statistics(callId);
  }

  async counts(): Promise<RelayCounts> {
    return { ...this.#engine.counts(), nice: undefined, realtimePriority: undefined };
  }

  onEvent(listener: (event: MediaEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  close(): Promise<void> {
    return this.#engine.close();
  }

  #throwFailure(): void {
    const failure = this.#failure;
    this.#failure = undefined;
    if (failure !== undefined) throw failure;
  }
}
