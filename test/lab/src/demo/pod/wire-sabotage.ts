import { DemoError } from '../demo-error.ts';
import type { Sabotage } from '../report/report.ts';

/** What is done to datagrams after the gateway has sent them. */
export type WireSabotage = Extract<
  Sabotage,
  'wrong-contact' | 'wrong-connection-address' | 'wrong-rtp-source'
>;

const wireSabotages: ReadonlySet<Sabotage> = new Set<WireSabotage>([
  'wrong-contact',
  'wrong-connection-address',
  'wrong-rtp-source',
]);

export function isWireSabotage(sabotage: Sabotage | undefined): sabotage is WireSabotage {
  return sabotage !== undefined && wireSabotages.has(sabotage);
}

/** @throws DemoError SabotageUnplayable: where no call is made, nobody would notice what is wrong with it */
export function refuseUnplayable(sabotage: Sabotage | undefined): void {
  if (!isWireSabotage(sabotage)) return;
  throw new DemoError({
    code: 'SabotageUnplayable',
    message: `the sabotage ${sabotage} is of calls, and this machine's loopback has no addresses to call from`,
    remedy:
      'Run it where level kernel is permitted, or where 127.0.0.2 and 127.0.0.3 can be bound.',
  });
}
