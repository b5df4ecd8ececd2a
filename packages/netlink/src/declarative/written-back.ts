import type { Address, NewAddress } from '../rtnetlink/address.ts';
import type { NewRoute, Route } from '../rtnetlink/route.ts';

/** What adds an address as it was listed. */
export function asNewAddress(address: Address): NewAddress {
  const {
    secondary: _secondary,
    tentative: _tentative,
    duplicateFound: _duplicateFound,
    deprecated: _deprecated,
    permanent: _permanent,
    unknownAttributes: _unknown,
    ...rest
  } = address;
  return rest;
}

/** What adds a route as it was listed. What a nexthop object stands for is not told beside it. */
export function asNewRoute(route: Route): NewRoute {
  const {
    flags: _flags,
    unknownAttributes: _unknown,
    nextHops,
    gateway,
    linkIndex,
    ...rest
  } = route;
  if (route.nextHopId !== undefined) return rest;
  return {
    ...rest,
    ...(gateway === undefined ? {} : { gateway }),
    // an IPv6 route that goes nowhere is told with the loopback
    ...(linkIndex === undefined || route.type !== 'unicast' ? {} : { linkIndex }),
    ...(nextHops === undefined ? {} : { nextHops }),
  };
}
