import { isIpv4Address, networkOf, type Cidr } from '../../identity/address.ts';
import {
  requireNetworkInterface,
  requireRouteTable,
  type CloudState,
  type RouteTableRecord,
  type RouteTarget,
} from './cloud-state.ts';
import { requirePrefixList } from './prefix-lists.ts';
import { refuse } from './refuse.ts';

/** Arguments of CreateRoute and ReplaceRoute, for a route to a network interface. */
export interface RouteInput {
  readonly routeTableId: string;
  readonly destinationCidrBlock: string;
  readonly networkInterfaceId: string;
}

type InterfaceTarget = Extract<RouteTarget, { readonly kind: 'network-interface' }>;

/** CreateRoute: refused when the table has the destination, whatever its target. */
export function createRoute(state: CloudState, input: RouteInput): void {
  const table = requireRouteTable(state, input.routeTableId);
  const destination = canonicalCidr(input.destinationCidrBlock);
  const target = targetIn(state, table, input);
  const before = table.routes.get(destination);
  if (before !== undefined) {
    if (isSame(before, target) && state.rules.repeatedRoute === 'accept') return;
    refuse('RouteAlreadyExists', `The route identified by ${destination} already exists.`);
  }
  requirePlaces(state, table, 1);
  setRoute(state, table, destination, target, 'route-created');
}

function isSame(before: RouteTarget, target: InterfaceTarget): boolean {
  return (
    before.kind === 'network-interface' && before.networkInterfaceId === target.networkInterfaceId
  );
}

/** A route to a prefix list takes as many places as the list has entries at most, used or not. */
export function requirePlaces(state: CloudState, table: RouteTableRecord, wanted: number): void {
  const taken = [...table.routes].map(([destination, target]) =>
    target.kind === 'local' ? 0 : (state.prefixLists.get(destination)?.maxEntries ?? 1),
  );
  const { routesPerTable, routeLimitCode } = state.rules;
  if (taken.reduce((sum, places) => sum + places, 0) + wanted <= routesPerTable) return;
  refuse(
    routeLimitCode,
    `The maximum number of routes has been reached: ${routesPerTable} in ${table.routeTableId}.`,
  );
}

/** A route to the entries of a managed prefix list. */
export interface PrefixListRoute {
  readonly routeTableId: string;
  readonly destinationPrefixListId: string;
  readonly networkInterfaceId: string;
}

/** CreateRoute with a prefix list as its destination. */
export function createPrefixListRoute(state: CloudState, input: PrefixListRoute): void {
  const table = requireRouteTable(state, input.routeTableId);
  const { prefixListId, maxEntries } = requirePrefixList(state, input.destinationPrefixListId);
  const target = targetIn(state, table, input);
  if (table.routes.has(prefixListId)) {
    refuse('RouteAlreadyExists', `The route identified by ${prefixListId} already exists.`);
  }
  requirePlaces(state, table, maxEntries);
  table.routes.set(prefixListId, target);
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
  input: Pick<RouteInput, 'networkInterfaceId'>,
): InterfaceTarget {
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
  target: InterfaceTarget,
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

/** EC2 clears the host bits of a block. */
export function canonicalCidr(text: string, parameter = 'destinationCidrBlock'): Cidr {
  const [address = '', length = ''] = text.split('/');
  if (!isIpv4Address(address) || !/^(?:3[0-2]|[12]?\d)$/.test(length)) {
    refuse('InvalidParameterValue', `Value (${text}) for parameter ${parameter} is invalid.`);
  }
  return networkOf(address, Number(length));
}
