import type { Ec2Snapshot, ShownNetworkInterface } from '@truetuple/core/testing';
import type { AddressesOf } from './late-addresses.ts';

/** Temporary credentials of the instance's role. */
export interface RoleCredentials {
  readonly roleName: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string;
  readonly expiration: Date;
}

/** Everything that the service says of this instance, by path below /latest/meta-data/. A path that ends in a slash is a list. */
export function metadataPaths(
  ec2: Ec2Snapshot,
  { region, instanceId }: { readonly region: string; readonly instanceId: string },
  {
    role,
    addressesOf,
  }: {
    readonly role: RoleCredentials | undefined;
    readonly addressesOf: (eni: ShownNetworkInterface) => AddressesOf;
  },
): ReadonlyMap<string, string> {
  const interfaces = ec2.networkInterfaces.filter(
    ({ attachment }) => attachment?.instanceId === instanceId,
  );
  const paths = new Map([
    ['instance-id', instanceId],
    ['placement/region', region],
    ['placement/availability-zone', interfaces[0]?.availabilityZone ?? `${region}a`],
    ['network/interfaces/macs/', interfaces.map(({ macAddress }) => `${macAddress}/`).join('\n')],
  ]);
  for (const eni of interfaces) {
    const { macAddress, networkInterfaceId, subnetId, vpcId } = eni;
    const at = `network/interfaces/macs/${macAddress}`;
    paths.set(`${at}/interface-id`, networkInterfaceId);
    paths.set(`${at}/device-number`, String(eni.attachment?.deviceIndex));
    paths.set(`${at}/subnet-id`, subnetId);
    paths.set(`${at}/vpc-id`, vpcId);
    for (const [path, value] of addressPaths(addressesOf(eni))) paths.set(`${at}/${path}`, value);
    for (const [path, value] of ipv6Paths(ec2, eni)) paths.set(`${at}/${path}`, value);
    const subnet = ec2.subnets.find((each) => each.subnetId === subnetId);
    const vpc = ec2.vpcs.find((each) => each.vpcId === vpcId);
    paths.set(`${at}/subnet-ipv4-cidr-block`, subnet?.cidr ?? '');
    paths.set(`${at}/vpc-ipv4-cidr-blocks`, vpc?.cidr ?? '');
  }
  if (role === undefined) return paths;
  paths.set('iam/security-credentials/', role.roleName);
  paths.set(`iam/security-credentials/${role.roleName}`, credentialsDocument(role));
  return paths;
}

/** Those of Elastic IPs are there only where there are some (EC2 user guide, "Instance metadata categories"). */
function addressPaths(addresses: AddressesOf): Map<string, string> {
  const ips = addresses.map(({ privateIpAddress }) => privateIpAddress);
  const paths = new Map([['local-ipv4s', ips.join('\n')]]);
  const publicIps: string[] = [];
  for (const { privateIpAddress, association } of addresses) {
    if (association === undefined) continue;
    publicIps.push(association.publicIp);
    paths.set(`ipv4-associations/${association.publicIp}`, privateIpAddress);
  }
  if (publicIps.length === 0) return paths;
  paths.set('public-ipv4s', publicIps.join('\n'));
  return paths.set('ipv4-associations/', publicIps.join('\n'));
}

/** Those of IPv6 are there only where there is some; they show at once what EC2 shows. */
function ipv6Paths(ec2: Ec2Snapshot, eni: ShownNetworkInterface): Map<string, string> {
  const { ipv6Addresses = [] } = eni;
  const subnet = ec2.subnets.find(({ subnetId }) => subnetId === eni.subnetId);
  const vpc = ec2.vpcs.find(({ vpcId }) => vpcId === eni.vpcId);
  const paths = new Map<string, string>();
  if (ipv6Addresses.length > 0) paths.set('ipv6s', ipv6Addresses.join('\n'));
  if (subnet?.ipv6Cidr !== undefined) paths.set('subnet-ipv6-cidr-blocks', subnet.ipv6Cidr);
  if (vpc?.ipv6Cidr !== undefined) paths.set('vpc-ipv6-cidr-blocks', vpc.ipv6Cidr);
  return paths;
}

function credentialsDocument(role: RoleCredentials): string {
  return JSON.stringify({
    Code: 'Success',
    Type: 'AWS-HMAC',
    AccessKeyId: role.accessKeyId,
    SecretAccessKey: role.secretAccessKey,
    Token: role.sessionToken,
    Expiration: role.expiration.toISOString(),
  });
}
