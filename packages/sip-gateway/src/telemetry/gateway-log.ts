import type { KeepEvent } from '@truetuple/core';
import type { Logger } from 'pino';
import {
  defaultRealtimePriority,
  defaultRelayNice,
} from '../adapters/embedded-relay/embedded-relay.ts';
import type { GatewayAlarm, GatewayEvent } from '../gateway-event.ts';
import type { RelayCounts } from '../media/media-relay.ts';

/** Says what a gateway's events mean to somebody who reads logs. Message bodies and secrets are in none of them. */
export function logEvent(log: Logger, event: GatewayEvent): void {
  switch (event.kind) {
    case 'call-started':
    case 'call-answered':
      return log.info(event, event.kind);
    case 'call-refused':
    case 'media-refused':
    case 'call-ended':
      return log.info(event, event.kind);
    case 'signalling-lost':
      return log.warn(event, 'the connection to the SIP server is gone; it is made again');
    case 'signalling-refused':
      return log.error(event, 'the SIP server tells other addresses than ours, and gets no calls');
    case 'realtime-budget':
      return logRealtimeBudget(log, event);
    case 'relay-failed':
      return log.error(event, 'the media relay is gone, and the media of every call with it');
    default:
      return event satisfies never;
  }
}

/** Says which nice value the thread that relays has, and what is missing when it is not the one it was to have. */
export function logRelayNice(
  log: Logger,
  { asked, nice }: { readonly asked: number | undefined; readonly nice: number },
): void {
  const wanted = asked ?? defaultRelayNice;
  if (nice === wanted) return log.info({ nice }, "the media relay's thread has its nice value");
  const level = asked === undefined ? 'info' : 'warn';
  log[level](
    { nice, wanted },
    "the media relay's thread may not have its nice value: its packets wait as long for a core as anything else; it takes CAP_SYS_NICE",
  );
}

/** Says whether the thread that relays has the realtime priority that it was to have, and what is missing when it has not. */
export function logRelayRealtime(
  log: Logger,
  asked: number | undefined,
  { nice, realtimePriority }: Pick<RelayCounts, 'nice' | 'realtimePriority'>,
): void {
  const wanted = asked ?? defaultRealtimePriority;
  if (wanted === 0) return;
  if (realtimePriority === wanted) {
    return log.info(
      { realtimePriority },
      "the media relay's thread is a realtime thread, for as long as it takes no more than three quarters of a core",
    );
  }
  const level = asked === undefined ? 'info' : 'warn';
  log[level](
    { realtimePriority, wanted, nice },
    "the media relay's thread is not the realtime thread that it was to be, and runs at its nice value; " +
      'it takes CAP_SYS_NICE (or RLIMIT_RTPRIO) and chrt of util-linux in the image',
  );
}

function logRealtimeBudget(
  log: Logger,
  event: Extract<GatewayEvent, { readonly kind: 'realtime-budget' }>,
): void {
  if (event.verdict === 'within') {
    return log.info(event, "the media relay's thread takes less than half a core again");
  }
  const { realtimePriority = 0 } = event;
  log.warn(
    event,
    realtimePriority === 0
      ? "the media relay's thread takes more than three quarters of a core: it is no realtime thread until it does not"
      : "the media relay's thread takes more than three quarters of a core and may not give its realtime priority back " +
          '(CAP_SYS_NICE): it rests for a quarter of each half second',
  );
}

export function logAlarm(log: Logger, alarm: GatewayAlarm): void {
  log.error(alarm, 'a message told an address that its receiver does not see');
}

/** Says what the keep of the identity did. */
export function logKeepEvent(log: Logger, event: KeepEvent): void {
  switch (event.kind) {
    case 'repaired':
      return log.warn(event, 'drift of the identity was put back');
    case 'degraded':
      return log.error({ err: event.error }, 'the identity is not proven; not ready until it is');
    case 'restored':
      return log.info({ identity: event.identity }, 'the identity is proven again');
    case 'unsure':
      return log.warn({ err: event.error }, 'EC2 did not say whether the identity stands');
    case 'lost':
      return log.error(event, 'the identity is lost');
    case 'gateway-unreachable':
      return log.warn(
        event,
        'the gateway of the link answers no ARP; nothing is withdrawn for that',
      );
    case 'gateway-reachable':
      return log.info(event, 'the gateway of the link answers again');
    case 'gateway-changed':
      return log.warn(event, 'the gateway of the link has another MAC address than before');
    case 'wire-silent':
      return log.warn(
        event,
        'STUN servers do not say what they see; nothing is withdrawn for that',
      );
    case 'wire-answers':
      return log.info(event, 'STUN servers say again what they see');
    default:
      return event satisfies never;
  }
}
