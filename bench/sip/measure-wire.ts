import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compilePeer } from '../netlink/install-peers.ts';
import { loadFigures, type LoadFigures } from './load-figures.ts';
import { callThroughGateway } from './media-peer.ts';
import { RtpPeer, type WireReport } from './rtp-peer.ts';
import { RunningServer } from './running-server.ts';
import { mediaCalls, packetsPerLeg, places, rates, type Settings } from './settings.ts';
import type { RelayThread } from './sip-server.ts';

/** One way as the wire shows it: by the kernel's timestamps of a peer that is no Node process. */
export interface WireFigures {
  readonly kind: 'measured';
  /** Through the embedded relay, with nothing beside it. */
  readonly idle: WireReport;
  /** Through it while calls are set up and ended. */
  readonly busy: WireReport;
  /** Through a C program that only forwards, while the same calls are set up: what this machine's scheduler alone takes. */
  readonly floor: WireReport;
  /** The calls beside `busy`. */
  readonly load: LoadFigures;
  readonly thread: RelayThread | undefined;
  /** The same as `busy`, `load` and `thread`, through a relay that is to have no realtime thread. */
  readonly ordinary: Pick<WireFigures, 'busy' | 'load' | 'thread'>;
}

export interface MissingWire {
  readonly kind: 'missing';
  readonly why: string;
}

const legs = 2 * mediaCalls;
const packetsPerSecond = legs * packetsPerLeg;

/** Measures with `rtp-peer.c`; without a C compiler it says so instead. */
export async function measureWire(settings: Settings): Promise<WireFigures | MissingWire> {
  const folder = mkdtempSync(join(tmpdir(), 'truetuple-bench-'));
  try {
    const program = compile(folder);
    return typeof program === 'string' ? await measureWith(program, settings) : program;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function compile(folder: string): string | MissingWire {
  try {
    return compilePeer(folder, 'rtp-peer', import.meta.dirname);
  } catch (error) {
    return { kind: 'missing', why: error instanceof Error ? error.message : String(error) };
  }
}

async function measureWith(program: string, settings: Settings): Promise<WireFigures> {
  const figures = await measureDefault(program, settings);
  return { ...figures, ordinary: await measureOrdinary(program, settings) };
}

async function measureDefault(
  program: string,
  { mediaSeconds: seconds, warmUpSeconds }: Settings,
): Promise<Omit<WireFigures, 'ordinary'>> {
  const { gateway: target, mediaCaller: caller, mediaCallee: callee } = places;
  await using gateway = await RunningServer.start('gateway');
  const addresses = [caller.address, callee.address];
  await using peer = await RtpPeer.start(program, 'measure', legs, addresses);
  await using forwarder = await RtpPeer.start(program, 'forward', legs, [places.caller.address]);
  forwarder.sendTo(peer.tuples);
  const relayed = await callThroughGateway(target, caller, callee, peer.calls());
  await gateway.load(rates.gatewaySetUps, warmUpSeconds);
  peer.sendTo(relayed);
  await peer.run(packetsPerSecond, warmUpSeconds);
  const idle = await peer.run(packetsPerSecond, seconds);
  peer.sendTo(forwarder.tuples);
  const [floor] = await besideCalls(gateway, seconds, peer);
  peer.sendTo(relayed);
  const [busy, load] = await besideCalls(gateway, seconds, peer);
  const { relayThread: thread } = await gateway.account();
  return { kind: 'measured', idle, busy, floor, load, thread };
}

async function measureOrdinary(
  program: string,
  { mediaSeconds: seconds, warmUpSeconds }: Settings,
): Promise<WireFigures['ordinary']> {
  const { gateway: target, mediaCaller: caller, mediaCallee: callee } = places;
  await using gateway = await RunningServer.start('gateway', { realtimePriority: 0 });
  const addresses = [caller.address, callee.address];
  await using peer = await RtpPeer.start(program, 'measure', legs, addresses);
  peer.sendTo(await callThroughGateway(target, caller, callee, peer.calls()));
  await besideCalls(gateway, warmUpSeconds, peer);
  const [busy, load] = await besideCalls(gateway, seconds, peer);
  const { relayThread: thread } = await gateway.account();
  return { busy, load, thread };
}

async function besideCalls(
  gateway: RunningServer,
  seconds: number,
  peer: RtpPeer,
): Promise<readonly [WireReport, LoadFigures]> {
  const before = await gateway.account();
  const [report, load] = await Promise.all([
    peer.run(packetsPerSecond, seconds),
    gateway.load(rates.gatewaySetUps, seconds),
  ]);
  const after = await gateway.account();
  return [report, loadFigures(rates.gatewaySetUps, load, before, after)];
}
