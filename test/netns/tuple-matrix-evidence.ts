import assert from 'node:assert/strict';
import { setTimeout as pause } from 'node:timers/promises';
import {
  capture,
  type Capture,
  type CapturedPacket,
  type DropCounters,
  type DropName,
  type UdpPeer,
  type VpcBox,
} from '@truetuple/lab';
import { patienceMs } from './tuple-matrix-hosts.ts';

/**
 * Sends with `act`, then shows that exactly that one packet died at the named place of the VPC and that
 * the silent socket got nothing.
 */
export async function assertDiesAt(
  box: VpcBox,
  place: DropName,
  silent: UdpPeer,
  act: () => Promise<void>,
): Promise<void> {
  const before = await box.dataPlane.counters();
  await act();
  const after = await eventually(
    () => box.dataPlane.counters(),
    (now) => now[place] > before[place],
    `a drop at ${place}`,
  );
  assert.deepEqual(dropsBetween(before, after), { [place]: 1 });
  await assertSilent(silent);
}

/** Nothing has arrived at the socket: what it gets last is its own mark. */
export async function assertSilent(socket: UdpPeer): Promise<void> {
  await socket.settle();
  assert.deepEqual(
    socket.received.map(({ from, payload }) => `${from} ${payload.toString()}`),
    [],
    `${socket.tuple} got something`,
  );
}

/** Reads again until it is as wanted; for what the kernel counts and tells nobody. */
export async function eventually<T>(
  read: () => Promise<T> | T,
  isWanted: (value: T) => boolean,
  what: string,
): Promise<T> {
  const deadline = performance.now() + patienceMs;
  for (;;) {
    const value = await read();
    if (isWanted(value)) return value;
    assert.ok(performance.now() < deadline, `${what} was not seen within ${patienceMs} ms`);
    await pause(5);
  }
}

/** TcpExt IPReversePathFilter of /proc/net/netstat: packets that rp_filter dropped. */
export function reversePathDrops(box: VpcBox): number {
  const lines = box.namespaces.pod.readFile('/proc/net/netstat').split('\n');
  const [names, values] = lines.filter((line) => line.startsWith('TcpExt:'));
  const place = names?.split(' ').indexOf('IPReversePathFilter') ?? -1;
  const value = values?.split(' ')[place];
  assert.ok(place > 0 && value !== undefined, '/proc/net/netstat has IPReversePathFilter');
  return Number(value);
}

function dropsBetween(before: DropCounters, after: DropCounters): Partial<DropCounters> {
  const names = Object.keys(after) as DropName[];
  return Object.fromEntries(
    names
      .map((name) => [name, after[name] - before[name]] as const)
      .filter(([, count]) => count !== 0),
  );
}

/**
 * A datagram to the public address reaches the ENI's wire and ends there: on macvlan nobody answers the
 * router's ARP question, on ipvlan no slave has the address.
 */
export async function assertNobodyTakes(
  box: VpcBox,
  sender: UdpPeer,
  advertised: string,
): Promise<void> {
  using wire = await capture(box.namespaces.vpc, 'eni-node-b');
  const asked = box.net1 === 'macvlan';
  await sender.send(advertised, 'call');
  await wire.waitFor(asked ? asksFor(addressOf(advertised)) : udpFrom(sender.tuple), patienceMs);
  if (asked) await assertUnanswered(wire, addressOf(advertised));
}

/** The router asks three times (RFC 826 gives no number, Linux does) and nobody answers. */
async function assertUnanswered(wire: Capture, address: string): Promise<void> {
  const isQuestion = asksFor(address);
  let asked = 0;
  await wire.waitFor((packet) => isQuestion(packet) && (asked += 1) === 3, patienceMs);
  const answers = wire.packets.filter(
    ({ frame: { network } }) =>
      network.kind === 'arp' && network.operation === 'reply' && network.senderIp === address,
  );
  assert.deepEqual(answers, []);
}

function asksFor(address: string): (packet: CapturedPacket) => boolean {
  return ({ frame: { network } }) =>
    network.kind === 'arp' && network.operation === 'request' && network.targetIp === address;
}

export function udpFrom(tuple: string): (packet: CapturedPacket) => boolean {
  return ({ frame: { network } }) =>
    network.kind === 'ipv4' &&
    network.transport.kind === 'udp' &&
    `${network.source}:${network.transport.sourcePort}` === tuple;
}

export function addressOf(tuple: string): string {
  return tuple.slice(0, tuple.lastIndexOf(':'));
}
