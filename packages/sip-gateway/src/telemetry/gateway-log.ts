import type { Logger } from 'pino';
import type { GatewayAlarm, GatewayEvent } from '../gateway-event.ts';

/** Says what a gateway's events mean to somebody who reads logs. Message bodies and secrets are in none of them. */
export function logEvent(log: Logger, event: GatewayEvent): void {
  switch (event.kind) {
    case 'call-started':
    case 'call-answered':
      return log.info(event, event.kind);
    case 'call-refused':
    case 'call-ended':
      return log.info(event, event.kind);
    case 'signalling-lost':
      return log.warn(event, 'the connection to the SIP server is gone; it is made again');
    case 'relay-failed':
      return log.error(event, 'the media relay is gone, and the media of every call with it');
    default:
      return event satisfies never;
  }
}

export function logAlarm(log: Logger, alarm: GatewayAlarm): void {
  log.error(alarm, 'a message told an address that its receiver does not see');
}
