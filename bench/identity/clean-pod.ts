import { truetupleProtocol } from '@truetuple/core';
import type { Netlink } from '@truetuple/netlink';

/** The policy-routing table of net1 in this bench. */
export const net1Table = 200;

/**
 * Takes back all that an identity put into a pod's kernel, the rules and the fail-closed route included, so
 * that the next round finds the pod as a new one is.
 */
export async function cleanPod(netlink: Netlink): Promise<void> {
  const link = await netlink.links.get({ name: 'net1' });
  if (link === undefined)
    throw new Error('The pod of the bench lost its net1: start the bench again.');
  const { index: linkIndex } = link;
  for (const { address, scope } of await netlink.addresses.list({ linkIndex, family: 'ipv4' })) {
    if (scope === 'link') await netlink.addresses.remove({ linkIndex, address });
  }
  for (const route of await netlink.routes.list({ table: net1Table, family: 'ipv4' })) {
    await netlink.routes.remove(route);
  }
  for (const rule of await netlink.rules.list({ family: 'ipv4' })) {
    if (rule.protocol === truetupleProtocol) await netlink.rules.remove(rule);
  }
  const ipv4 = { rpFilter: 0, arpAnnounce: 0, arpIgnore: 0 };
  await netlink.links.set({ index: linkIndex }, { ipv4 });
}
