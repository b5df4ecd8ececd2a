// A gateway whose traces go in seconds, and the proof that they went.
import { readFileSync } from 'node:fs';
import type { VpcBox } from '@truetuple/lab';
import type { GatewayOptions, PeerNetworks } from '@truetuple/sip-gateway';
import { expect, vi } from 'vitest';
import type { GatewayChildInput } from './gateway-child.ts';
import { rtpengineBeside, rtpengineMedia } from './rtpengine-beside-gateway.ts';
import { gatewayInPod, podNetworks, type GatewayInPod } from './gateway-in-pod.ts';

/** Transactions linger for 64*T1: about ten seconds. */
const timing = { t1Ms: 150, t4Ms: 1500, timerDMs: 1000 };

/** A gateway, and how to tell that it holds what it held before its first call. */
export interface CleanGateway extends GatewayInPod {
  /** Waits until no call is up and no dialog is held: as soon as both legs have ended. */
  idle(): Promise<void>;
  /** Waits until no call, dialog, transaction, timer or socket is left; and nothing had to be sent twice. */
  nothingLeft(): Promise<void>;
}

export interface CleanGatewayOptions {
  readonly routes: GatewayChildInput['routes'];
  readonly networks?: PeerNetworks;
  /** Default the gateway's own. */
  readonly relay?: GatewayOptions['media']['kind'];
}

export async function cleanGateway(
  box: VpcBox,
  { routes, networks = podNetworks, relay = 'embedded' }: CleanGatewayOptions,
): Promise<CleanGateway> {
  await using opened = new AsyncDisposableStack();
  const rtpengine = relay === 'rtpengine' ? opened.use(await rtpengineBeside(box)) : undefined;
  const signalling = { kind: 'embedded', timing } as const;
  const options = { ...networks, signalling, media: mediaBy[relay] };
  const gateway = opened.use(await gatewayInPod(box, { options, routes }));
  const socketsBefore = udpSockets(gateway.pid);
  const resources = opened.move();
  return {
    ...gateway,
    idle: () =>
      vi.waitFor(async () => {
        expect(await gateway.counts()).toMatchObject({ calls: 0, sip: { dialogs: 0 } });
      }, patience),
    nothingLeft: async () => {
      const sip = { dialogs: 0, transactions: 0, timers: 0, malformed: 0, guardRefusals: 0 };
      await vi.waitFor(async () => {
        expect(await gateway.counts()).toMatchObject({ calls: 0, sip });
        expect(udpSockets(gateway.pid)).toBe(socketsBefore);
      }, patience);
      const repeats = { retransmissionsIn: 0, retransmissionsOut: 0 };
      expect((await gateway.counts()).sip).toMatchObject(repeats);
      expect((await rtpengine?.calls()) ?? []).toEqual([]);
    },
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  };
}

const mediaBy: Readonly<Record<GatewayOptions['media']['kind'], GatewayOptions['media']>> = {
  embedded: { kind: 'embedded', quarantineMs: 200, tickMs: 100 },
  rtpengine: rtpengineMedia,
};

/** UDP sockets on addresses of the pod, in a process's namespace; those of rtpengine's control are on none or on loopback. */
function udpSockets(pid: number): number {
  const [, ...lines] = readFileSync(`/proc/${pid}/net/udp`, 'utf8').trim().split('\n');
  // local_address is in hexadecimal, its bytes in reverse
  return lines.filter((line) => !/^\s*\d+: (?:00000000|[\dA-F]{6}7F):/.test(line)).length;
}

const patience = { timeout: 20_000, interval: 100 };
