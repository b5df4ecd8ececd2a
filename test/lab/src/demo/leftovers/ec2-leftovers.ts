import { ownerTagKey, poolTagKey, type Ec2Api } from '@truetuple/core';
import type { ElasticIp, NetworkInterface, RouteTable } from '@truetuple/core';
import type { Leftover } from '../report/report.ts';

/** All of EC2's state that truetuple may touch. */
export interface Ec2Picture {
  readonly addresses: readonly ElasticIp[];
  readonly networkInterfaces: readonly NetworkInterface[];
  readonly routeTables: readonly RouteTable[];
}

export async function pictureEc2(ec2: Ec2Api, pool: string): Promise<Ec2Picture> {
  const [addresses, networkInterfaces, routeTables] = await Promise.all([
    ec2.describeAddresses({ filters: [{ name: `tag:${poolTagKey}`, values: [pool] }] }),
    ec2.describeNetworkInterfaces({}),
    ec2.describeRouteTables({}),
  ]);
  return { addresses, networkInterfaces, routeTables };
}

/** What of ours stands in EC2 that did not stand there before. */
export function leftInEc2(before: Ec2Picture, after: Ec2Picture): readonly Leftover[] {
  return [...leftOnAddresses(after), ...leftPrivateIps(before, after), ...leftRoutes(after)].map(
    (what) => ({ where: 'ec2', what }),
  );
}

function leftOnAddresses({ addresses }: Ec2Picture): readonly string[] {
  return addresses.flatMap((address) => {
    const { publicIp, privateIpAddress, associationId, tags } = address;
    const owner = tags.find(({ key }) => key === ownerTagKey);
    return [
      ...(associationId === undefined
        ? []
        : [`${publicIp} is associated with ${privateIpAddress ?? '?'} (${associationId})`]),
      ...(owner === undefined ? [] : [`${publicIp} has the owner tag ${owner.value}`]),
    ];
  });
}

function leftPrivateIps(before: Ec2Picture, after: Ec2Picture): readonly string[] {
  const list = ({ networkInterfaces }: Ec2Picture): readonly string[] =>
    networkInterfaces.flatMap(({ networkInterfaceId, privateIpAddresses }) =>
      privateIpAddresses.map(
        (ip) => `${ip.privateIpAddress} is registered on ${networkInterfaceId}`,
      ),
    );
  const known = new Set(list(before));
  return list(after).filter((line) => !known.has(line));
}

function leftRoutes({ addresses, routeTables }: Ec2Picture): readonly string[] {
  const hosts = new Set(addresses.map(({ publicIp }) => `${publicIp}/32`));
  return routeTables.flatMap(({ routeTableId, routes }) =>
    routes
      .filter(({ destinationCidrBlock }) => hosts.has(destinationCidrBlock))
      .map(
        ({ destinationCidrBlock, networkInterfaceId }) =>
          `${routeTableId} leads ${destinationCidrBlock} to ${networkInterfaceId ?? '?'}`,
      ),
  );
}
