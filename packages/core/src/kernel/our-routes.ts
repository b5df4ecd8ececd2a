import { heldByOthers } from './held-public-ips.ts';
import type { LinkState } from './kernel-port.ts';
import { truetupleProtocol } from './kernel-step.ts';
import type { WantedLink } from './wanted-link.ts';

interface Route {
  readonly type: string;
  readonly protocol: number;
  readonly linkIndex?: number | undefined;
  readonly destination: string;
  readonly metric: number;
}

/**
 * Those that truetuple put on the link, whatever their family, in an order of their own: a plan shall not depend on the order in
 * which the kernel lists routes.
 */
export function ourUnicastRoutes<R extends Route>(routes: readonly R[], linkIndex: number): R[] {
  return routes
    .filter(
      (route) =>
        route.type === 'unicast' &&
        route.protocol === truetupleProtocol &&
        route.linkIndex === linkIndex,
    )
    .toSorted((a, b) => (routeOrder(a) < routeOrder(b) ? -1 : 1));
}

/**
 * Those of ours that a plan for these identities may take away if it does not want them. None while others stand on
 * the table: a block that the VPC got or lost in between is in what one of them wants only, and they would fight over it.
 */
export function surplusRoutes<R extends Route>(
  routes: readonly R[],
  state: LinkState,
  wanted: WantedLink,
): R[] {
  return heldByOthers(state, wanted).length > 0 ? [] : ourUnicastRoutes(routes, state.linkIndex);
}

function routeOrder({ destination, metric }: Route): string {
  return `${destination} ${metric}`;
}
