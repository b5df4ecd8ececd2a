// An rtpengine in the pod of a gateway: an interface for each address that a peer may be told.
import { startRtpengine, type Rtpengine, type VpcBox } from '@truetuple/lab';
import type { RtpengineMedia } from '@truetuple/sip-gateway';
import { privateIp, publicIp } from '../netns/tuple-matrix-situation.ts';

const controlPort = 2223;

/** What the gateway is told of it. */
export const rtpengineMedia = {
  kind: 'rtpengine',
  control: { host: '127.0.0.1', port: controlPort },
  interfaces: { internet: 'internet', vpc: 'vpc', 'other-private': 'private' },
} as const satisfies RtpengineMedia;

export interface BesideGateway {
  /** Default those of `establish`. */
  readonly addresses?: { readonly publicIp: string; readonly privateIp: string };
  /** Seconds without a packet after which it drops a call by itself. */
  readonly timeoutSeconds?: number;
}

export function rtpengineBeside(
  box: VpcBox,
  { addresses = { publicIp, privateIp }, ...timeout }: BesideGateway = {},
): Promise<Rtpengine> {
  return startRtpengine({
    namespace: box.pod('pod').namespace,
    interfaces: [
      `internet/${addresses.privateIp}!${addresses.publicIp}`,
      `vpc/${addresses.publicIp}`,
      `private/${addresses.privateIp}`,
    ],
    controlPort,
    ports: { first: 20_000, last: 20_999 },
    ...timeout,
  });
}
