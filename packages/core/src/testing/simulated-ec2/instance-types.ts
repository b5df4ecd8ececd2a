/**
 * Network interfaces, and IPv4 addresses of each, the primary one with them, of some instance types (EC2 user guide,
 * "Maximum IP addresses per network interface"). A delegated prefix takes the place of one address.
 */
const limits = {
  't2.medium': { networkInterfaces: 3, privateIps: 6 },
  'm4.large': { networkInterfaces: 2, privateIps: 10 },
  't3.medium': { networkInterfaces: 3, privateIps: 6 },
  'm5.large': { networkInterfaces: 3, privateIps: 10 },
  'm5.xlarge': { networkInterfaces: 4, privateIps: 15 },
  'm5.4xlarge': { networkInterfaces: 8, privateIps: 30 },
  'm5.24xlarge': { networkInterfaces: 15, privateIps: 50 },
  'c5n.9xlarge': { networkInterfaces: 8, privateIps: 30 },
  'c5n.18xlarge': { networkInterfaces: 15, privateIps: 50 },
  'm7i.48xlarge': { networkInterfaces: 15, privateIps: 50 },
  // sources disagree on how many interfaces it has: as many as one likes
  'c6in.32xlarge': { networkInterfaces: undefined, privateIps: 50 },
  'c8gn.48xlarge': { networkInterfaces: 12, privateIps: 50 },
} as const;

/** Instance types whose limits are known. */
export type SimulatedInstanceType = keyof typeof limits;

/** The types that are known; of those on the Nitro System that with the greatest number of addresses last. */
export const simulatedInstanceTypes: readonly SimulatedInstanceType[] = Object.keys(
  limits,
) as SimulatedInstanceType[];

const notNitro: ReadonlySet<SimulatedInstanceType> = new Set(['t2.medium', 'm4.large']);

/** True for the types to which prefixes can be delegated (EC2 user guide, "Prefix delegation": instances built on the Nitro System). */
export function isNitro(instanceType: SimulatedInstanceType): boolean {
  return !notNitro.has(instanceType);
}

/** IPv4 addresses of each network interface, the primary one with them. */
export function privateIpsOf(instanceType: SimulatedInstanceType): number {
  return limits[instanceType].privateIps;
}

/** How many network interfaces an instance may have; undefined where it is not known. */
export function networkInterfacesOf(instanceType: SimulatedInstanceType): number | undefined {
  return limits[instanceType].networkInterfaces;
}
