import assert from 'node:assert/strict';
import { parseIpv4Address, type Cidr } from '../../identity/address.ts';
import { verifyKernel } from '../../verify/verify-kernel.ts';
import {
  applyPlan,
  byNet1,
  contractIdentity,
  contractLink,
  observed,
  type KernelPortCase,
  type KernelWorld,
} from './kernel-port-contract.ts';

const facts = { ...contractLink, ...contractIdentity, linkName: 'net1' };
const { privateIp, publicIp } = contractIdentity;
/** In the lower half of all addresses. */
const peer = parseIpv4Address('8.8.8.8');

/** What verification says of somebody's route in the identity's table. */
async function findings(
  { kernel, addRoute }: KernelWorld,
  destination: string,
  linkName: 'eth0' | 'net1',
): Promise<string[]> {
  await applyPlan(kernel);
  const { linkIndex } = await observed(kernel, linkName);
  const { table, gateway } = contractLink;
  const way =
    linkName === 'net1' ? ({ gateway, scope: 'global' } as const) : { scope: 'link' as const };
  await addRoute({
    table,
    type: 'unicast',
    destination: destination as Cidr,
    linkIndex,
    metric: 0,
    onlink: false,
    protocol: 4,
    ...way,
  });
  const found = await verifyKernel(kernel, facts);
  return found.map(({ severity, code, seen }) => `${severity} ${code}: ${seen}`);
}

/** Routes of others in the identity's table. */
export const kernelPortForeignRouteCases: readonly KernelPortCase[] = [
  {
    title: "somebody's route to half of the Internet by another link breaks the identity",
    async run(world) {
      const found = await findings(world, '0.0.0.0/1', 'eth0');
      for (const from of [privateIp, publicIp]) {
        const decision = await world.kernel.lookupRoute({ from, to: peer });
        assert.deepEqual(decision, { kind: 'link', linkName: 'eth0', table: contractLink.table });
      }
      const leaves = 'to an Internet peer (32.0.0.0) leaves by eth0 directly, table 200';
      assert.deepEqual(found, [
        'warning route-foreign: table 200 has a route to 0.0.0.0/1 of protocol 4',
        `broken route-elsewhere: ${privateIp} ${leaves}`,
        `broken route-elsewhere: ${publicIp} ${leaves}`,
      ]);
    },
  },
  {
    title: "somebody's route to half of the Internet by the identity's own way is a warning",
    async run(world) {
      const found = await findings(world, '0.0.0.0/1', 'net1');
      assert.deepEqual(await world.kernel.lookupRoute({ from: privateIp, to: peer }), byNet1);
      assert.deepEqual(found, [
        'warning route-foreign: table 200 has a route to 0.0.0.0/1 of protocol 4',
      ]);
    },
  },
  ...['8.0.0.0/8', '224.0.0.0/4'].map((destination): KernelPortCase => ({
    title: `somebody's route to ${destination} by another link is a warning`,
    async run(world) {
      assert.deepEqual(await findings(world, destination, 'eth0'), [
        `warning route-foreign: table 200 has a route to ${destination} of protocol 4`,
      ]);
    },
  })),
];
