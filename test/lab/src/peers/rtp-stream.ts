import { randomBytes } from 'node:crypto';
import type { Clock, Transport, Tuple } from '@truetuple/sip-engine';
import { pcmu, toneFrame } from './pcmu-tone.ts';
import { decodeRtp, encodeRtp } from './rtp-packet.ts';

/** A user agent's voice: sends a tone as PCMU every 20 ms and counts what it hears, from whomever it comes. */
export class RtpStream {
  /** RTP packets that have come so far. */
  heard = 0;
  readonly #transport: Transport;
  readonly #clock: Clock;
  readonly #waiting = new Set<{ readonly packets: number; readonly resolve: () => void }>();

  constructor(transport: Transport, clock: Clock) {
    this.#transport = transport;
    this.#clock = clock;
    transport.onMessage((bytes) => {
      if (decodeRtp(bytes) === undefined) return;
      this.heard += 1;
      for (const { packets, resolve } of this.#waiting) if (this.heard >= packets) resolve();
    });
  }

  /** Where it is to be heard. */
  get tuple(): Tuple {
    return this.#transport.localAddress;
  }

  /** Sends `packets` of them, each when it is due, catching up when a timer was late. */
  async send(
    to: Tuple,
    packets: number,
    ssrc: number = randomBytes(4).readUInt32BE(),
  ): Promise<void> {
    const start = this.#clock.now();
    for (let number = 0; number < packets; number += 1) {
      const early = start + number * pcmu.frameMs - this.#clock.now();
      if (early > 0) await this.#pause(early);
      const packet = encodeRtp({
        marker: number === 0,
        payloadType: pcmu.payloadType,
        sequence: number + 1,
        timestamp: number * pcmu.frameSamples,
        ssrc,
        payload: toneFrame(number),
      });
      this.#transport.send(packet, to);
    }
  }

  /** True once this many packets have come in all; false when they have not after `timeoutMs`. */
  async hears(packets: number, timeoutMs: number): Promise<boolean> {
    if (this.heard >= packets) return true;
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const waiter = { packets, resolve: () => resolve(true) };
    this.#waiting.add(waiter);
    const cancel = this.#clock.setTimer(timeoutMs, () => resolve(false));
    try {
      return await promise;
    } finally {
      cancel();
      this.#waiting.delete(waiter);
    }
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      this.#clock.setTimer(ms, resolve);
    });
  }
}
