import type { Ec2Snapshot } from '@truetuple/core/testing';

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
  role: RoleCredentials | undefined,
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
  for (const { macAddress, networkInterfaceId, subnetId, vpcId, ...more } of interfaces) {
    const at = `network/interfaces/macs/${macAddress}`;
    paths.set(`${at}/interface-id`, networkInterfaceId);
    paths.set(`${at}/device-number`, String(more.attachment?.deviceIndex));
    paths.set(`${at}/subnet-id`, subnetId);
    paths.set(`${at}/vpc-id`, vpcId);
    const ips = more.privateIpAddresses.map(({ privateIpAddress }) => privateIpAddress);
    paths.set(`${at}/local-ipv4s`, ips.join('\n'));
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
