import { isIpv4Address, networkOf } from '../../identity/address.ts';
import {
  requireNetworkInterface,
  requireRouteTable,
  type CloudState,
  type RouteTableRecord,
  type RouteTarget,
} from './cloud-state.ts';
import { refuse } from './refuse.ts';

/** Arguments of CreateRoute and ReplaceRoute, for a route to a network interface. */
export interface RouteInput {
  readonly routeTableId: string;
  readonly destinationCidrBlock: string;
  readonly networkInterfaceId: string;
}

/** CreateRoute: refused when the table has the destination, whatever its target. */
export function createRoute(state: CloudState, input: RouteInput): void {
  const table = requireRouteTable(state, input.routeTableId);
  const destination = canonicalCidr(input.destinationCidrBlock);
  const target = targetIn(state, table, input);
  if (table.routes.has(destination)) {
    refuse('RouteAlreadyExists', `The route identified by ${destination} already exists.`);
  }
  const own = [...table.routes.values()].filter((route) => route.kind !== 'local');
  if (own.length >= state.rules.routesPerTable) {
    refuse(
      'RouteLimitExceeded',
      `The maximum number of routes has been reached: ${state.rules.routesPerTable} in ${table.routeTableId}.`,
    );
  }
  setRoute(state, table, destination, target, 'route-created');
}

/** ReplaceRoute: has no expected target; refused when there is nothing to replace. */
export function replaceRoute(state: CloudState, input: RouteInput): void {
  const table = requireRouteTable(state, input.routeTableId);
  const destination = canonicalCidr(input.destinationCidrBlock);
  const target = targetIn(state, table, input);
  const before = table.routes.get(destination);
  if (before === undefined) {
    refuse(
      'InvalidParameterValue',
      `There is no route defined for '${destination}' in the route table. Use CreateRoute instead.`,
    );
  }
  if (before.kind === 'local') {
    refuse(
      'InvalidParameterValue',
      `cannot replace local route ${destination} in ${table.routeTableId}`,
    );
  }
  setRoute(state, table, destination, target, 'route-replaced');
}

function targetIn(
  state: CloudState,
  table: RouteTableRecord,
  input: RouteInput,
): RouteTarget & { kind: 'network-interface' } {
  const eni = requireNetworkInterface(state, input.networkInterfaceId);
  if (eni.vpcId !== table.vpcId) {
    refuse(
      'InvalidParameterValue',
      `route table ${table.routeTableId} and interface ${eni.networkInterfaceId} belong to different networks`,
    );
  }
  return { kind: 'network-interface', networkInterfaceId: eni.networkInterfaceId };
}

function setRoute(
  state: CloudState,
  table: RouteTableRecord,
  destinationCidrBlock: string,
  target: RouteTarget & { kind: 'network-interface' },
  kind: 'route-created' | 'route-replaced',
): void {
  table.routes.set(destinationCidrBlock, target);
  state.changes.push({
    kind,
    routeTableId: table.routeTableId,
    destinationCidrBlock,
    networkInterfaceId: target.networkInterfaceId,
  });
}

/** DeleteRoute: has no expected target either. */
export function deleteRoute(
  state: CloudState,
  input: { readonly routeTableId: string; readonly destinationCidrBlock: string },
): void {
  const table = requireRouteTable(state, input.routeTableId);
  const destinationCidrBlock = canonicalCidr(input.destinationCidrBlock);
  const route = table.routes.get(destinationCidrBlock);
  if (route === undefined) {
    refuse(
      'InvalidRoute.NotFound',
      `no route with destination-cidr-block ${destinationCidrBlock} in route table ${table.routeTableId}`,
    );
  }
  if (route.kind === 'local') {
    refuse(
      'InvalidParameterValue',
      `cannot remove local route ${destinationCidrBlock} in route table ${table.routeTableId}`,
    );
  }
  table.routes.delete(destinationCidrBlock);
  state.changes.push({
    kind: 'route-deleted',
    routeTableId: table.routeTableId,
    destinationCidrBlock,
  });
}

/** EC2 clears the host bits of a destination. */
export function canonicalCidr(text: string): string {
  const [address = '', length = ''] = text.split('/');
  if (!isIpv4Address(address) || !/^(?:3[0-2]|[12]?\d)$/.test(length)) {
    refuse(
      'InvalidParameterValue',
      `Value (${text}) for parameter destinationCidrBlock is invalid.`,
    );
  }
  return networkOf(address, Number(length));
}
