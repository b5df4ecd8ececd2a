import type { AllLinksSetting, KernelWorld } from '../kernel-port/kernel-port-contract.ts';
import { fakePod } from './fake-pod.ts';
import type { FakeAllLinks } from './fake-world.ts';

const fieldOf: Readonly<Record<AllLinksSetting, keyof FakeAllLinks>> = {
  rp_filter: 'rpFilter',
  arp_announce: 'arpAnnounce',
  arp_ignore: 'arpIgnore',
  keep_addr_on_down: 'keepAddrOnDown',
};

/** The pod that KernelPort's contract describes, in memory. */
export function fakeWorld(): KernelWorld {
  const net1 = {
    name: 'net1',
    addresses: ['10.0.2.128/24', '10.0.2.129/24'],
    // as the real one is made, whose watch would else hear of IPv6 addresses that come a second later
    ipv6: { settings: { disabled: true, keepAddrOnDown: false } },
  };
  const kernel = fakePod({ links: [net1] });
  return {
    kernel,
    setLinkUp: async (linkName, up) => kernel.setLinkUp(linkName, up),
    renameLink: async (linkName, newName) => kernel.renameLink(linkName, newName),
    removeLink: async (linkName) => kernel.removeLink(linkName),
    setAllLinks: async (name, value) => kernel.setAllLinks({ [fieldOf[name]]: value }),
    addAddress: async (linkName, cidr, scope) => kernel.addAddress(linkName, cidr, scope),
    removeAddress: async (linkName, cidr) => kernel.removeAddress(linkName, cidr),
    addRoute: async (route) => kernel.addRoute(route),
    removeRoute: async (route) => kernel.removeRoute(route),
    addRule: async (rule) => kernel.addRule(rule),
    removeDeliveryTable: async (publicIp) => kernel.removeDeliveryTable(publicIp),
    spoilDeliveryTable: async (publicIp) => kernel.spoilDeliveryTable(publicIp),
    setNeighbour: async (linkName, address, entry) => kernel.setNeighbour(linkName, address, entry),
  };
}
