/**
 * IPv4 addresses per network interface, the primary one with them, of some instance types (EC2 user guide,
 * "Maximum IP addresses per network interface"). A delegated prefix takes the place of one address.
 */
const privateIpsPerNetworkInterface = {
  't3.medium': 6,
  'm5.large': 10,
  'm5.xlarge': 15,
  'm5.4xlarge': 30,
  'm5.24xlarge': 50,
  'c5n.9xlarge': 30,
  'c5n.18xlarge': 50,
  'm7i.48xlarge': 50,
  'c6in.32xlarge': 50,
  'c8gn.48xlarge': 50,
} as const;

/** Instance types whose limits are known. */
export type SimulatedInstanceType = keyof typeof privateIpsPerNetworkInterface;

/** The types that are known, with the greatest number of addresses last. */
export const simulatedInstanceTypes: readonly SimulatedInstanceType[] = Object.keys(
  privateIpsPerNetworkInterface,
) as SimulatedInstanceType[];

export function privateIpsOf(instanceType: SimulatedInstanceType): number {
  return privateIpsPerNetworkInterface[instanceType];
}
