import { cidrWithin, isCidr, type Cidr } from '../../identity/address.ts';
import {
  nextId,
  requireRouteTable,
  requireSubnet,
  requireVpc,
  tagsFrom,
  type CidrReservation,
  type CloudState,
  type InternetGateway,
} from './cloud-state.ts';
import { refuse } from './refuse.ts';
import { canonicalCidr, requirePlaces } from './route-tables.ts';
import { cidrsOverlap } from './subnet-range.ts';

/** An Internet gateway to make. */
export interface InternetGatewaySetup {
  /** To attach it to at once. */
  readonly vpcId?: string;
  readonly tags?: Readonly<Record<string, string>>;
}

/** A route to something that is no network interface. */
export interface GatewayRoute {
  readonly routeTableId: string;
  readonly destinationCidrBlock: string;
  readonly gatewayId: string;
}

/** A range of a subnet to keep from being chosen. */
export interface CidrReservationSetup {
  readonly subnetId: string;
  readonly cidr: string;
  readonly reservationType: CidrReservation['reservationType'];
}

/** CreateInternetGateway; with a VPC, AttachInternetGateway too. */
export function createInternetGateway(
  state: CloudState,
  setup: InternetGatewaySetup,
): { readonly internetGatewayId: string } {
  if (setup.vpcId !== undefined) requireVpc(state, setup.vpcId);
  const internetGatewayId = nextId(state, 'igw');
  const gateway = { internetGatewayId, vpcId: undefined, tags: tagsFrom(setup.tags) };
  state.internetGateways.set(internetGatewayId, gateway);
  const { vpcId } = setup;
  if (vpcId !== undefined) attachInternetGateway(state, { internetGatewayId, vpcId });
  return { internetGatewayId };
}

/** AttachInternetGateway: one gateway for one VPC. */
export function attachInternetGateway(
  state: CloudState,
  { internetGatewayId, vpcId }: { readonly internetGatewayId: string; readonly vpcId: string },
): void {
  const gateway = requireInternetGateway(state, internetGatewayId);
  const vpc = requireVpc(state, vpcId);
  if (gateway.vpcId !== undefined) {
    refuse('Resource.AlreadyAssociated', `resource ${internetGatewayId} is already attached`);
  }
  if (vpc.internetGatewayId !== undefined) {
    refuse('InvalidParameterValue', `Network ${vpcId} already has an internet gateway attached`);
  }
  gateway.vpcId = vpcId;
  vpc.internetGatewayId = internetGatewayId;
}

/** A route to a gateway of any kind, such as the default route to an Internet gateway. */
export function createGatewayRoute(state: CloudState, route: GatewayRoute): void {
  const { gatewayId } = route;
  const table = requireRouteTable(state, route.routeTableId);
  const destinationCidrBlock = canonicalCidr(route.destinationCidrBlock);
  // gateways of other kinds are not simulated: any id of theirs will do
  if (gatewayId.startsWith('igw-')) requireInternetGateway(state, gatewayId);
  if (table.routes.has(destinationCidrBlock)) {
    refuse('RouteAlreadyExists', `The route identified by ${destinationCidrBlock} already exists.`);
  }
  requirePlaces(state, table, 1);
  table.routes.set(destinationCidrBlock, { kind: 'gateway', gatewayId });
}

export function requireInternetGateway(
  state: CloudState,
  internetGatewayId: string,
): InternetGateway {
  return (
    state.internetGateways.get(internetGatewayId) ??
    refuse(
      'InvalidInternetGatewayID.NotFound',
      `The internetGateway ID '${internetGatewayId}' does not exist`,
    )
  );
}

/** AssociateRouteTable: a subnet has one table at most that is not the main one. */
export function associateRouteTable(
  state: CloudState,
  { routeTableId, subnetId }: { readonly routeTableId: string; readonly subnetId: string },
): void {
  const table = requireRouteTable(state, routeTableId);
  const subnet = requireSubnet(state, subnetId);
  if (subnet.vpcId !== table.vpcId) {
    refuse(
      'InvalidParameterValue',
      `route table ${routeTableId} and subnet ${subnetId} belong to different networks`,
    );
  }
  for (const other of state.routeTables.values()) {
    if (other.subnetIds.has(subnetId)) {
      refuse(
        'Resource.AlreadyAssociated',
        `the specified association for route table ${routeTableId} conflicts with an existing association`,
      );
    }
  }
  table.subnetIds.add(subnetId);
}

/** CreateSubnetCidrReservation. */
export function createSubnetCidrReservation(
  state: CloudState,
  setup: CidrReservationSetup,
): CidrReservation {
  const subnet = requireSubnet(state, setup.subnetId);
  const { cidr, reservationType } = setup;
  if (!isCidr(cidr) || !cidrWithin(cidr, subnet.cidr as Cidr)) {
    refuse(
      'InvalidParameterValue',
      `The CIDR '${cidr}' is not within the subnet's CIDR ${subnet.cidr}`,
    );
  }
  const other = subnet.reservations.find((one) => cidrsOverlap(one.cidr as Cidr, cidr));
  if (other !== undefined) {
    refuse(
      'InvalidParameterValue',
      `The CIDR '${cidr}' overlaps ${other.cidr} of ${other.subnetCidrReservationId}`,
    );
  }
  const subnetCidrReservationId = nextId(state, 'scr');
  const reservation: CidrReservation = { subnetCidrReservationId, cidr, reservationType };
  subnet.reservations.push(reservation);
  return reservation;
}
