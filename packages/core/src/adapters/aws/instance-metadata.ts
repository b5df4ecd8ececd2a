import { isCidr, isIpv4Address, type Cidr, type Ipv4Address } from '../../identity/address.ts';
import { CoreError } from '../../errors.ts';
import { openMetadata, type MetadataOptions, type ReadMetadata } from './metadata-session.ts';
import { regionOfZone, type InstancePlace } from './provider-id.ts';

/** One ENI of the instance, as it knows it itself. IPs that were assigned lately may be missing: EC2's own answer comes first. */
export interface InstanceNetworkInterface {
  /** Lower case, with colons. */
  readonly mac: string;
  readonly networkInterfaceId: string;
  /** 0 is the primary one. */
  readonly deviceNumber: number;
  readonly subnetId: string;
  /** Absent in a subnet that has IPv6 only. */
  readonly subnetCidr?: Cidr;
  readonly vpcId: string;
  /** Every IPv4 CIDR block of the VPC. */
  readonly vpcCidrs: readonly Cidr[];
  readonly privateIps: readonly Ipv4Address[];
}

/** The instance that this process runs on. */
export interface InstanceFacts extends InstancePlace {
  readonly networkInterfaces: readonly InstanceNetworkInterface[];
}

/**
 * Asks the instance metadata service, version 2 only (a token by PUT, then reads with it). Never hangs: at worst it ends after
 * `tries` times `timeoutMs`. Where a Node's spec.providerID is at hand, `parseProviderId` tells instance and region with no request.
 *
 * @throws CoreError MetadataUnreachable, MetadataRefused, NodeFactsInvalid, Aborted
 */
export async function readInstanceMetadata(options: MetadataOptions = {}): Promise<InstanceFacts> {
  const read = await openMetadata(options);
  const instanceId = await required(read, 'instance-id');
  const availabilityZone = await required(read, 'placement/availability-zone');
  const macs = (await required(read, 'network/interfaces/macs/')).split('\n');
  const networkInterfaces: InstanceNetworkInterface[] = [];
  for (const line of macs) {
    const mac = line.replace(/\/$/, '').trim();
    if (mac !== '') networkInterfaces.push(await readInterface(read, mac));
  }
  const region = (await read('placement/region')) ?? regionOfZone(availabilityZone);
  if (region === undefined) throw factInvalid('placement/availability-zone', availabilityZone);
  return { instanceId, availabilityZone, region, networkInterfaces };
}

async function readInterface(read: ReadMetadata, mac: string): Promise<InstanceNetworkInterface> {
  const at = `network/interfaces/macs/${mac}`;
  const subnetPath = `${at}/subnet-ipv4-cidr-block`;
  const vpcPath = `${at}/vpc-ipv4-cidr-blocks`;
  const ipsPath = `${at}/local-ipv4s`;
  const subnetCidr = await read(subnetPath);
  const deviceNumber = await required(read, `${at}/device-number`);
  if (!/^\d+$/.test(deviceNumber)) throw factInvalid(`${at}/device-number`, deviceNumber);
  return {
    mac: mac.toLowerCase(),
    networkInterfaceId: await required(read, `${at}/interface-id`),
    deviceNumber: Number(deviceNumber),
    subnetId: await required(read, `${at}/subnet-id`),
    ...(subnetCidr && { subnetCidr: one(subnetPath, linesOf(subnetCidr), isCidr) }),
    vpcId: await required(read, `${at}/vpc-id`),
    vpcCidrs: all(vpcPath, linesOf(await required(read, vpcPath)), isCidr),
    privateIps: all(ipsPath, linesOf((await read(ipsPath)) ?? ''), isIpv4Address),
  };
}

function linesOf(text: string): readonly string[] {
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
}

function all<T extends string>(
  path: string,
  values: readonly string[],
  isOne: (value: string) => value is T,
): readonly T[] {
  return values.map((value) => {
    if (isOne(value)) return value;
    throw factInvalid(path, value);
  });
}

function one<T extends string>(
  path: string,
  values: readonly string[],
  isOne: (value: string) => value is T,
): T {
  const [value] = all(path, values, isOne);
  if (value === undefined || values.length !== 1) throw factInvalid(path, values.join(', '));
  return value;
}

async function required(read: ReadMetadata, path: string): Promise<string> {
  const value = await read(path);
  if (value !== undefined && value !== '') return value.trim();
  throw factInvalid(path, value);
}

function factInvalid(path: string, value: string | undefined): CoreError {
  return new CoreError({
    code: 'NodeFactsInvalid',
    message: `Instance metadata said ${value === undefined ? 'nothing' : JSON.stringify(value)} for ${path}`,
    remedy:
      'An ENI that was attached a moment ago may not be there yet: try again. If it stays so, give the value in the identity spec.',
    retry: 'later',
  });
}
