import { fc, test } from '@fast-check/vitest';
import { FakeClock } from '@truetuple/sip-engine/testing';
import { expect } from 'vitest';
import type { Ipv4Address } from '../address.ts';
import { GatewayError } from '../errors.ts';
import type { LegName, MediaRelay } from '../media/media-relay.ts';
import type { IncomingInvite, SignalAct, SignalEvent, SignalledCall } from '../sip/signalling.ts';
import { FakeMediaRelay } from '../testing/fake-media-relay.ts';
import { networks } from '../testing/gateway-bench.ts';
import { MemoryNetwork } from '../testing/memory-network.ts';
import type { EndCause } from './call-effect.ts';
import { defaultTimeouts, LiveCall } from './call.ts';
import { DescribedLegs } from './described-legs.ts';
import { localAddresses, peerPath } from './peer-class.ts';

const a = '198.51.100.10' as Ipv4Address;
const b = '10.0.3.10' as Ipv4Address;

function sdpOf(address: string, direction: string): string {
  const head = ['v=0', `o=- 7 7 IN IP4 ${address}`, 's=-', `c=IN IP4 ${address}`, 't=0 0'];
  return [...head, 'm=audio 40000 RTP/AVP 0', `a=${direction}`, ''].join('\r\n');
}

/**
 * Two peers that keep to RFC 3261 as far as they can be made to: it says what they may do next, and knows by what the
 * call says to them which of their dialogs and INVITEs are open.
 */
class FakeLegs implements SignalledCall {
  readonly invite: IncomingInvite;
  readonly said: SignalAct[] = [];
  /** INVITE of A: until its final response. */
  isAOpen = true;
  /** Dialogs that were confirmed, by leg or by fork of B, until a BYE. */
  readonly dialogs = new Set<string>();
  /** 2xx of B that were not acknowledged. */
  readonly unacknowledged = new Set<string>();
  /** Forks of B that sent a 2xx. */
  readonly answered = new Set<string>();
  /** INVITE to B: until its final response. */
  isBOpen = false;
  /** re-INVITEs of a leg that await our answer. */
  readonly asked = new Set<string>();
  /** A has acknowledged our 200. */
  hasAcknowledged = false;
  isForgotten = false;
  #listener: (event: SignalEvent) => void = () => undefined;

  constructor(sdp: string | undefined) {
    const passed = {};
    const [fromUser, fromName] = ['a', undefined];
    const requestUri = 'sip:b@203.0.113.50';
    this.invite = {
      callId: 'c;from-tag=t',
      source: a,
      requestUri,
      fromUser,
      fromName,
      passed,
      sdp,
      expiresMs: 60_000,
    };
  }

  onEvent(listener: (event: SignalEvent) => void): void {
    this.#listener = listener;
  }

  forget(): void {
    this.isForgotten = true;
  }

  emit(event: SignalEvent): void {
    if (!this.isForgotten) this.#listener(event);
  }

  perform(act: SignalAct): void {
    this.said.push(act);
    switch (act.kind) {
      case 'answer-a':
        expect(this.isAOpen).toBe(true);
        this.isAOpen = false;
        this.dialogs.add('a');
        break;
      case 'refuse-a':
        expect(this.isAOpen).toBe(true);
        this.isAOpen = false;
        break;
      case 'ring-a':
        expect(this.isAOpen).toBe(true);
        break;
      case 'invite-b':
        this.isBOpen = true;
        break;
      case 'ack-b':
        this.unacknowledged.delete(act.fork);
        break;
      case 'bye':
        this.#bye(act.leg === 'a' ? 'a' : (act.fork ?? ''));
        break;
      case 'answer-re-invite':
      case 'refuse-re-invite':
        expect(this.asked.delete(act.id)).toBe(true);
        break;
      case 'cancel-b':
      case 'cancel-re-invite':
      case 're-invite':
      case 'ack-re-invite':
        break;
      default:
        act satisfies never;
    }
  }

  #bye(dialog: string): void {
    expect(this.dialogs.delete(dialog)).toBe(true);
    // RFC 3261, section 15: not before the ACK
    expect(this.unacknowledged.has(dialog)).toBe(false);
  }
}

type Step =
  | { readonly kind: 'cancel' | 'ack' | 'lost' | 'untrue' | 'shutdown' | 'refused-answer' }
  | { readonly kind: 'rings' | 'answers'; readonly fork: string; readonly sdp: string | undefined }
  | { readonly kind: 'fails' | 're-fails'; readonly status: number }
  | { readonly kind: 'bye' | 're-cancels'; readonly leg: LegName }
  | { readonly kind: 'asks'; readonly leg: LegName; readonly sdp: string | undefined }
  | { readonly kind: 're-answers'; readonly sdp: string | undefined }
  | { readonly kind: 'relay-fails' | 'relay-silent' | 'relay-refuses' }
  | { readonly kind: 'passes'; readonly ms: number };

const fork = fc.constantFrom('f1', 'f2');
const leg = fc.constantFrom('a' as const, 'b' as const);
const sdp = fc.constantFrom(
  undefined,
  sdpOf(b, 'sendrecv'),
  sdpOf(a, 'sendonly'),
  // what the relay will not have, and what is no description
  sdpOf('192.168.9.9', 'sendrecv'),
  'v=0\r\nnone\r\n',
);
const good = fc.constant(sdpOf(b, 'sendrecv'));
const status = fc.constantFrom(408, 481, 486, 488, 491, 503);
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.constantFrom<Step>(
    { kind: 'cancel' },
    { kind: 'lost' },
    { kind: 'untrue' },
    { kind: 'shutdown' },
    { kind: 'refused-answer' },
    { kind: 'relay-fails' },
    { kind: 'relay-silent' },
    { kind: 'relay-refuses' },
  ),
  { weight: 4, arbitrary: fc.constant<Step>({ kind: 'ack' }) },
  fc.record({ kind: fc.constant('rings' as const), fork, sdp }),
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('answers' as const), fork, sdp: good }) },
  fc.record({ kind: fc.constant('answers' as const), fork, sdp }),
  fc.record({ kind: fc.constantFrom('fails' as const, 're-fails' as const), status }),
  fc.record({ kind: fc.constantFrom('bye' as const, 're-cancels' as const), leg }),
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('asks' as const), leg, sdp }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('re-answers' as const), sdp }) },
  fc.record({ kind: fc.constant('passes' as const), ms: fc.constantFrom(0, 1_000, 36_000) }),
);

interface World {
  readonly legs: FakeLegs;
  readonly call: LiveCall;
  readonly clock: FakeClock;
  readonly relay: FakeMediaRelay;
  readonly rtp: MemoryNetwork;
  readonly ends: EndCause[];
  reInvites: number;
}

function pathTo(peer: Ipv4Address): ReturnType<typeof peerPath> {
  return peerPath(networks, peer);
}

function begin(offer: string | undefined): World {
  const clock = new FakeClock();
  const rtp = new MemoryNetwork();
  const relay = new FakeMediaRelay({
    network: rtp,
    pathTo,
    addresses: localAddresses(networks),
    ports: { first: 16_384, last: 16_391 },
    quarantineMs: 0,
    mediaTimeoutMs: 60_000,
    holdTimeoutMs: 3_600_000,
  });
  const legs = new FakeLegs(offer);
  const ends: EndCause[] = [];
  const callId = legs.invite.callId;
  const signalling = { a, b };
  const sessionIds = { a: '1', b: '2' };
  const port: MediaRelay = relay;
  const call = new LiveCall({
    signalled: legs,
    relay: port,
    mediaId: callId,
    described: new DescribedLegs({ relay, pathTo, callId, signalling, sessionIds }),
    clock,
    timeouts: defaultTimeouts,
    callee: { uri: `sip:b@${b}`, address: b, nextHop: undefined },
    expiresMs: 60_000,
    onAnswer: () => undefined,
    onMediaRefused: () => undefined,
    onEnd: (cause) => ends.push(cause),
  });
  relay.onEvent((event) => call.takeMedia(event));
  call.start();
  return { legs, call, clock, relay, rtp, ends, reInvites: 0 };
}

/** What this step is when it can happen at all: peers do not cancel what was answered, nor hang up what is not up. */
async function take(world: World, next: Step): Promise<void> {
  const { legs, call, clock, relay } = world;
  switch (next.kind) {
    case 'cancel':
      if (!legs.isAOpen) break;
      // the SIP server has sent the 487
      legs.isAOpen = false;
      legs.emit({ kind: 'cancel' });
      break;
    case 'ack':
      if (!legs.dialogs.has('a')) break;
      legs.hasAcknowledged = true;
      legs.emit({ kind: 'ack', from: 'a', sdp: sdpOf(a, 'sendrecv') });
      break;
    case 'rings':
      if (legs.isBOpen)
        legs.emit({ kind: 'provisional', fork: next.fork, status: 183, sdp: next.sdp });
      break;
    case 'answers':
      // a repeated 2xx is the SIP server's to acknowledge, and one that comes after all has ended too
      if (!legs.isBOpen || legs.isForgotten || legs.answered.has(next.fork)) break;
      legs.answered.add(next.fork);
      legs.dialogs.add(next.fork);
      legs.unacknowledged.add(next.fork);
      legs.emit({ kind: 'answer', fork: next.fork, sdp: next.sdp });
      break;
    case 'fails':
      if (!legs.isBOpen || legs.answered.size > 0) break;
      legs.isBOpen = false;
      legs.emit({ kind: 'failure', status: next.status });
      break;
    case 'bye':
      hangUp(legs, next.leg);
      break;
    case 'asks':
      if (!(next.leg === 'a' ? legs.dialogs.has('a') : legs.dialogs.has('f1'))) break;
      if (legs.isForgotten) break;
      world.reInvites += 1;
      legs.asked.add(`r${world.reInvites}`);
      legs.emit({ kind: 're-invite', from: next.leg, id: `r${world.reInvites}`, sdp: next.sdp });
      break;
    case 're-cancels': {
      const [id] = legs.asked;
      if (id === undefined || legs.isForgotten) break;
      // the SIP server has sent the 487
      legs.asked.delete(id);
      legs.emit({ kind: 're-cancel', from: next.leg, id });
      break;
    }
    case 're-answers':
      legs.emit({ kind: 're-answer', sdp: next.sdp });
      break;
    case 're-fails':
      legs.emit({ kind: 're-failure', status: next.status });
      break;
    case 'lost':
      legs.emit({ kind: 'signalling-lost' });
      break;
    case 'untrue':
      legs.emit({ kind: 'told-untrue' });
      break;
    case 'shutdown':
      call.take({ kind: 'shutdown' });
      break;
    case 'refused-answer':
      // a 200 that was refused is none: A has no dialog
      if (legs.hasAcknowledged || !legs.dialogs.delete('a')) break;
      legs.emit({ kind: 'answer-refused' });
      break;
    case 'relay-fails':
      relay.emit({ kind: 'relay-failed', because: 'test' });
      break;
    case 'relay-silent':
      relay.emit({ kind: 'media-timed-out', callId: legs.invite.callId });
      break;
    case 'relay-refuses':
      relay.failNext(refusal());
      break;
    case 'passes':
      await clock.advanceSettled(next.ms);
      break;
    default:
      next satisfies never;
  }
  await clock.advanceSettled(0);
}

function hangUp(legs: FakeLegs, which: LegName): void {
  const dialog = which === 'a' ? 'a' : 'f1';
  if (!legs.dialogs.has(dialog)) return;
  // the transaction of a BYE ends the INVITEs that are open in its dialog; the machine still answers them
  legs.dialogs.delete(dialog);
  legs.emit({ kind: 'bye', from: which });
}

function refusal(): GatewayError {
  const [message, remedy] = ['No.', 'None.'];
  return new GatewayError({ code: 'MediaRelayRefused', message, remedy, retry: 'later' });
}

/** Nobody does anything any more; time passes. */
async function expectNothingLeft({ legs, clock, relay, rtp, ends }: World): Promise<void> {
  for (const timeout of Object.values(defaultTimeouts)) await clock.advanceSettled(timeout + 1);
  await clock.advanceSettled(400_000);
  expect(clock.pending).toBe(0);
  // spares are closed a few in each tick
  for (let tick = 0; tick < 20; tick++) await relay.advance(1);
  expect(rtp.bound()).toEqual([]);
  expect(await relay.statistics(legs.invite.callId)).toBeUndefined();
  expect([ends.length, legs.isForgotten]).toEqual([1, true]);
  expect([legs.isAOpen, [...legs.asked]]).toEqual([false, []]);
  expect([[...legs.dialogs], [...legs.unacknowledged]]).toEqual([[], []]);
}

test.prop([fc.constantFrom(sdpOf(a, 'sendrecv'), undefined), fc.array(step, { maxLength: 25 })], {
  numRuns: 250,
})(
  'whatever both legs, the relay and the way between them do, nothing is left open',
  async (offer, steps) => {
    const world = begin(offer);
    await world.clock.advanceSettled(0);
    for (const next of steps) await take(world, next);
    // whoever is still in a call hangs up
    await take(world, { kind: 'cancel' });
    await take(world, { kind: 'fails', status: 487 });
    await take(world, { kind: 'ack' });
    hangUp(world.legs, 'a');
    await expectNothingLeft(world);
  },
);
