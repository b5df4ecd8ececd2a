import assert from 'node:assert/strict';
import { networkOf } from '../../identity/address.ts';
import type { WantedLink } from '../../kernel/plan-kernel.ts';
import {
  applyPlan,
  byNet1,
  contractIdentity,
  contractLink,
  contractVpcPeer,
  fromPrivate,
  observed,
  type KernelPortCase,
} from './kernel-port-contract.ts';

const { privateIp, publicIp } = contractIdentity;

/** What a network plugin gave net1 of a range of the subnet that its router is not in. */
function narrowCase(prefixLength: number): KernelPortCase {
  return {
    title: `the router outside the link's own /${prefixLength} is reached, of the VPC too`,
    async run({ kernel, addAddress, removeAddress }) {
      // the secondary one first: it would go with the other
      await removeAddress('net1', '10.0.2.129/24');
      await removeAddress('net1', `${privateIp}/24`);
      await addAddress('net1', `${privateIp}/${prefixLength}`, 'global');
      const subnetCidr = networkOf(privateIp, prefixLength);
      const wanted: WantedLink = { ...contractLink, subnetCidr };
      await applyPlan(kernel, wanted);
      assert.deepEqual(await applyPlan(kernel, wanted), []);
      assert.deepEqual(await fromPrivate(kernel), byNet1);
      const toVpc = await kernel.lookupRoute({ from: publicIp, to: contractVpcPeer });
      assert.deepEqual(toVpc, byNet1);
    },
  };
}

/** How the VPC router is reached. */
export const kernelPortGatewayCases: readonly KernelPortCase[] = [
  narrowCase(28),
  narrowCase(32),
  {
    title: 'a route of ours that lacks onlink is replaced where it stands, and by nothing else',
    async run({ kernel, addRoute }) {
      await applyPlan(kernel);
      const { routes } = await observed(kernel);
      const toVpc = routes.find(({ destination }) => contractLink.vpcCidrs.includes(destination));
      assert.ok(toVpc !== undefined, 'there is no route to the VPC');
      await addRoute({ ...toVpc, table: contractLink.table, onlink: false });
      const kinds = (await applyPlan(kernel)).map(({ kind }) => kind);
      assert.deepEqual(kinds, ['replace-route']);
      assert.deepEqual(await applyPlan(kernel), []);
    },
  },
];
