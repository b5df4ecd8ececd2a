import type { PublicIdentity } from '@truetuple/core';
import type { PeerNetworks } from '@truetuple/sip-gateway';
import type { GatewayPlace } from '../stage.ts';
import { bindUdp, closeSocket, tupleOf } from '../traffic/datagram.ts';
import { loopbackAddress } from './loopback-ec2.ts';
import { loopbackFar } from './loopback-phones.ts';

type OwnAddresses = PeerNetworks['identity'];

/** What the calls of this level leave open. */
export const notProvenOfCalls: readonly string[] = [
  'calls: no gateway or NAT lies between 127.0.0.1 and the far sides on 127.0.0.2 and 127.0.0.3',
];

/** True when the far sides have addresses of their own; else why no call was made. */
export async function probeLoopback(): Promise<true | string> {
  for (const address of Object.values(loopbackFar)) {
    try {
      await closeSocket(await bindUdp(address, 0));
    } catch {
      return `no call was made: ${address} cannot be bound, as on macOS, where 127.0.0.1 is alone`;
    }
  }
  return true;
}

/** 127.0.0.1 stands for both addresses of the identity, and all of 127.0.0.0/8 is one network. */
export async function gatewayOn(identity: PublicIdentity): Promise<GatewayPlace> {
  const own = loopbackAddress as OwnAddresses['publicIp'];
  const probe = await bindUdp(loopbackAddress, 0);
  const tuple = tupleOf(probe);
  await closeSocket(probe);
  const addresses = { ...identity, privateIp: own, bind: { internet: own, vpc: own } };
  const routedCidrs = ['127.0.0.0/8' as OwnAddresses['subnetCidr']];
  return { networks: { identity: addresses, routedCidrs }, sipPort: tuple.port, tuple };
}
