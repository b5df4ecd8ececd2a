import { judgeNetworkInterface } from '../acquire/judge-network-interface.ts';
import { openSession } from '../observe/cloud-session.ts';
import { findNetworkInterface } from '../observe/find-network-interface.ts';
import { lookIntoPrefixes } from '../observe/look-into-prefixes.ts';
import {
  findRouteTables,
  lookAtCloud,
  poolFilters,
  routeTableIdFilters,
} from '../observe/observe-cloud.ts';
import type { CloudView } from '../observe/view.ts';
import type { ClaimPlace, ClaimWork } from './claim-work.ts';
import type { IdentityClaim } from './claim.ts';
import type { ControlPorts } from './control-ports.ts';

/** A claim whose place is known. */
export interface Placed {
  readonly work: ClaimWork;
  readonly place: ClaimPlace;
}

/**
 * Where a claim's identity goes: what its status says, else what EC2 shows. Equal questions of many claims are one call beneath.
 * @throws CoreError as findNetworkInterface, judgeNetworkInterface and findRouteTables.
 */
export async function placeOf(ports: ControlPorts, claim: IdentityClaim): Promise<ClaimPlace> {
  const phase = claim.status?.phase;
  if (phase !== undefined && phase.kind !== 'waiting') {
    const of = phase.kind === 'promised' ? phase.promise : phase.grant;
    return { networkInterfaceId: of.networkInterfaceId, routeTableIds: of.routeTableIds };
  }
  const { ec2, clock, signal } = ports;
  const { identity, link } = claim.spec;
  const session = openSession({ ec2, clock, signal });
  const eni = await findNetworkInterface(session, identity, link, 0);
  const refused = judgeNetworkInterface(eni, identity);
  if (refused !== undefined) throw refused;
  const routeTableIds = await findRouteTables(session, identity, eni.vpcId);
  return { networkInterfaceId: eni.networkInterfaceId, routeTableIds };
}

/** One view for all of them: the whole pool, and the places. */
export async function lookAtPlaces(
  ports: ControlPorts,
  placed: readonly Placed[],
): Promise<CloudView> {
  const { ec2, clock, signal, pool } = ports;
  const session = openSession({ ec2, clock, signal });
  const tables = placed.flatMap(({ place }) => place.routeTableIds);
  const view = await lookAtCloud(session, {
    networkInterfaceIds: [...new Set(placed.map(({ place }) => place.networkInterfaceId))],
    addressFilters: poolFilters(pool),
    routeTableFilters: routeTableIdFilters([...new Set(tables)].toSorted()),
  });
  const places = placed.map(({ work, place: { networkInterfaceId } }) => {
    const { privateIp } = work.claim.spec.link;
    return { networkInterfaceId, privateIp };
  });
  return lookIntoPrefixes(session, view, places);
}
