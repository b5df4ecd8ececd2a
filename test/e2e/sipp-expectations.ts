// What must hold of calls that sipp made through the gateway.
import { boxAddresses, privateAddressesIncoming, udpDatagrams } from '@truetuple/lab';
import { expect } from 'vitest';
import { privateIp, publicIp } from '../netns/tuple-matrix-situation.ts';
import { ladderOf } from './sipp-ladder.ts';
import { callsOnLink, crossed, wrongWith, type CallRules } from './sipp-link-calls.ts';
import { voices, type Played, type SippWorld } from './sipp-world.ts';

const told = {
  advertised: { sip: `${publicIp}:5060`, mediaHost: publicIp },
  neverTold: [privateIp, boxAddresses.podEth0],
};

/** For every call with media each way. */
export const rules: Readonly<Record<'peer' | 'client', CallRules>> = {
  peer: { ...told, packetsAtLeast: 1, voice: voices.client },
  client: { ...told, packetsAtLeast: 1, voice: voices.peer },
};

/** How many packets each link had carried at a moment. */
export type Seen = Readonly<Record<'peer' | 'client', number>>;

export function seenSoFar({ links }: SippWorld): Seen {
  return { peer: links.peer.packets.length, client: links.client.packets.length };
}

/** sipp's own account: all calls went as its scenario has them, and nothing was sent twice. */
export function expectAllDone(world: SippWorld, since: Seen, played: Played, calls: number): void {
  const sides = [played.caller, played.callee].filter((side) => side !== undefined);
  const all = { successful: calls, failed: 0, retransmissions: 0, unexpected: 0, current: 0 };
  const done = { code: 0, statistics: { ...all, reasons: {} } };
  const accounts = sides.map(({ code, statistics }) => ({ code, statistics }));
  const areDone = accounts.every((each) => JSON.stringify(each) === JSON.stringify(done));
  const why = areDone
    ? ''
    : `${sides.map((side) => side.errors).join('\n')}${unfinished(world, since)}`;
  expect(accounts, why).toEqual(sides.map(() => done));
}

/** The ladder of calls that no BYE ended; without such, of the first. */
function unfinished({ links: { peer } }: SippWorld, since: Seen): string {
  const packets = peer.packets.slice(since.peer);
  const { calls } = callsOnLink(packets);
  const open = calls.filter(({ sip }) => sip.every(({ name }) => name !== '200 BYE'));
  return ladderOf(packets, open.length === 0 ? calls : open);
}

export interface CarriedCalls {
  /** How many each link carried. */
  readonly calls: number;
  /** Default true: in each of them somebody heard something, both ways. */
  readonly haveMedia?: boolean;
}

/** The account of the wire since then: in each call both hosts were told where SIP and RTP came from. */
export function expectTrueCalls(
  world: SippWorld,
  since: Seen,
  { calls, haveMedia = true }: CarriedCalls,
): void {
  const { links } = world;
  const on = {
    peer: callsOnLink(links.peer.packets.slice(since.peer)),
    client: callsOnLink(links.client.packets.slice(since.client)),
  };
  for (const host of ['peer', 'client'] as const) {
    const ruled = haveMedia ? rules[host] : { ...rules[host], packetsAtLeast: 0 };
    const wrong = on[host].calls.filter((call) => wrongWith(call, ruled).length > 0);
    const drawn = wrong.length === 0 ? '' : ladderOf(links[host].packets.slice(since[host]), wrong);
    expect(
      wrong.flatMap((call) => wrongWith(call, ruled)),
      drawn,
    ).toEqual([]);
    expect(on[host].strays).toEqual([]);
    expect(on[host].calls).toHaveLength(calls);
    expect(links[host].kernelDrops()).toBe(0);
  }
  expect(crossed(on.peer.calls, on.client.calls)).toEqual([]);
  expect(crossed(on.client.calls, on.peer.calls)).toEqual([]);
  expect(privateAddressesIncoming(udpDatagrams(links.peer.packets.slice(since.peer)))).toEqual([]);
}
