/**
 * For how many turns of the event loop a datagram waits for others: an application in this process answers in a later turn than the one in
 * which it was told. With one turn most of it is saved, with seven no more (docs/benchmarks-history.md).
 */
const longestTurns = 4;

/** So many leave at once: under load there are enough without waiting. */
const mostWaiting = 32;

/**
 * What leaves one socket, in bursts. The kernel delivers a datagram to a process of the same machine within the call that sends it, and half
 * of what that takes was waking that process: a second datagram right behind the first wakes nobody.
 * T = a datagram.
 */
export class SendQueue<T> {
  readonly #send: (datagram: T) => void;
  #waiting: T[] = [];
  #isCounting = false;

  constructor(send: (datagram: T) => void) {
    this.#send = send;
  }

  push(datagram: T): void {
    this.#waiting.push(datagram);
    if (this.#waiting.length >= mostWaiting) this.flush();
    else if (!this.#isCounting) this.#count(longestTurns);
  }

  /** Sends what waits, in its order. */
  flush(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const datagram of waiting) this.#send(datagram);
  }

  #count(turns: number): void {
    this.#isCounting = turns > 0;
    if (this.#isCounting) setImmediate(() => this.#count(turns - 1));
    else this.flush();
  }
}
