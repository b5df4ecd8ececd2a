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
