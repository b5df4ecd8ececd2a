import { cidrContains, prefixLengthOf, type Ipv4Address } from '../identity/address.ts';
import type { KernelPort, LinkState } from '../kernel/kernel-port.ts';
import { unboundSource } from '../kernel/kernel-step.ts';
import type { Endpoint } from '../verify/datagram-port.ts';

const linkName = 'net1';
const everyAddress = '0.0.0.0';

/**
 * The source that the kernel gives a UDP socket on 0.0.0.0: by a rule on its port, the route of that rule's
 * table; undefined when no rule leads it, so that it leaves by eth0. A socket on an address keeps that.
 */
export async function chooseSource(
  kernel: KernelPort,
  { address, port }: Endpoint,
  to: Ipv4Address,
): Promise<string | undefined> {
  if (address !== everyAddress) return address;
  const state = await kernel.observe(linkName, 0);
  const rule = state?.rules.find(
    ({ from, ports }) =>
      from === unboundSource &&
      ports?.protocol === 'udp' &&
      ports.first <= port &&
      port <= ports.last,
  );
  if (rule === undefined) return undefined;
  const led = await kernel.observe(linkName, rule.table);
  return nearestRoute(led, to)?.source;
}

function nearestRoute(
  state: LinkState | undefined,
  to: Ipv4Address,
): LinkState['routes'][number] | undefined {
  const routes = (state?.routes ?? []).filter(({ destination }) => cidrContains(destination, to));
  return routes.toSorted(
    (a, b) => prefixLengthOf(b.destination) - prefixLengthOf(a.destination) || a.metric - b.metric,
  )[0];
}

/** What a packet from there to there has as its source once it has left net1: translated or as it was. */
export async function sourceOnNet1(
  kernel: KernelPort,
  from: Ipv4Address,
  to: Ipv4Address,
): Promise<Ipv4Address> {
  const state = await kernel.observe(linkName, 0);
  const table = state?.deliveryTables?.find(
    ({ does }) =>
      does?.mode === 'translate' &&
      does.privateIp === from &&
      does.routedCidrs.some((cidr) => cidrContains(cidr, to)),
  );
  return table?.publicIp ?? from;
}
