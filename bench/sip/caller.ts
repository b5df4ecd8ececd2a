import type { Socket } from 'node:dgram';
import type { Tuple } from '@truetuple/sip-engine';
import {
  bodyOf,
  hostPort,
  readSipText,
  sdpAt,
  sipText,
  valueOf,
  type SipText,
} from './sip-text.ts';

/** Calls to place. */
export interface CallPlan {
  readonly target: Tuple;
  /** Calls per second, spread evenly. */
  readonly rate: number;
  readonly seconds: number;
}

/** What became of the calls. */
export interface LoadResult {
  readonly placed: number;
  /** INVITE, 200, ACK, BYE, 200, each answer as it has to be. */
  readonly completed: number;
  readonly failed: number;
  /** Why, each text once with its count. */
  readonly reasons: Readonly<Record<string, number>>;
  /** Requests that we sent again because no answer had come (T1 = 500 ms). */
  readonly retransmissions: number;
  /** Final responses that came again. */
  readonly repeats: number;
  /** Milliseconds from INVITE to 200. */
  readonly setUpMs: readonly number[];
  /** The longest time that the generator itself was late with a call, in milliseconds. */
  readonly lateMs: number;
}

interface Placed {
  readonly number: number;
  readonly invitedAt: number;
  readonly callId: string;
  stage: 'invited' | 'byed' | 'over';
  request: Buffer;
  ack: Buffer | undefined;
  /** When the request is due again, and after which interval; Infinity when nothing is. */
  dueAt: number;
  intervalMs: number;
  /** When the call is given up. */
  failAt: number;
}

const t1Ms = 500;
/** Far longer than a server takes that answers at all. */
const patienceMs = 10_000;

/** Places calls over one socket, checks every answer, and repeats requests as RFC 3261 section 17.1 has it. */
export class Caller {
  readonly #socket: Socket;
  readonly #plan: CallPlan;
  readonly #local: Tuple;
  readonly #sdp: string;
  readonly #live = new Map<string, Placed>();
  readonly #over = new Set<string>();
  readonly #name = Math.random().toString(36).slice(2, 8);
  readonly #setUpMs: number[] = [];
  readonly #reasons: Record<string, number> = {};
  #placed = 0;
  #completed = 0;
  #failed = 0;
  #retransmissions = 0;
  #repeats = 0;
  #lateMs = 0;

  constructor(socket: Socket, plan: CallPlan) {
    this.#socket = socket;
    this.#plan = plan;
    const { address, port } = socket.address();
    this.#local = { address, port };
    this.#sdp = sdpAt({ address, port: 40_002 });
  }

  /** Resolves when every call has ended, well or not. */
  async run(): Promise<LoadResult> {
    this.#socket.on('message', (bytes) => this.#receive(bytes));
    const { rate, seconds } = this.#plan;
    const begun = performance.now();
    const total = Math.round(rate * seconds);
    await new Promise<void>((resolve) => {
      let sweptAt = begun;
      const timer = setInterval(() => {
        const now = performance.now();
        const due = Math.min(total, Math.floor(((now - begun) / 1000) * rate));
        if (due > this.#placed) {
          this.#lateMs = Math.max(this.#lateMs, now - begun - ((this.#placed + 1) / rate) * 1000);
        }
        while (this.#placed < due) this.#place(now);
        if (now - sweptAt > 100) {
          sweptAt = now;
          this.#sweep(now);
        }
        if (this.#placed < total || this.#live.size > 0) return;
        clearInterval(timer);
        resolve();
      }, 1);
    });
    return {
      placed: this.#placed,
      completed: this.#completed,
      failed: this.#failed,
      reasons: this.#reasons,
      retransmissions: this.#retransmissions,
      repeats: this.#repeats,
      setUpMs: this.#setUpMs,
      lateMs: this.#lateMs,
    };
  }

  #place(now: number): void {
    const number = this.#placed;
    this.#placed += 1;
    const callId = `${number}-${this.#name}@${this.#local.address}`;
    const call: Placed = {
      number,
      invitedAt: now,
      callId,
      stage: 'invited',
      request: Buffer.from(this.#request(number, callId, 'INVITE', ''), 'latin1'),
      ack: undefined,
      dueAt: now + t1Ms,
      intervalMs: t1Ms,
      failAt: now + patienceMs,
    };
    this.#live.set(callId, call);
    this.#send(call.request);
  }

  #receive(bytes: Uint8Array): void {
    const message = readSipText(bytes);
    const call = this.#live.get(message.callId);
    if (call === undefined) {
      if (this.#over.has(message.callId) && message.status >= 200) this.#repeats += 1;
      else if (message.status === 0) this.#answerBye(message);
      return;
    }
    if (message.status === 0) this.#fail(call, `the server sent ${message.method}`);
    else if (message.method === 'INVITE') this.#invited(call, message);
    else if (message.method === 'BYE' && call.stage === 'byed') this.#byed(call, message);
  }

  #invited(call: Placed, message: SipText): void {
    if (message.status < 200) {
      // 17.1.1.2: a provisional response ends the repeats
      call.dueAt = Infinity;
      return;
    }
    if (call.stage !== 'invited') {
      this.#repeats += 1;
      if (call.ack !== undefined) this.#send(call.ack);
      return;
    }
    const flaw = this.#flawOf(message);
    if (flaw !== undefined) {
      this.#fail(call, flaw);
      return;
    }
    const now = performance.now();
    this.#setUpMs.push(now - call.invitedAt);
    const to = valueOf(message.text, 'To');
    const target = /<([^>]*)>/.exec(valueOf(message.text, 'Contact'))?.[1] ?? '';
    call.ack = Buffer.from(this.#request(call.number, call.callId, 'ACK', to, target), 'latin1');
    this.#send(call.ack);
    this.#bye(call, to, target);
  }

  #flawOf({ status, text }: SipText): string | undefined {
    if (status !== 200) return `INVITE was answered with ${status}`;
    if (!valueOf(text, 'To').includes(';tag=')) return 'the 200 has no To tag';
    if (!valueOf(text, 'Contact').startsWith('<sip:')) return 'the 200 has no Contact';
    const length = Number(valueOf(text, 'Content-Length'));
    const body = bodyOf(text);
    if (!body.startsWith('v=0\r\n')) return 'the 200 has no description';
    return body.length === length ? undefined : 'the 200 has a body of another length';
  }

  #bye(call: Placed, to: string, target: string): void {
    const now = performance.now();
    call.stage = 'byed';
    call.request = Buffer.from(
      this.#request(call.number, call.callId, 'BYE', to, target),
      'latin1',
    );
    call.intervalMs = t1Ms;
    call.dueAt = now + t1Ms;
    call.failAt = now + patienceMs;
    this.#send(call.request);
  }

  #byed(call: Placed, { status }: SipText): void {
    if (status < 200) return;
    if (status === 200) this.#end(call, undefined);
    else this.#fail(call, `BYE was answered with ${status}`);
  }

  #fail(call: Placed, reason: string): void {
    this.#end(call, reason);
  }

  #end(call: Placed, reason: string | undefined): void {
    call.stage = 'over';
    this.#live.delete(call.callId);
    this.#over.add(call.callId);
    if (reason === undefined) this.#completed += 1;
    else {
      this.#failed += 1;
      this.#reasons[reason] = (this.#reasons[reason] ?? 0) + 1;
    }
  }

  /** A server that ends a call by itself gets its answer; the call has been counted as failed. */
  #answerBye({ method, text }: SipText): void {
    if (method !== 'BYE') return;
    const names = ['Via', 'From', 'To', 'Call-ID', 'CSeq'];
    const lines = names.map((name) => `${name}: ${valueOf(text, name)}`);
    this.#send(Buffer.from(sipText(['SIP/2.0 200 OK', ...lines]), 'latin1'));
  }

  #sweep(now: number): void {
    for (const call of this.#live.values()) {
      if (now >= call.failAt) this.#fail(call, `no final answer (${call.stage})`);
      else if (now >= call.dueAt) {
        this.#retransmissions += 1;
        // 17.1.1.2: timer A doubles for an INVITE; 17.1.2.2: timer E stays within T2
        const doubled = call.intervalMs * 2;
        call.intervalMs = call.stage === 'invited' ? doubled : Math.min(doubled, 4_000);
        call.dueAt = now + call.intervalMs;
        this.#send(call.request);
      }
    }
  }

  #request(number: number, callId: string, method: string, to: string, target?: string): string {
    const local = hostPort(this.#local);
    const server = hostPort(this.#plan.target);
    const sequence = method === 'BYE' ? 2 : 1;
    const branch = `z9hG4bK-${this.#name}-${number}-${method}`;
    const lines = [
      `${method} ${target ?? `sip:service@${server}`} SIP/2.0`,
      `Via: SIP/2.0/UDP ${local};branch=${branch}`,
      `From: bench <sip:bench@${local}>;tag=${this.#name}${number}`,
      `To: ${to === '' ? `service <sip:service@${server}>` : to}`,
      `Call-ID: ${callId}`,
      `CSeq: ${sequence} ${method}`,
      `Contact: <sip:bench@${local}>`,
      'Max-Forwards: 70',
      'Subject: Performance Test',
    ];
    return sipText(lines, method === 'INVITE' ? this.#sdp : '');
  }

  #send(bytes: Buffer): void {
    const { address, port } = this.#plan.target;
    this.#socket.send(bytes, port, address, () => undefined);
  }
}
