// A gateway whose traces go in seconds, and the proof that they went.
import { readFileSync } from 'node:fs';
import type { VpcBox } from '@truetuple/lab';
import type { PeerNetworks } from '@truetuple/sip-gateway';
import { expect, vi } from 'vitest';
import type { GatewayChildInput } from './gateway-child.ts';
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

export async function cleanGateway(
  box: VpcBox,
  routes: GatewayChildInput['routes'],
  networks: PeerNetworks = podNetworks,
): Promise<CleanGateway> {
  const gateway = await gatewayInPod(box, {
    options: {
      ...networks,
      signalling: { kind: 'embedded', timing },
      media: { kind: 'embedded', quarantineMs: 200, tickMs: 100 },
    },
    routes,
  });
  const socketsBefore = udpSockets(gateway.pid);
  return {
    ...gateway,
    idle: () =>
      vi.waitFor(async () => {
        expect(await gateway.counts()).toMatchObject({ calls: 0, sip: { dialogs: 0 } });
      }, patience),
    nothingLeft: async () => {
      const sip = { dialogs: 0, transactions: 0, timers: 0, malformed: 0 };
      await vi.waitFor(async () => {
        expect(await gateway.counts()).toMatchObject({ calls: 0, sip });
        expect(udpSockets(gateway.pid)).toBe(socketsBefore);
      }, patience);
      const repeats = { retransmissionsIn: 0, retransmissionsOut: 0 };
      expect((await gateway.counts()).sip).toMatchObject(repeats);
    },
  };
}

/** UDP sockets in the network namespace of a process. */
function udpSockets(pid: number): number {
  return readFileSync(`/proc/${pid}/net/udp`, 'utf8').trim().split('\n').length - 1;
}

const patience = { timeout: 20_000, interval: 100 };
