import type { NetworkInterface } from '../cloud/ec2/ec2-api.ts';
import type { CloudView } from '../cloud/observe/view.ts';
import { hasPrivateIp, interfaceOf, isAt, routeTo } from '../cloud/observe/view.ts';
import { hostCidr } from '../identity/address.ts';
import type { PublicIdentity } from '../identity/public-identity.ts';
import type { Observation } from './finding.ts';

/** What verification needs to know of an identity to judge what EC2 shows. */
export type CloudFacts = Pick<
  PublicIdentity,
  | 'publicIp'
  | 'privateIp'
  | 'networkInterfaceId'
  | 'allocationId'
  | 'associationId'
  | 'routeTableIds'
  | 'publicIpv6'
>;

/** Pure: every difference between what the identity needs and what EC2 showed. */
export function judgeCloud(facts: CloudFacts, view: CloudView): Observation[] {
  return [
    ...judgeInterface(facts, interfaceOf(view, facts.networkInterfaceId)),
    ...judgeAssociation(facts, view),
    ...facts.routeTableIds.flatMap((routeTableId) => judgeRoute(facts, view, routeTableId)),
  ];
}

function judgeInterface(
  { networkInterfaceId, privateIp, publicIpv6 }: CloudFacts,
  eni: NetworkInterface | undefined,
): Observation[] {
  if (eni === undefined) {
    return [
      {
        code: 'interface-missing',
        severity: 'broken',
        seen: `EC2 shows no ${networkInterfaceId}`,
        wanted: `${networkInterfaceId}, attached to this node`,
        remedy: `Find out who deleted it; the pod needs a node whose ENI is there.`,
      },
    ];
  }
  const findings: Observation[] = [];
  const state = eni.attachment?.status ?? 'detached';
  if (state !== 'attached') {
    findings.push({
      code: 'interface-not-attached',
      severity: 'broken',
      seen: `${networkInterfaceId} is ${state}`,
      wanted: 'attached',
      remedy: `Attach it to the node again, or move the pod.`,
    });
  }
  if (eni.sourceDestCheck) {
    findings.push({
      code: 'source-dest-check-on',
      severity: 'broken',
      seen: `the source/destination check of ${networkInterfaceId} is on`,
      wanted: 'off',
      remedy: `aws ec2 modify-network-interface-attribute --network-interface-id ${networkInterfaceId} --no-source-dest-check; ensure and keep do it too.`,
    });
  }
  if (publicIpv6 !== undefined && eni.ipv6Addresses?.includes(publicIpv6.address) !== true) {
    findings.push({
      code: 'ipv6-address-not-assigned',
      severity: 'broken',
      seen: `${networkInterfaceId} has ${eni.ipv6Addresses?.join(', ') ?? 'no IPv6 address'}`,
      wanted: `${publicIpv6.address} among them`,
      remedy: `Call ensure again, or keep it: the VPC delivers nothing to an address that no interface has.`,
    });
  }
  if (!hasPrivateIp(eni, privateIp)) {
    findings.push({
      code: 'private-ip-not-registered',
      severity: 'broken',
      seen: `${networkInterfaceId} holds ${eni.privateIpAddresses.map((one) => one.privateIpAddress).join(', ')}`,
      wanted: `${privateIp} among them`,
      remedy: `Call ensure again, or keep it: the VPC delivers nothing to an address that no interface holds.`,
    });
  }
  return findings;
}

function judgeAssociation(facts: CloudFacts, view: CloudView): Observation[] {
  const { publicIp, privateIp, networkInterfaceId, allocationId, associationId } = facts;
  const address = view.addresses.find((one) => one.allocationId === allocationId);
  const wanted = `${publicIp} (${allocationId}) on ${privateIp} of ${networkInterfaceId}`;
  if (address === undefined) {
    return [
      {
        code: 'address-gone',
        severity: 'broken',
        seen: `EC2 shows no ${allocationId}`,
        wanted,
        remedy: `The Elastic IP was released: release this identity and ensure another one.`,
      },
    ];
  }
  const other = interfaceOf(view, networkInterfaceId)?.privateIpAddresses.find(
    (one) => one.privateIpAddress === privateIp,
  )?.association;
  const isOurs = isAt(address, facts) && address.associationId === associationId;
  if (isOurs && (other === undefined || other.publicIp === publicIp)) return [];
  const elsewhere = other !== undefined && other.publicIp !== publicIp;
  if (address.associationId === undefined && !elsewhere) {
    return [
      {
        code: 'association-missing',
        severity: 'broken',
        seen: `${publicIp} is associated with nothing`,
        wanted,
        remedy: `Find out who disassociated it; keep associates it again when nobody else has it.`,
      },
    ];
  }
  const seen = elsewhere
    ? `${privateIp} carries ${other.publicIp}`
    : `${publicIp} is on ${address.privateIpAddress ?? 'nothing'} of ${address.networkInterfaceId ?? 'nothing'} by ${address.associationId ?? 'no association'}`;
  return [
    {
      code: 'association-elsewhere',
      severity: 'broken',
      seen,
      wanted: `${wanted} by ${associationId}`,
      remedy: `Somebody associated it anew: look for a second controller or holder in CloudTrail (AssociateAddress), and release this identity.`,
    },
  ];
}

/** Without the /32 callers in the VPC reach the address by the Internet gateway, or not at all. */
function judgeRoute(
  { publicIp, networkInterfaceId }: CloudFacts,
  { routeTables }: CloudView,
  routeTableId: string,
): Observation[] {
  const table = routeTables.find((one) => one.routeTableId === routeTableId);
  const destination = hostCidr(publicIp);
  const route = table === undefined ? undefined : routeTo(table, destination);
  const wanted = `${destination} to ${networkInterfaceId} in ${routeTableId}`;
  const remedy = `Call ensure again, or keep it, which puts it back; then find out what changes ${routeTableId} (infrastructure code that owns the table deletes foreign routes).`;
  if (route === undefined) {
    const seen =
      table === undefined
        ? `EC2 shows no ${routeTableId}`
        : `${routeTableId} has no route to ${destination}`;
    return [{ code: 'vpc-route-missing', severity: 'broken', seen, wanted, remedy }];
  }
  const target = route.networkInterfaceId ?? route.gatewayId ?? 'something else';
  if (target !== networkInterfaceId) {
    const seen = `${routeTableId} leads ${destination} to ${target}`;
    return [{ code: 'vpc-route-elsewhere', severity: 'broken', seen, wanted, remedy }];
  }
  if (route.state === 'active') return [];
  const seen = `the route to ${destination} in ${routeTableId} is a black hole`;
  return [{ code: 'vpc-route-blackhole', severity: 'broken', seen, wanted, remedy }];
}
