import { fc, test } from '@fast-check/vitest';
import type { SipRequest } from '@truetuple/sip-engine';
import type { VirtualNetworkOptions } from '@truetuple/sip-engine/testing';
import { openGatewayBench, type BenchPeer, type GatewayBench } from './testing/gateway-bench.ts';
import { expectNothingLeft } from './testing/gateway-calls.ts';

/** What two peers may come to do, in any order, whether it makes sense or not. */
type Step =
  | { readonly kind: 'invite'; readonly offers: boolean }
  | { readonly kind: 'cancel' | 'update' | 'info' | 'bye-a' | 'bye-b' }
  | { readonly kind: 'ack'; readonly answers: boolean }
  | { readonly kind: 'again-a' | 'again-b'; readonly offers: boolean }
  | { readonly kind: 'rings'; readonly fork: string; readonly describes: boolean }
  | { readonly kind: 'takes'; readonly fork: string; readonly describes: boolean }
  | { readonly kind: 'refuses'; readonly status: number }
  | { readonly kind: 'answers-a' | 'answers-b'; readonly status: number }
  | { readonly kind: 'passes'; readonly ms: number };

const fork = fc.constantFrom('f1', 'f2');
const yes = fc.boolean();
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.constantFrom<Step>(
    { kind: 'cancel' },
    { kind: 'update' },
    { kind: 'info' },
    { kind: 'bye-a' },
    { kind: 'bye-b' },
  ),
  fc.record({ kind: fc.constant('invite' as const), offers: yes }),
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('ack' as const), answers: yes }) },
  fc.record({ kind: fc.constantFrom('again-a' as const, 'again-b' as const), offers: yes }),
  fc.record({ kind: fc.constant('rings' as const), fork, describes: yes }),
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant('takes' as const), fork, describes: yes }),
  },
  fc.record({ kind: fc.constant('refuses' as const), status: fc.constantFrom(302, 486, 503) }),
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constantFrom('answers-a' as const, 'answers-b' as const),
      status: fc.constantFrom(200, 200, 481, 491),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('passes' as const),
      ms: fc.constantFrom(0, 20, 20, 700, 33_000),
    }),
  },
);

/** Two peers and what they remember of their call. */
class World {
  readonly bench: GatewayBench;
  readonly #a: BenchPeer;
  readonly #b: BenchPeer;
  #calls = 0;
  #sequence = 1;
  #lastInvite = 1;
  #branch = '';

  constructor(bench: GatewayBench, a: BenchPeer, b: BenchPeer) {
    this.bench = bench;
    this.#a = a;
    this.#b = b;
  }

  async take(next: Step): Promise<void> {
    switch (next.kind) {
      case 'invite':
        this.#calls += 1;
        this.#sequence = 1;
        this.#invite({}, next.offers);
        break;
      case 'cancel':
        this.#send('CANCEL', { sequence: this.#lastInvite, branch: this.#branch });
        break;
      case 'ack':
        this.#ack(next.answers);
        break;
      case 'again-a':
        this.#sequence += 1;
        this.#invite({ toTag: this.#toTag }, next.offers);
        break;
      case 'update':
      case 'info':
      case 'bye-a':
        this.#sequence += 1;
        this.#send(next.kind === 'bye-a' ? 'BYE' : next.kind.toUpperCase(), {
          toTag: this.#toTag,
          sequence: this.#sequence,
        });
        break;
      case 'again-b':
        this.#fromB('INVITE', next.offers ? this.#b.sdp : '');
        break;
      case 'bye-b':
        this.#fromB('BYE', '');
        break;
      case 'rings':
        this.#respondB('INVITE', 183, next.fork, next.describes);
        break;
      case 'takes':
        this.#respondB('INVITE', 200, next.fork, next.describes);
        break;
      case 'refuses':
        this.#respondB('INVITE', next.status, 'f1', false);
        break;
      case 'answers-a':
        this.#respondLast(this.#a, next.status);
        break;
      case 'answers-b':
        this.#respondLast(this.#b, next.status);
        break;
      case 'passes':
        await this.bench.run(next.ms);
        break;
      default:
        next satisfies never;
    }
  }

  #invite(more: { readonly toTag?: string | undefined }, offers: boolean): void {
    this.#lastInvite = this.#sequence;
    this.#branch = `z9hG4bK${this.#calls}-${this.#sequence}`;
    const body = offers ? this.#a.sdp : '';
    this.#send('INVITE', { ...more, sequence: this.#sequence, branch: this.#branch, body });
  }

  #ack(answers: boolean): void {
    const body = answers ? this.#a.sdp : '';
    this.#send('ACK', { toTag: this.#toTag, sequence: this.#lastInvite, body });
  }

  #send(method: string, more: object): void {
    this.#a.sip.send({ method, callId: `c${this.#calls}`, ...more });
  }

  /** Of our last answer to this call. */
  get #toTag(): string | undefined {
    const mine = this.#a.sip.got.filter(
      ({ essentials }) => essentials.callId === `c${this.#calls}`,
    );
    return mine.findLast(({ essentials }) => essentials.toTag !== undefined)?.essentials.toTag;
  }

  #requestAt(peer: BenchPeer, isWanted: (method: string) => boolean): SipRequest | undefined {
    const found = peer.sip.got.findLast(
      ({ message }) => message.kind === 'request' && isWanted(message.method),
    );
    return found?.message.kind === 'request' ? found.message : undefined;
  }

  #respondB(method: string, status: number, tag: string, describes: boolean): void {
    const request = this.#requestAt(this.#b, (each) => each === method);
    const body = describes ? this.#b.sdp : '';
    if (request !== undefined) this.#b.sip.respond(request, status, { tag, body });
  }

  #respondLast(peer: BenchPeer, status: number): void {
    const request = this.#requestAt(peer, (method) => method !== 'ACK');
    if (request === undefined) return;
    const body = request.method === 'INVITE' && status === 200 ? peer.sdp : '';
    peer.sip.respond(request, status, { tag: 'f1', body });
  }

  #fromB(method: string, body: string): void {
    const invite = this.#b.sip.got.findLast(
      ({ message }) => message.kind === 'request' && message.method === 'INVITE',
    );
    if (invite === undefined) return;
    const { callId, fromTag } = invite.essentials;
    this.#sequence += 1;
    const dialog = { callId, fromTag: 'f1', toTag: fromTag, sequence: this.#sequence };
    this.#b.sip.send({ method, ...dialog, body });
  }

  /** A gives up whatever is left, as often as a bad network may want it, answers nothing, and time passes. */
  async end(): Promise<void> {
    for (let time = 0; time < 25; time += 1) {
      this.#hangUpAll(1_000 + time);
      await this.bench.run(500);
    }
    await this.bench.run(300_000);
  }

  #hangUpAll(sequence: number): void {
    for (let call = 1; call <= this.#calls; call += 1) {
      const mine = this.#a.sip.got.filter(({ essentials }) => essentials.callId === `c${call}`);
      const tags = new Set(mine.map(({ essentials }) => essentials.toTag));
      for (const toTag of tags) {
        if (toTag === undefined) continue;
        this.#a.sip.send({ method: 'BYE', callId: `c${call}`, toTag, sequence });
      }
    }
  }
}

async function expectAllEnds(
  steps: readonly Step[],
  network: VirtualNetworkOptions = {},
): Promise<void> {
  const bench = await openGatewayBench(() => ({ kind: 'to', uri: 'sip:b@10.0.3.10' }), { network });
  const a = await bench.peer('198.51.100.10', 'internet');
  const b = await bench.peer('10.0.3.10', 'vpc');
  const world = new World(bench, a, b);
  await world.take({ kind: 'invite', offers: true });
  for (const next of steps) {
    await world.take(next);
    await bench.run(5);
  }
  await world.end();
  await expectNothingLeft(bench);
}

const script = fc.array(step, { minLength: 3, maxLength: 25 });

test.prop([script], { numRuns: 60 })(
  'whatever two peers do on the wire, nothing is left open',
  async (steps) => expectAllEnds(steps),
  60_000,
);

const weather = fc.record({
  loss: fc.constantFrom(0.1, 0.3),
  duplication: fc.constant(0.3),
  jitterMs: fc.constantFrom(0, 30, 900),
});

test.prop([script, fc.nat(), weather], { numRuns: 60 })(
  'nor over a network that loses, doubles and reorders',
  async (steps, seed, conditions) => expectAllEnds(steps, { seed, conditions }),
  60_000,
);
