import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Writable } from 'node:stream';
import type { Tuple } from '@truetuple/sip-engine';
import type { MediaEnds } from './media-peer.ts';

/** What packets took that a peer on the wire sent and received; milliseconds. */
export interface WireReport {
  readonly sent: number;
  readonly received: number;
  /** From before the send to the kernel's timestamp of the receipt. */
  readonly p50Ms: number;
  readonly p90Ms: number;
  readonly p99Ms: number;
  readonly p999Ms: number;
  readonly maxMs: number;
  /** How late the peer itself was with its packets. */
  readonly lateP99Ms: number;
  readonly lateMaxMs: number;
  /** Of the peer, in seconds. */
  readonly cpuS: number;
}

/** `rtp-peer.c`, running. */
export class RtpPeer implements AsyncDisposable {
  /** One for each leg. */
  readonly tuples: readonly Tuple[];
  readonly #child: ChildProcess;
  readonly #input: Writable;
  readonly #lines: AsyncIterator<string>;

  private constructor(child: ChildProcess, lines: AsyncIterator<string>, tuples: readonly Tuple[]) {
    this.#child = child;
    this.#input = child.stdin as Writable;
    this.#lines = lines;
    this.tuples = tuples;
  }

  /** @param addresses of the legs, in turn */
  static async start(
    program: string,
    way: 'measure' | 'forward',
    legs: number,
    addresses: readonly string[],
  ): Promise<RtpPeer> {
    const child = spawn(program, [way, String(legs), ...addresses], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
    const ports = await nextOf<readonly number[]>(lines);
    const tuples = ports.map((port, leg) => ({
      address: addresses[leg % addresses.length] ?? '',
      port,
    }));
    return new RtpPeer(child, lines, tuples);
  }

  /** Its legs as calls, two and two. */
  calls(): readonly MediaEnds[] {
    const { tuples } = this;
    return tuples.flatMap((a, at) => {
      const b = tuples[at + 1];
      return at % 2 === 0 && b !== undefined ? [{ a, b }] : [];
    });
  }

  /** Where each leg sends: when it measures, to the relay; when it forwards, to its own peer. */
  sendTo(targets: readonly Tuple[]): void {
    this.#input.write(
      `targets ${targets.map(({ address, port }) => `${address}:${port}`).join(' ')}\n`,
    );
  }

  async run(packetsPerSecond: number, seconds: number): Promise<WireReport> {
    this.#input.write(`run ${packetsPerSecond} ${seconds}\n`);
    return nextOf<WireReport>(this.#lines);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const exited = this.#child.exitCode === null ? once(this.#child, 'exit') : undefined;
    this.#input.end();
    await exited;
  }
}

async function nextOf<T>(lines: AsyncIterator<string>): Promise<T> {
  const line = await lines.next();
  if (line.done === true) {
    throw new Error('rtp-peer ended before it answered: its error is above.');
  }
  return JSON.parse(line.value) as T;
}
