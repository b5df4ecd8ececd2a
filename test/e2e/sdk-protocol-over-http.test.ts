import {
  AssociateAddressCommand,
  CreateTagsCommand,
  DescribeAddressesCommand,
  DescribeNetworkInterfacesCommand,
  type DescribeNetworkInterfacesCommandInput,
  DescribeRouteTablesCommand,
  DisassociateAddressCommand,
  paginateDescribeNetworkInterfaces,
  paginateDescribeRouteTables,
} from '@aws-sdk/client-ec2';
import { SimulatedEc2 } from '@truetuple/core/testing';

import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { startEc2Endpoint } from '../lab/src/ec2-endpoint/start-ec2-endpoint.ts';
import { LabError } from '../lab/src/errors.ts';
import { openHttpRegion, refusalOf, type HttpRegion } from './http-region.ts';

let region: HttpRegion;
beforeEach(async () => {
  region = await openHttpRegion();
});
afterEach(() => region[Symbol.asyncDispose]());

describe('paging', () => {
  test('network interfaces come page by page, each of them once', async () => {
    const { client, ec2, ids } = region;
    for (let number = 0; number < 15; number++)
      ec2.createNetworkInterface({ subnetId: ids.subnetId });
    const sizes: number[] = [];
    const seen: (string | undefined)[] = [];
    for await (const page of paginateDescribeNetworkInterfaces({ client, pageSize: 5 }, {})) {
      sizes.push(page.NetworkInterfaces?.length ?? 0);
      seen.push(...(page.NetworkInterfaces ?? []).map((eni) => eni.NetworkInterfaceId));
    }
    expect(sizes).toEqual([5, 5, 5, 2]);
    expect(new Set(seen).size).toBe(17);
  });

  test('route tables too', async () => {
    const { client, ec2, ids } = region;
    for (let number = 0; number < 9; number++) ec2.createRouteTable({ vpcId: ids.vpcId });
    const sizes: number[] = [];
    for await (const page of paginateDescribeRouteTables({ client, pageSize: 5 }, {})) {
      sizes.push(page.RouteTables?.length ?? 0);
    }
    expect(sizes).toEqual([5, 5, 1]);
  });

  test('wrong page requests have their own codes', async () => {
    const { client, ids } = region;
    const describeWith = (input: DescribeNetworkInterfacesCommandInput) =>
      refusalOf(client.send(new DescribeNetworkInterfacesCommand(input)));
    expect(await describeWith({ MaxResults: 4 })).toMatchObject({ name: 'InvalidParameterValue' });
    expect(await describeWith({ MaxResults: 1001 })).toMatchObject({
      name: 'InvalidParameterValue',
    });
    expect(await describeWith({ NextToken: 'made-up' })).toMatchObject({
      name: 'InvalidPaginationToken',
    });
    expect(
      await describeWith({ MaxResults: 5, NetworkInterfaceIds: [...ids.networkInterfaceIds] }),
    ).toMatchObject({ name: 'InvalidParameterCombination' });
  });
});

describe('refusals', () => {
  test('a dry run says whether the caller may, and changes nothing', async () => {
    const { client, ec2, ids } = region;
    const before = ec2.snapshot();
    const claim = () =>
      client.send(
        new AssociateAddressCommand({
          AllocationId: ids.allocationIds[0],
          NetworkInterfaceId: ids.networkInterfaceIds[0],
          DryRun: true,
        }),
      );
    expect(await refusalOf(claim())).toMatchObject({ name: 'DryRunOperation', status: 412 });
    ec2.denyActions(['AssociateAddress']);
    expect(await refusalOf(claim())).toMatchObject({ name: 'UnauthorizedOperation', status: 403 });
    expect(ec2.snapshot()).toEqual(before);
    expect(ec2.calls.countWrites()).toBe(0);
  });

  test('an error says what the simulator said, with a request id', async () => {
    const { client, ec2 } = region;
    ec2.denyActions(['DescribeAddresses']);
    const refusal = await refusalOf(client.send(new DescribeAddressesCommand({})));
    expect(refusal).toMatchObject({ name: 'UnauthorizedOperation', status: 403, attempts: 1 });
    expect(refusal.message).toContain('ec2:DescribeAddresses');
    expect(refusal.requestId).toMatch(/^[0-9a-f-]{36}$/);
  });

  test('an unknown filter is refused', async () => {
    const Filters = [{ Name: 'no-such-filter', Values: ['x'] }];
    const call = region.client.send(new DescribeRouteTablesCommand({ Filters }));
    expect(await refusalOf(call)).toMatchObject({ name: 'InvalidParameterValue', status: 400 });
  });

  test('a parameter that EC2 has and the endpoint has not is refused, not passed over', async () => {
    const call = region.client.send(
      new DescribeNetworkInterfacesCommand({ IncludeManagedResources: true }),
    );
    expect(await refusalOf(call)).toMatchObject({ name: 'UnknownParameter' });
  });

  test('the 51st tag is refused', async () => {
    const { client, ids } = region;
    const Tags = Array.from({ length: 51 }, (_, index) => ({ Key: `k${index}`, Value: 'v' }));
    const call = client.send(new CreateTagsCommand({ Resources: [ids.vpcId], Tags }));
    expect(await refusalOf(call)).toMatchObject({ name: 'TagLimitExceeded' });
  });

  test('missing parameters are refused', async () => {
    const call = region.client.send(new DisassociateAddressCommand({}));
    expect(await refusalOf(call)).toMatchObject({ name: 'MissingParameter' });
  });
});

describe('retries by the SDK', () => {
  test('a throttled call, 503, is tried again and then succeeds', async () => {
    const { client, ec2 } = region;
    ec2.inject({ action: 'DescribeAddresses', error: 'RequestLimitExceeded', times: 1 });
    const answer = await client.send(new DescribeAddressesCommand({}));
    expect(answer.$metadata.attempts).toBe(2);
    expect(ec2.calls.count('DescribeAddresses')).toBe(2);
  });

  test('a client error is not', async () => {
    const { client, ec2 } = region;
    ec2.inject({ action: 'DescribeAddresses', error: 'InvalidParameterValue', times: 1 });
    const refusal = await refusalOf(client.send(new DescribeAddressesCommand({})));
    expect(refusal).toMatchObject({ name: 'InvalidParameterValue', attempts: 1 });
  });

  test('after a lost answer the call has taken effect, and the second try finds that', async () => {
    const { client, ec2, ids } = region;
    ec2.inject({ action: 'AssociateAddress', loseAnswer: true });
    const answer = await client.send(
      new AssociateAddressCommand({
        AllocationId: ids.allocationIds[0],
        NetworkInterfaceId: ids.networkInterfaceIds[0],
        AllowReassociation: false,
      }),
    );
    expect(answer.$metadata.attempts).toBe(2);
    expect(ec2.calls.entries.map(({ outcome }) => outcome)).toEqual(['answer-lost', 'done']);
    expect(ec2.snapshot().addresses[0]?.associationId).toBe(answer.AssociationId);
  });

  test('a lost answer is a connection that ends without one', async () => {
    const client = region.clientWith({ maxAttempts: 1 });
    region.ec2.inject({ action: 'DescribeAddresses', loseAnswer: true });
    const call = client.send(new DescribeAddressesCommand({}));
    await expect(call).rejects.toMatchObject({ code: 'ECONNRESET' });
  });
});

describe('regions', () => {
  test('a request signed for another region is refused', async () => {
    const client = region.clientWith({ region: 'eu-west-1', maxAttempts: 1 });
    const refusal = await refusalOf(client.send(new DescribeAddressesCommand({})));
    expect(refusal).toMatchObject({ name: 'AuthFailure', status: 401 });
    expect(refusal.message).toContain("'eu-west-1'");
    expect(region.ec2.calls.count()).toBe(0);
  });

  test('one endpoint serves several regions, told apart by the signature', async () => {
    const west = new SimulatedEc2({ region: 'eu-west-1', claimScope: 'eni' });
    const listen = { host: '127.0.0.1', port: 0 };
    await using endpoint = await startEc2Endpoint({ ec2: [region.ec2, west], listen });
    const count = async (name: string) => {
      const client = region.clientWith({ region: name, endpoint: endpoint.url });
      const { Addresses } = await client.send(new DescribeAddressesCommand({}));
      return Addresses?.length;
    };
    expect(await count('eu-central-1')).toBe(2);
    expect(await count('eu-west-1')).toBe(0);
  });

  test('a port that is taken is an error with a remedy', async () => {
    const { hostname, port } = new URL(region.url);
    const second = startEc2Endpoint({
      ec2: region.ec2,
      listen: { host: hostname, port: Number(port) },
    });
    const error: unknown = await second.catch((reason: unknown) => reason);
    expect(LabError.is(error) && error.code).toBe('ListenRefused');
  });
});
