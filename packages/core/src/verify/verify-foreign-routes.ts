import { cidrContains, cidrEnds, ipv4FromNumber, ipv4ToNumber } from '../identity/address.ts';
import type { Cidr, Ipv4Address } from '../identity/address.ts';
import type { Ipv6Route } from '../kernel/ipv6-link.ts';
import type { KernelPort, TableRoute } from '../kernel/kernel-port.ts';
import { judgeLookup } from './judge-kernel.ts';
import { warning, type KernelFinding } from './kernel-finding.ts';
import { chooseRouteProbes, type KernelFacts } from './route-probe.ts';

/**
 * Tells routes of others in the identity's table, of either family, and asks where one leads that is more than a network's:
 * what takes some peers another way is a warning, but with a piece of the Internet the identity does not hold.
 */
export async function verifyForeignRoutes(
  kernel: KernelPort,
  facts: KernelFacts,
  routes: readonly (TableRoute | Ipv6Route)[],
): Promise<KernelFinding[]> {
  const { table, privateIp, publicIp } = facts;
  const probes = piecesOfInternet(facts, routes).flatMap((to) =>
    [privateIp, publicIp].map((from) => ({ from, to, peer: 'an Internet peer' as const })),
  );
  const judged = await Promise.all(
    probes.map(async (probe) => {
      const decision = await kernel.lookupRoute({ from: probe.from, to: probe.to });
      return judgeLookup(facts, { probe, decision });
    }),
  );
  const foreign = routes.map(({ destination, protocol }) =>
    warning(
      'route-foreign',
      `table ${table} has a route to ${destination} of protocol ${protocol}`,
      'no route but ours',
      `Remove it ("ip route del ${destination} table ${table}"): what it matches leaves by it.`,
    ),
  );
  return [...foreign, ...judged.flat()];
}

/** The greatest network that IANA gives to one registry or company, and the first address that is no host's (multicast). */
const [greatestNetwork, firstMulticast] = [8, ipv4ToNumber('224.0.0.0' as Ipv4Address)];

/** An address of each route that is wider than any network, as 0.0.0.0/1 is, but of those that an Internet peer of the probes is in. */
function piecesOfInternet(
  facts: KernelFacts,
  routes: readonly (TableRoute | Ipv6Route)[],
): Ipv4Address[] {
  const asked = chooseRouteProbes(facts).find(({ peer }) => peer === 'an Internet peer');
  return routes
    .map(({ destination }) => destination)
    .filter((destination): destination is Cidr => !destination.includes(':'))
    .filter((destination) => prefixOf(destination) < greatestNetwork)
    .filter((destination) => asked === undefined || !cidrContains(destination, asked.to))
    .map((destination) => quarterOf(destination))
    .filter((address) => address < firstMulticast)
    .map((address) => ipv4FromNumber(address));
}

/** The address after a quarter of them: reserved blocks begin where halves do. */
function quarterOf(destination: Cidr): number {
  const { first } = cidrEnds(destination);
  return ipv4ToNumber(first) + 2 ** (30 - prefixOf(destination));
}

function prefixOf(cidr: Cidr): number {
  return Number(cidr.slice(cidr.indexOf('/') + 1));
}
