import { expect, it } from 'vitest';
import { assign, associate, refusalOf, type MakePlace } from './ec2-api-place.ts';

/** What a network, an IAM policy and an instance's type make of calls that are right. */
export function hardshipCases(bench: MakePlace): void {
  it('a request that a network delivers twice is carried out twice, and its second answer is heard', async () => {
    const { ec2, simulated, place } = await bench();
    const { networkInterfaceId, routeTableId } = place;
    simulated.inject({ action: '*', deliverTwice: true, times: 7 });
    // the first of them put it there: nothing is new to the second
    const assigned = await assign(ec2, networkInterfaceId, '10.0.2.11');
    expect(assigned.assignedPrivateIpAddresses).toEqual([]);
    // nothing makes two of it one: EC2 has no client token here
    const tags = [{ key: 'use', value: 'media' }];
    const { allocationId } = await ec2.allocateTaggedAddress({ tags });
    expect(simulated.snapshot().addresses).toHaveLength(2);
    const { associationId } = await associate(ec2, allocationId, networkInterfaceId, '10.0.2.11');
    const route = { routeTableId, destinationCidrBlock: '203.0.113.77/32' };
    expect(await refusalOf(ec2.createRoute({ ...route, networkInterfaceId }))).toBe(
      'RouteAlreadyExists',
    );
    expect(await refusalOf(ec2.deleteRoute(route))).toBe('InvalidRoute.NotFound');
    expect(await refusalOf(ec2.disassociateAddress({ associationId }))).toBe(
      'InvalidAssociationID.NotFound',
    );
    const privateIpAddresses = ['10.0.2.11'];
    const unassigning = ec2.unassignPrivateIpAddresses({ networkInterfaceId, privateIpAddresses });
    expect(await refusalOf(unassigning)).toBe('InvalidParameterValue');
    const { networkInterfaces, addresses, routeTables } = simulated.snapshot();
    expect(networkInterfaces.flatMap((eni) => eni.privateIpAddresses)).toHaveLength(2);
    expect(addresses.every((address) => address.associationId === undefined)).toBe(true);
    expect(
      routeTables.flatMap(({ routes }) => routes).every(({ gatewayId }) => gatewayId === 'local'),
    ).toBe(true);
  });

  it('a policy with a resource tag lets calls touch what carries it, as it was before the call', async () => {
    const { ec2, simulated, place } = await bench();
    const { networkInterfaceId, otherInterfaceId, routeTableId } = place;
    const ours = simulated.allocateAddress({ tags: { pool: 'media' } }).allocationId;
    const foreign = simulated.allocateAddress().allocationId;
    const tag = { key: 'pool', value: 'media' };
    const media = { key: 'use', value: 'media' };
    simulated.requireTags([
      {
        actions: ['AssociateAddress', 'DisassociateAddress', 'CreateTags', 'DeleteTags'],
        resource: 'elastic-ip',
        tag,
      },
      {
        actions: ['AssociateAddress', 'AssignPrivateIpAddresses'],
        resource: 'network-interface',
        tag: media,
      },
      { actions: ['CreateRoute'], resource: 'route-table', tag: { key: 'use', value: 'others' } },
    ]);
    const denied = 'UnauthorizedOperation';
    expect(await refusalOf(associate(ec2, foreign, networkInterfaceId, '10.0.2.10'))).toBe(denied);
    expect(await refusalOf(associate(ec2, ours, otherInterfaceId, '10.0.2.20'))).toBe(denied);
    expect(await refusalOf(assign(ec2, otherInterfaceId, '10.0.2.21'))).toBe(denied);
    const join = ec2.createTags({ resources: [ours, foreign], tags: [tag] });
    expect(await refusalOf(join)).toBe(denied);
    const destinationCidrBlock = '203.0.113.77/32';
    const route = ec2.createRoute({ routeTableId, destinationCidrBlock, networkInterfaceId });
    expect(await refusalOf(route)).toBe(denied);
    const { associationId } = await associate(ec2, ours, networkInterfaceId, '10.0.2.10');
    await ec2.deleteTags({ resources: [ours], tags: [tag] });
    expect(await refusalOf(ec2.disassociateAddress({ associationId }))).toBe(denied);
    simulated.requireTags([]);
    await ec2.disassociateAddress({ associationId });
  });

  it('a policy with tag keys lets calls name these tags and no others, and never none', async () => {
    const { ec2, simulated } = await bench();
    const { allocationId } = simulated.allocateAddress({ tags: { pool: 'media' } });
    const resources = [allocationId];
    simulated.requireTags([
      { actions: ['CreateTags', 'DeleteTags', 'AllocateAddress'], requestTagKeys: ['owner'] },
    ]);
    const [owner, pool] = [
      { key: 'owner', value: 'a' },
      { key: 'pool', value: 'media' },
    ];
    const denied = 'UnauthorizedOperation';
    await ec2.createTags({ resources, tags: [owner] });
    expect(await refusalOf(ec2.createTags({ resources, tags: [owner, pool] }))).toBe(denied);
    expect(await refusalOf(ec2.deleteTags({ resources, tags: [pool] }))).toBe(denied);
    expect(await refusalOf(ec2.allocateTaggedAddress({ tags: [pool] }))).toBe(denied);
    expect(await refusalOf(simulated.deleteTags({ resources }))).toBe(denied);
    await ec2.deleteTags({ resources, tags: [owner] });
    const [address] = await ec2.describeAddresses({});
    expect(address?.tags).toEqual([pool]);
  });

  it('an instance takes as many interfaces as its type has, whichever is next', async () => {
    const { simulated, place } = await bench();
    const { subnetId } = place;
    const { instanceId } = simulated.createInstance({ instanceType: 'm5.large' });
    for (let index = 0; index < 3; index++)
      simulated.createNetworkInterface({ subnetId, instanceId });
    const { networkInterfaceId } = simulated.createNetworkInterface({ subnetId });
    const attach = async (): Promise<void> =>
      simulated.attachNetworkInterface({ networkInterfaceId, instanceId });
    expect(await refusalOf(attach())).toBe('AttachmentLimitExceeded');
    const [first, second] = simulated
      .snapshot()
      .networkInterfaces.flatMap((eni) =>
        eni.attachment?.instanceId === instanceId ? [eni.networkInterfaceId] : [],
      );
    const detach = async (id = ''): Promise<void> =>
      simulated.detachNetworkInterface({ networkInterfaceId: id });
    expect(await refusalOf(detach(first))).toBe('OperationNotPermitted');
    expect(await refusalOf(attach())).toBe('AttachmentLimitExceeded');
    await detach(second);
    await attach();
  });

  it('an interface that was attached later outlives its instance, with its addresses; the others go', async () => {
    const { ec2, simulated, place } = await bench();
    const { subnetId, instanceId, networkInterfaceId: run, otherInterfaceId: kept } = place;
    const { networkInterfaceId: late } = simulated.createNetworkInterface({ subnetId });
    simulated.attachNetworkInterface({ networkInterfaceId: late, instanceId });
    simulated.modifyNetworkInterface({ networkInterfaceId: kept, deleteOnTermination: false });
    for (const networkInterfaceId of [late, kept, run]) {
      const { allocationId } = simulated.allocateAddress();
      await simulated.associateAddress({ allocationId, networkInterfaceId });
    }
    simulated.setInstanceState({ instanceId, state: 'terminated' });
    const left = await ec2.describeNetworkInterfaces({});
    expect(left.map((eni) => [eni.networkInterfaceId, eni.status, eni.attachment])).toEqual([
      [kept, 'available', undefined],
      [late, 'available', undefined],
    ]);
    const addresses = await ec2.describeAddresses({});
    expect(addresses.map((one) => one.networkInterfaceId)).toEqual([late, kept, undefined]);
  });

  it('reservations of a subnet do not overlap', async () => {
    const { simulated, place } = await bench();
    const reserve = async (cidr: string): Promise<void> => {
      const { subnetId } = place;
      simulated.createSubnetCidrReservation({ subnetId, cidr, reservationType: 'explicit' });
    };
    await reserve('10.0.2.64/27');
    for (const cidr of ['10.0.2.64/28', '10.0.2.0/25', '10.0.2.64/27']) {
      expect([cidr, await refusalOf(reserve(cidr))]).toEqual([cidr, 'InvalidParameterValue']);
    }
    await reserve('10.0.2.96/27');
  });
}
