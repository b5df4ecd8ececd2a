// A gateway in the box's pod, sipp on both sides of it, and captures of what both sides' links carried.
import { readFileSync, readdirSync, readlinkSync } from 'node:fs';
import {
  boxAddresses,
  capture,
  openBox,
  startSipp,
  type Capture,
  type Rtpengine,
  type SippOptions,
  type SippOutcome,
  type VpcBox,
} from '@truetuple/lab';
import type { GatewayOptions } from '@truetuple/sip-gateway';
import { expect, vi } from 'vitest';
import { complete, establish, publicIp } from '../netns/tuple-matrix-situation.ts';
import { gatewayInPod, podNetworks, type GatewayInPod } from './gateway-in-pod.ts';
import { rtpengineBeside, rtpengineMedia } from './rtpengine-beside-gateway.ts';

export type RelayKind = GatewayOptions['media']['kind'];

/** `inward`: the Internet calls into the VPC. `outward`: the other way. */
export type Direction = 'inward' | 'outward';

/** Octets of the two voices: what a host of each side hears is the other's. */
export const voices = { peer: 0x1f, client: 0x2e } as const;

export interface Played {
  readonly caller: SippOutcome;
  readonly callee: SippOutcome | undefined;
}

export interface SippWorld extends AsyncDisposable {
  readonly box: VpcBox;
  readonly gateway: GatewayInPod;
  readonly rtpengine: Rtpengine | undefined;
  /** From the first call on: the link of the Internet host, and that of the host in the VPC. */
  readonly links: Readonly<Record<'peer' | 'client', Capture>>;
  /** Calls through the gateway; resolves when both sides have done all of them. */
  play(direction: Direction, calls: PlayedCalls): Promise<Played>;
  /** Resolves once it holds no call, dialog, port or socket but those that the first call found. */
  nothingHeld(): Promise<void>;
  /** And no transaction or timer: after 64 of T1. */
  nothingLeft(): Promise<void>;
}

export interface PlayedCalls {
  readonly calls: number;
  readonly atOnce?: number;
  readonly caller: SippOptions['steps'];
  /** Without: nobody is there to be called. */
  readonly callee?: SippOptions['steps'];
  /** User part that is called; default the direction. */
  readonly user?: string;
  /** After so many seconds either side gives up. */
  readonly timeoutSeconds?: number;
}

/** Ports that two sipp processes on one host share out. */
export const callerPorts = { port: 5070, mediaPort: 7000 } as const;
const calleePorts = { port: 5060, mediaPort: 6000 } as const;

export interface SippWorldOptions {
  readonly relay: RelayKind;
  /** RFC 3261's T1; a transaction lingers for 64 of it. Default 500, as there: a busy machine repeats nothing. */
  readonly t1Ms?: number;
  readonly timeouts?: GatewayOptions['timeouts'];
  /** Whole seconds of silence that end a call. Default a minute. */
  readonly silenceSeconds?: number;
  /** Where the Internet host's link goes as a pcap file. */
  readonly pcap?: string;
}

export async function openSippWorld(options: SippWorldOptions): Promise<SippWorld> {
  await using opened = new AsyncDisposableStack();
  const box = opened.use(await openBox());
  await establish(box, complete);
  const rtpengine =
    options.relay === 'rtpengine'
      ? opened.use(await rtpengineBeside(box, { timeoutSeconds: options.silenceSeconds ?? 60 }))
      : undefined;
  const gateway = opened.use(await gatewayFor(box, options));
  const before = heldBy(gateway.pid);
  const file = options.pcap === undefined ? {} : { file: options.pcap };
  const links = {
    peer: opened.use(await capture(box.namespaces.peer, 'pe0', file)),
    client: opened.use(await capture(box.namespaces.client, 'eth0')),
  };
  const resources = opened.move();
  return {
    box,
    gateway,
    rtpengine,
    links,
    play: (direction, calls) => play(box, direction, calls),
    nothingHeld: () => untilHeld({ gateway, rtpengine, before }, { dialogs: 0 }),
    nothingLeft: () =>
      untilHeld({ gateway, rtpengine, before }, { dialogs: 0, transactions: 0, timers: 0 }),
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  };
}

function gatewayFor(box: VpcBox, options: SippWorldOptions): Promise<GatewayInPod> {
  const { relay, t1Ms = 500, timeouts, silenceSeconds = 60 } = options;
  const timing = { t1Ms, t4Ms: 10 * t1Ms, timerDMs: 10 * t1Ms };
  const media: GatewayOptions['media'] =
    relay === 'embedded'
      ? { kind: relay, quarantineMs: 200, tickMs: 50, mediaTimeoutMs: 1000 * silenceSeconds }
      : { ...rtpengineMedia, pollMs: 250 };
  return gatewayInPod(box, {
    options: {
      ...podNetworks,
      signalling: { kind: 'embedded', timing },
      media,
      ...(timeouts === undefined ? {} : { timeouts }),
    },
    routes: {
      inward: `sip:inward@${boxAddresses.client}:${calleePorts.port}`,
      outward: `sip:outward@${boxAddresses.peer}:${calleePorts.port}`,
    },
  });
}

async function play(box: VpcBox, direction: Direction, played: PlayedCalls): Promise<Played> {
  const { calls, atOnce = 1, user = direction, timeoutSeconds } = played;
  const [from, to] =
    direction === 'inward' ? (['peer', 'client'] as const) : (['client', 'peer'] as const);
  const side = (host: 'peer' | 'client', steps: SippOptions['steps']) =>
    ({
      namespace: box.namespaces[host],
      address: boxAddresses[host],
      voice: voices[host],
      calls,
      steps,
      ...(timeoutSeconds === undefined ? {} : { timeoutSeconds }),
    }) as const;
  await using opened = new AsyncDisposableStack();
  const callee =
    played.callee === undefined
      ? undefined
      : opened.use(await startSipp({ ...side(to, played.callee), ...calleePorts }));
  const calling = { target: `${publicIp}:5060`, user, atOnce, perSecond: 50 };
  const caller = opened.use(
    await startSipp({ ...side(from, played.caller), ...callerPorts, calling }),
  );
  const outcome = await caller.ended;
  return { caller: outcome, callee: await callee?.ended };
}

/** What a process and its network namespace hold open. */
interface Held {
  readonly udpSockets: number;
  readonly socketsOfProcess: number;
}

function heldBy(pid: number): Held {
  const table = readFileSync(`/proc/${pid}/net/udp`, 'utf8').trim().split('\n');
  const files = readdirSync(`/proc/${pid}/fd`).map((fd) => linkOf(`/proc/${pid}/fd/${fd}`));
  const sockets = files.filter((target) => target.startsWith('socket:'));
  return { udpSockets: table.length - 1, socketsOfProcess: sockets.length };
}

/** A descriptor may be closed between the listing and this. */
function linkOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return '';
  }
}

interface Emptying {
  readonly gateway: GatewayInPod;
  readonly rtpengine: Rtpengine | undefined;
  readonly before: Held;
}

async function untilHeld(
  { gateway, rtpengine, before }: Emptying,
  sip: Readonly<Record<string, number>>,
): Promise<void> {
  // rtpengine's ports are its own
  const ports = rtpengine === undefined ? { inUse: 0, resting: 0 } : {};
  await vi.waitFor(
    async () => {
      const { calls, pairs } = await gateway.media();
      expect({ calls, ...pairs }).toMatchObject({ calls: 0, ...ports });
      const never = { malformed: 0, guardRefusals: 0 };
      expect(await gateway.counts()).toMatchObject({ calls: 0, sip: { ...sip, ...never } });
      expect(heldBy(gateway.pid)).toEqual(before);
      expect((await rtpengine?.calls()) ?? []).toEqual([]);
    },
    { timeout: 25_000, interval: 100 },
  );
}
