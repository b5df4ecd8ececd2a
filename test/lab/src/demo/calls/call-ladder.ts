import { readCalls, renderLadder } from '@truetuple/sip-gateway/ladder';
import { maxColumns } from '../report/layout.ts';
import type { CallDirection } from '../report/report.ts';
import { peerClasses, type PeerClass, type Tuple } from '../traffic/flow.ts';
import { layCompactLadder } from './compact-ladder.ts';
import type { UdpDatagram } from '../../capture/udp-datagram.ts';

const farNames: Readonly<Record<PeerClass, string>> = { internet: 'peer', vpc: 'client' };
const gatewayName = 'gateway';

export interface SeenCall {
  /** In the order of time, both links together. */
  readonly datagrams: readonly UdpDatagram[];
  /** Where the far sides are; whoever else is seen is the gateway, by whatever address. */
  readonly far: Readonly<Record<PeerClass, Tuple>>;
}

/** A call in a few lines. What the gateway said of itself is judged, what the far sides did is not. */
export function renderCompactCall(seen: SeenCall, direction: CallDirection): readonly string[] {
  const { datagrams } = seen;
  const nameOf = namesIn(seen);
  const isOurs = (tuple: Tuple): boolean => nameOf(tuple) === gatewayName;
  const calls = readCalls(datagrams, { names: namesByAddress(seen), isOurs });
  // from one address to another in which the other direction was never seen
  const ways = new Set(datagrams.map(({ source, destination }) => wayOf(source, destination)));
  const { internet, vpc } = farNames;
  return layCompactLadder({
    rows: calls.flatMap(({ rows }) => rows).toSorted((one, other) => one.atMs - other.atMs),
    lanes: direction === 'inward' ? [internet, gatewayName, vpc] : [vpc, gatewayName, internet],
    nameOf,
    isDead: ({ source, destination }) =>
      isOurs(destination) && !ways.has(wayOf(destination, source)),
  });
}

function wayOf(source: Tuple, destination: Tuple): string {
  return `${source.address} ${destination.address}`;
}

/** Every message of a call, with all that its ladder can tell: for a call that went wrong. */
export function renderWholeCall(seen: SeenCall): readonly string[] {
  const nameOf = namesIn(seen);
  return renderLadder(seen.datagrams, {
    names: namesByAddress(seen),
    isOurs: (tuple) => nameOf(tuple) === gatewayName,
    width: maxColumns - 2,
  }).map((line) => `  ${line}`.trimEnd());
}

function namesIn(seen: SeenCall): (tuple: Tuple) => string {
  const names = namesByAddress(seen);
  return ({ address }) => names[address] ?? gatewayName;
}

function namesByAddress({ datagrams, far }: SeenCall): Readonly<Record<string, string>> {
  const ends = datagrams.flatMap(({ source, destination }) => [source, destination]);
  return Object.fromEntries([
    ...ends.map(({ address }) => [address, gatewayName]),
    ...peerClasses.map((peer) => [far[peer].address, farNames[peer]]),
  ]) as Readonly<Record<string, string>>;
}
