import { handoverTagKey } from '@truetuple/core';
import { SimulatedEc2 } from '@truetuple/core/testing';
import { expect, it } from 'vitest';
import { Truth } from './truth.ts';

it('an association that ends with its instance frees the address then, as a call would', async () => {
  const ec2 = new SimulatedEc2({ region: 'eu-central-1', claimScope: 'eni' });
  const { vpcId } = ec2.createVpc({ cidr: '10.0.0.0/16' });
  ec2.createInternetGateway({ vpcId });
  const { subnetId } = ec2.createSubnet({ vpcId, cidr: '10.0.2.0/24' });
  const { instanceId } = ec2.createInstance();
  const { networkInterfaceId } = ec2.createNetworkInterface({ subnetId, instanceId });
  const { allocationId } = ec2.allocateAddress();
  const truth = new Truth();
  ec2.onChange((change) => truth.follow(change, 1000));
  const { associationId } = await ec2.associateAddress({ allocationId, networkInterfaceId });
  expect(truth.reread(ec2, 2000)).toEqual([]);
  expect(truth.association(allocationId)).toMatchObject({ associationId, sinceMs: 1000 });
  expect(truth.freedMs(allocationId)).toBe(-Infinity);
  ec2.setInstanceState({ instanceId, state: 'terminated' });
  expect(truth.reread(ec2, 3000)).toEqual([allocationId]);
  expect(truth.association(allocationId)).toBeUndefined();
  expect(truth.endOf(associationId)).toBe(3000);
  expect(truth.freedMs(allocationId)).toBe(3000);
});

it('a hold that a standby asked for is known as one that began after another on the same private IP', async () => {
  const ec2 = new SimulatedEc2({ region: 'eu-central-1', claimScope: 'eni' });
  const { vpcId } = ec2.createVpc({ cidr: '10.0.0.0/16' });
  ec2.createInternetGateway({ vpcId });
  const { subnetId } = ec2.createSubnet({ vpcId, cidr: '10.0.2.0/24' });
  const { networkInterfaceId } = ec2.createNetworkInterface({ subnetId });
  const privateIp = ec2.snapshot().networkInterfaces[0]?.privateIpAddresses[0]?.privateIpAddress;
  const { allocationId } = ec2.allocateAddress();
  const truth = new Truth();
  let nowMs = 0;
  ec2.onChange((change) => truth.follow(change, (nowMs += 1000)));
  const claim = async (): Promise<string> => {
    const { associationId } = await ec2.associateAddress({ allocationId, networkInterfaceId });
    return associationId;
  };
  const first = await claim();
  await ec2.disassociateAddress({ associationId: first });
  const second = await claim();
  const request = { key: handoverTagKey, value: `c/n/standby/uid-7/${second}/1767225767` };
  await ec2.createTags({ resources: [allocationId], tags: [request] });
  await ec2.disassociateAddress({ associationId: second });
  const at = { allocationId, privateIp: privateIp ?? '' };
  expect(truth.wasAskedForSince(first, at)).toBe(true);
  expect(truth.wasAskedForSince(second, at)).toBe(false);
  expect(truth.wasAskedForSince(first, { ...at, privateIp: '10.0.2.99' })).toBe(false);
  expect(truth.wasAskedForSince(first, { ...at, allocationId: 'eipalloc-other' })).toBe(false);
});
