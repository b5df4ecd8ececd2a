import type { SipEngineLimits, TransactionTiming } from '@truetuple/sip-engine';
import type { EmbeddedRelayOptions } from './adapters/embedded-relay/embedded-relay.ts';
import type { NgEndpoint } from './adapters/rtpengine/ng-control.ts';
import { isCidr, isHostAddress, isIpv4Address, type Cidr } from './address.ts';
import type { CallTimeouts } from './call/call.ts';
import type { RouteCall } from './call/gateway-calls.ts';
import type { PeerClass, PeerNetworks } from './call/peer-class.ts';
import { GatewayError } from './errors.ts';
import type { GatewayAlarm, GatewayEvent } from './gateway-event.ts';
import { requirePortRange } from './media/port-pool.ts';
import { isPassHeader } from './pass-header.ts';

/** The SIP server is in this process: one socket for each local address. */
export interface EmbeddedSignalling {
  readonly kind: 'embedded';
  /** Timers of SIP transactions; default those of RFC 3261. */
  readonly timing?: Partial<TransactionTiming>;
  /**
   * How much the SIP server may hold: beyond it new calls get 503. With RFC 3261's timers a call keeps about 100
   * transaction-seconds, so that 100000 transactions are about 1000 calls a second. Default 100000 and 10000.
   */
  readonly limits?: Partial<Pick<SipEngineLimits, 'transactions' | 'dialogs'>>;
  /**
   * Networks whose hosts may call, and ask for anything else outside of calls. What comes from elsewhere gets no answer, and nothing is
   * kept of it; requests in calls that are there are taken from everywhere. Default: everybody.
   */
  readonly acceptFrom?: readonly Cidr[];
}

/** A drachtio-server does the SIP; see the README for the two listeners that it needs. */
export interface DrachtioServerSignalling {
  readonly kind: 'drachtio-server';
  readonly host: string;
  /** Its admin port. Default 9022. */
  readonly port?: number;
  /** Its admin secret. It crosses the network as it is: keep the port to loopback or to the pod. */
  readonly secret: string;
  /** How often it is asked whether it still lives, in milliseconds. Default 5000. */
  readonly pingMs?: number;
  /** How long an answer may take before its connection is given up, in milliseconds. Default 2000. */
  readonly pongMs?: number;
  /** How long the first connection may take, in milliseconds. Default 5000. */
  readonly connectMs?: number;
}

/** RTP in a worker thread of this process. */
export interface EmbeddedMedia extends EmbeddedRelayOptions {
  readonly kind: 'embedded';
}

/** RTP through an rtpengine daemon on this host. */
export interface RtpengineMedia {
  readonly kind: 'rtpengine';
  readonly control: NgEndpoint;
  /**
   * Its interface (the name before the slash in --interface) for each class of peer. rtpengine has one socket for each
   * interface, so that this is how a peer gets the address that it was told.
   */
  readonly interfaces: Readonly<Record<PeerClass, string>>;
  /** How long a request may take, in milliseconds. Default 1000: a caller waits. */
  readonly timeoutMs?: number;
  /** How often it is asked whether its calls are still there, in milliseconds. Default 15000. */
  readonly pollMs?: number;
}

/** Everything that a gateway is told: the identity it advertises, who does the SIP, who relays the media, and where calls go. */
export interface GatewayOptions extends PeerNetworks {
  /** Who does the SIP. There is no default: which one runs is a decision. */
  readonly signalling: EmbeddedSignalling | DrachtioServerSignalling;
  /** Who relays the media. There is no default. */
  readonly media: EmbeddedMedia | RtpengineMedia;
  /** Decides for each call where it goes. */
  readonly route: RouteCall;
  /** UDP port of every SIP socket, and of Via and Contact. Default 5060. */
  readonly sipPort?: number;
  readonly timeouts?: Partial<CallTimeouts>;
  /**
   * Names of header fields of A's INVITE that B gets as they are. Default: Subject, Priority, Accept-Language. What says
   * who or where somebody is (P-Asserted-Identity, Diversion, Privacy ...) goes on only when it is named here.
   */
  readonly passHeaders?: readonly string[];
  /** For logs and metrics. */
  readonly onEvent?: (event: GatewayEvent) => void;
  /** What a person has to look at. */
  readonly onAlarm?: (alarm: GatewayAlarm) => void;
}

/** @throws GatewayError ConfigInvalid, naming the option */
export function requireOptions(options: GatewayOptions): void {
  // whoever calls from JavaScript, or from a file, has no compiler to tell
  const given: Partial<GatewayOptions> = options ?? {};
  const { identity, signalling, media, route, sipPort = 5060, timeouts = {} } = given;
  requireDelivery(identity, given.routedCidrs);
  if (typeof route !== 'function') {
    throw invalid('route is no function', 'Give a function that says where a call goes.');
  }
  if (!isPort(sipPort)) throw invalid(`sipPort is ${String(sipPort)}`, 'Give 1 to 65535.');
  const other = given.otherPrivateAddress;
  if (other !== undefined && !isHostAddress(other)) {
    const what = `otherPrivateAddress is ${JSON.stringify(other)}`;
    throw invalid(what, 'Give the IPv4 address of one host.');
  }
  requireDurations('timeouts', timeouts);
  requirePassHeaders(given.passHeaders ?? []);
  requireSignalling(signalling);
  requireMedia(media);
}

/**
 * A socket for each address that a peer may be told, or one for all of them: with the other deliveries a
 * socket that calls a VPC peer shows it another tuple than it is told, or is bound to no address at all.
 */
function requireDelivery(
  identity: GatewayOptions['identity'] | undefined,
  routedCidrs: GatewayOptions['routedCidrs'],
): void {
  if (typeof identity?.publicIp !== 'string') {
    throw invalid(
      'identity is no public identity',
      'Give the `identity` of what ensurePublicIdentity resolves to.',
    );
  }
  const { delivery } = identity;
  if (!isServed(delivery)) {
    throw invalid(
      `identity.delivery is ${JSON.stringify(delivery)}`,
      'Take the identity with delivery "both" or "translate".',
    );
  }
  if (delivery === 'both' || routedCidrs === undefined) return;
  const translated = identity.routedCidrs ?? [];
  if (areSameCidrs(routedCidrs, translated)) return;
  throw invalid(
    `routedCidrs is ${routedCidrs.join(' ') || 'empty'}, and the kernel translates towards ${translated.join(' ') || 'nobody'}`,
    'Leave routedCidrs out: with delivery "translate" the identity says them.',
  );
}

/** Whether a gateway can serve peers of every class with it. */
export function isServed(delivery: unknown): boolean {
  return delivery === 'both' || delivery === 'translate';
}

/** In whatever order. */
export function areSameCidrs(one: readonly string[], other: readonly string[]): boolean {
  return one.toSorted().join(' ') === other.toSorted().join(' ');
}

function requirePassHeaders(names: readonly string[]): void {
  for (const name of names) {
    if (isPassHeader(name)) continue;
    throw invalid(
      `passHeaders has ${JSON.stringify(name)}`,
      "Name header fields that are about the call; what belongs to one leg is that leg's own.",
    );
  }
}

function requireSignalling(signalling: GatewayOptions['signalling'] | undefined): void {
  switch (signalling?.kind) {
    case 'embedded':
      requireDurations('signalling.timing', signalling.timing ?? {});
      requireSources(signalling.acceptFrom);
      break;
    case 'drachtio-server': {
      const { host, port = 9022, secret, pingMs, pongMs, connectMs } = signalling;
      if (typeof host !== 'string' || host === '' || !isPort(port)) {
        throw invalid(
          `signalling leads to ${JSON.stringify(host)} port ${String(port)}`,
          "Give host and port of drachtio-server's admin socket.",
        );
      }
      if (!isSecret(secret)) {
        throw invalid(
          'signalling.secret is missing, or cannot be written',
          "Give drachtio-server's admin secret: text without |, CR and LF.",
        );
      }
      requireDurations('signalling', { pingMs, pongMs, connectMs });
      break;
    }
    case undefined:
    default:
      throw invalid(
        `signalling.kind is ${JSON.stringify((signalling as { kind?: unknown } | undefined)?.kind)}`,
        'Say "embedded" or "drachtio-server".',
      );
  }
}

function requireSources(sources: EmbeddedSignalling['acceptFrom']): void {
  if (sources === undefined) return;
  if (!Array.isArray(sources) || sources.length === 0) {
    throw invalid(
      `signalling.acceptFrom is ${JSON.stringify(sources)}`,
      'Give a list of IPv4 networks, or leave it out: then everybody may call.',
    );
  }
  const wrong = (sources as readonly unknown[]).find((each) => !isCidr(each));
  if (wrong === undefined) return;
  throw invalid(
    `signalling.acceptFrom has ${JSON.stringify(wrong)}`,
    'Give IPv4 networks with zero host bits, such as 198.51.100.0/24; one host is a /32.',
  );
}

function requireMedia(media: GatewayOptions['media'] | undefined): void {
  switch (media?.kind) {
    case 'embedded': {
      const { ports, quarantineMs, mediaTimeoutMs, holdTimeoutMs, tickMs } = media;
      if (ports !== undefined) requirePortRange(ports);
      requireWhole('media.nice', media.nice, -20, 19);
      requireWhole('media.realtimePriority', media.realtimePriority, 0, 99);
      requireDurations('media', { quarantineMs, mediaTimeoutMs, holdTimeoutMs, tickMs });
      break;
    }
    case 'rtpengine':
      requireRtpengine(media);
      break;
    case undefined:
    default:
      throw invalid(
        `media.kind is ${JSON.stringify((media as { kind?: unknown } | undefined)?.kind)}`,
        'Say "embedded" or "rtpengine".',
      );
  }
}

function requireRtpengine({ control, interfaces, timeoutMs, pollMs }: RtpengineMedia): void {
  const { host, port }: Partial<NgEndpoint> = control ?? {};
  if (typeof host !== 'string' || !isIpv4Address(host) || !isPort(port)) {
    throw invalid(
      `media.control is ${JSON.stringify(control)}`,
      'Give the IPv4 address and the UDP port of --listen-ng.',
    );
  }
  const classes: readonly PeerClass[] = ['internet', 'vpc', 'other-private'];
  const missing = classes.find((each) => !isInterfaceName(interfaces?.[each]));
  if (missing !== undefined) {
    throw invalid(
      `media.interfaces says nothing usable for ${missing}`,
      'Give the name of an --interface for each class: rtpengine cannot choose a socket for each peer.',
    );
  }
  requireDurations('media', { timeoutMs, pollMs });
}

/** What drachtio's protocol can write. */
export function isSecret(secret: unknown): secret is string {
  return typeof secret === 'string' && /^[^|\r\n]+$/.test(secret);
}

/** What stands before the slash in --interface. */
export function isInterfaceName(name: unknown): boolean {
  return typeof name === 'string' && /^[^\s/!;]+$/.test(name);
}

function isPort(port: unknown): boolean {
  return Number.isInteger(port) && Number(port) > 0 && Number(port) < 65_536;
}

function requireWhole(where: string, value: unknown, least: number, most: number): void {
  const isWhole = Number.isInteger(value) && Number(value) >= least && Number(value) <= most;
  if (value === undefined || isWhole) return;
  throw invalid(
    `${where} is ${JSON.stringify(value)}`,
    `Give a whole number, ${least} to ${most}.`,
  );
}

function requireDurations(where: string, durations: object): void {
  for (const [name, ms] of Object.entries(durations) as [string, unknown][]) {
    const isUsable = ms === undefined || (typeof ms === 'number' && ms >= 0 && ms < 2 ** 31);
    if (!isUsable) throw invalid(`${where}.${name} is ${JSON.stringify(ms)}`, 'Give milliseconds.');
  }
}

function invalid(what: string, remedy: string): GatewayError {
  const message = `A gateway was to start, but ${what}.`;
  return new GatewayError({ code: 'ConfigInvalid', message, remedy, retry: 'never' });
}
