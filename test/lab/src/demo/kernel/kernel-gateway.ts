import type { PublicIdentity } from '@truetuple/core';
import type { PeerNetworks } from '@truetuple/sip-gateway';
import { boxAddresses } from '../../box/topology.ts';
import { nominalPorts } from '../pod/pod-traffic.ts';
import type { GatewayPlace } from '../stage.ts';

type OwnAddresses = PeerNetworks['identity'];

const eth0 = boxAddresses.podEth0 as OwnAddresses['publicIp'];

/** The gateway as a pod on EKS has it without an identity: all it knows of itself is its eth0. */
export const stockGateway: GatewayPlace = placeOf({
  publicIp: eth0,
  privateIp: eth0,
  subnetCidr: boxAddresses.subnetCidr.private as OwnAddresses['subnetCidr'],
  vpcCidrs: [boxAddresses.vpcCidr as OwnAddresses['subnetCidr']],
  bind: { internet: eth0, vpc: eth0 },
  delivery: 'both',
});

/** The gateway on an identity, whose own private address it tells when it is sabotaged to. */
export function gatewayOn(identity: PublicIdentity, advertise: 'public' | 'private'): GatewayPlace {
  const { privateIp } = identity;
  return placeOf(advertise === 'public' ? identity : { ...identity, publicIp: privateIp });
}

function placeOf(identity: OwnAddresses): GatewayPlace {
  const sipPort = nominalPorts.sip;
  // the clients' subnet: the only one whose route table gets the /32
  const routedCidrs = [boxAddresses.subnetCidr.private as OwnAddresses['subnetCidr']];
  return {
    networks: { identity, routedCidrs },
    sipPort,
    tuple: { address: identity.publicIp, port: sipPort },
  };
}
