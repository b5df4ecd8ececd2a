import { truetupleProtocol } from './kernel-step.ts';

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

function routeOrder({ destination, metric }: Route): string {
  return `${destination} ${metric}`;
}
