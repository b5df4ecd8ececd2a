import assert from 'node:assert/strict';
import { boxAddresses, describeBoxToEc2, LabError, openBox, poolTag } from '@truetuple/lab';
import { SimulatedEc2 } from '@truetuple/core/testing';
import { describe, expect, it } from 'vitest';
import { poolTagKey } from '../../packages/core/src/identity/owner.ts';
import { boxIsMissing } from './box-is-missing.ts';
import { exchange, Hosts } from './tuple-matrix-hosts.ts';
import { assertDiesAt } from './tuple-matrix-evidence.ts';
import { establish, privateIp, publicIp } from './tuple-matrix-situation.ts';

const advertised = `${publicIp}:5060`;

describe.skipIf(boxIsMissing)('a box that follows a simulated EC2', () => {
  it('carries a packet as soon as the write that allows it has answered, and no longer', async () => {
    await using box = await openBox();
    const ec2 = new SimulatedEc2({ region: 'eu-central-1', claimScope: 'privateIp' });
    const known = await describeBoxToEc2(box, ec2, { poolSize: 1 });
    box.connect(ec2);
    await establish(box, {
      associated: false,
      assigned: false,
      routed: false,
      sourceDestCheck: true,
      pod: 'complete',
    });
    const networkInterfaceId = known.networkInterfaceIds['eni-node-b'];
    const routeTableId = known.routeTableIds.private;
    const destinationCidrBlock = `${publicIp}/32`;
    const [pool] = known.poolAddresses;
    assert(pool?.publicIp === publicIp);
    await using hosts = new Hosts(box);
    const [peer, client] = [await hosts.peer(), await hosts.client()];
    const [inner, outer] = [await hosts.pod(privateIp), await hosts.pod(publicIp)];

    await assertDiesAt(box, 'no_dst', inner, () => peer.send(advertised, 'call'));
    const privateIpAddresses = [privateIp];
    await ec2.assignPrivateIpAddresses({ networkInterfaceId, privateIpAddresses });
    const { associationId } = await ec2.associateAddress({
      allocationId: pool.allocationId,
      networkInterfaceId,
      privateIpAddress: privateIp,
      allowReassociation: false,
    });
    const bySide = { calleeSaw: peer.tuple, callerSaw: advertised };
    await expect(exchange(peer, advertised, inner)).resolves.toEqual(bySide);

    await ec2.createRoute({ routeTableId, destinationCidrBlock, networkInterfaceId });
    await assertDiesAt(box, 'dst_check', outer, () => client.send(advertised, 'call'));
    await ec2.setSourceDestCheck({ networkInterfaceId, sourceDestCheck: false });
    const direct = { calleeSaw: client.tuple, callerSaw: advertised };
    await expect(exchange(client, advertised, outer)).resolves.toEqual(direct);

    await ec2.deleteRoute({ routeTableId, destinationCidrBlock });
    await ec2.disassociateAddress({ associationId });
    inner.clear();
    await assertDiesAt(box, 'no_dst', inner, () => peer.send(advertised, 'call'));
    await ec2.unassignPrivateIpAddresses({ networkInterfaceId, privateIpAddresses });
    expect(box.eni('eni-node-b').addresses).toEqual([boxAddresses.nodeSecondary]);
  });

  it('is described as it is: addresses, MACs, route tables, and the NAT gateway holds its own', async () => {
    await using box = await openBox();
    const ec2 = new SimulatedEc2({ region: 'eu-central-1', claimScope: 'eni' });
    const known = await describeBoxToEc2(box, ec2);
    const net1 = await box.netlinks.pod.links.get({ name: 'net1' });
    const filters = [{ name: 'mac-address', values: [net1?.macAddress ?? ''] }];
    const [eni] = await ec2.describeNetworkInterfaces({ filters });
    expect(eni?.networkInterfaceId).toBe(known.networkInterfaceIds['eni-node-b']);
    expect(eni?.networkInterfaceId).toBe(box.eni('eni-node-b').networkInterfaceId);
    expect(eni?.attachment).toMatchObject({ instanceId: known.instanceId, deviceIndex: 1 });
    expect(poolTag).toBe(poolTagKey);
    const addresses = await ec2.describeAddresses({});
    expect(addresses.map((address) => [address.publicIp, address.privateIpAddress])).toEqual([
      [boxAddresses.natGatewayPublic, boxAddresses.natGateway],
      ['203.0.113.50', undefined],
      ['203.0.113.51', undefined],
      ['203.0.113.52', undefined],
    ]);
  });

  it('refuses to follow an EC2 that does not know it', async () => {
    await using box = await openBox();
    const ec2 = new SimulatedEc2({ region: 'eu-central-1', claimScope: 'eni' });
    expect(() => box.connect(ec2)).toThrow(LabError);
  });
});
