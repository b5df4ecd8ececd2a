export { FakeKernel } from './fake-kernel/fake-kernel.ts';
export type { KernelFault, StepHook } from './fake-kernel/fake-kernel.ts';
export type { FakeLinkSetup } from './fake-kernel/fake-link-setup.ts';
export type { FakeRouteKey } from './fake-kernel/fake-routes.ts';
export { FakeNode } from './fake-kernel/fake-node.ts';
export { fakePod, type FakePodSetup } from './fake-kernel/fake-pod.ts';
export type {
  FakeAllLinks,
  FakeIpv6,
  FakeIpv6Route,
  FakeLink,
  FakeNeighbour,
  FakeRoute,
  FakeWorld,
} from './fake-kernel/fake-world.ts';
export { SimulatedEc2, type SimulatedEc2Options } from './simulated-ec2/simulated-ec2.ts';
export type { SimulatedRegion } from './simulated-ec2/simulated-region.ts';
export { faithfulEc2, type FaithfulEc2Setup } from './simulated-ec2/faithful-ec2.ts';
export { documentedRates, type SimulatedRates } from './simulated-ec2/request-buckets.ts';
export type { Lag, LaggingKind, ReadConsistency } from './simulated-ec2/lagging-reads.ts';
export {
  isNitro,
  networkInterfacesOf,
  privateIpsOf,
  simulatedInstanceTypes,
  type SimulatedInstanceType,
} from './simulated-ec2/instance-types.ts';
export type { CallLog, Ec2Action, Ec2Call } from './simulated-ec2/call-log.ts';
export type { Ec2Change, Ec2ChangeListener } from './simulated-ec2/change.ts';
export type { FreshTimes } from './simulated-ec2/fresh-resources.ts';
export type { TransientFailures } from './simulated-ec2/transients.ts';
export type { Ec2Fault } from './simulated-ec2/faults.ts';
export type { Ec2Snapshot } from './simulated-ec2/snapshot.ts';
export { FakeClock } from './fake-clock.ts';
export { ManualClock } from './manual-clock.ts';
export { MemoryPublisher } from './memory-publisher.ts';
export { simulatedNode, type SimulatedNodeParts } from './simulated-node.ts';
export { simulatedPod, type SimulatedPod, type SimulatedPodSetup } from './simulated-pod.ts';
export {
  FakeInternet,
  type FakeInternetSetup,
  type Translated,
} from './fake-internet/fake-internet.ts';
export type { FakeStunServer } from './fake-internet/fake-stun-server.ts';
export type { AllocateInput, AssociateInput, ReleaseInput } from './simulated-ec2/addresses.ts';
export type { Attachment, CidrReservation, InstanceState } from './simulated-ec2/cloud-state.ts';
export type { AttachmentSetup, InterfaceChange } from './simulated-ec2/attachments.ts';
export type {
  CidrReservationSetup,
  GatewayRoute,
  InternetGatewaySetup,
} from './simulated-ec2/connect-topology.ts';
export type { DescribeInterfacesInput, ShownNetworkInterface } from './simulated-ec2/describe.ts';
export type { AssignAnswer, AssignInput } from './simulated-ec2/network-interfaces.ts';
export type {
  AssignIpv6Answer,
  AssignIpv6Input,
  UnassignIpv6Input,
} from './simulated-ec2/ipv6-addresses.ts';
export type { NetworkAclSetup } from './simulated-ec2/network-acls.ts';
export type { PrefixListChange, PrefixListSetup } from './simulated-ec2/prefix-lists.ts';
export type { AddressAttribute, ReverseDnsSetup } from './simulated-ec2/reverse-dns.ts';
export type { IamPolicy, IamStatement } from './simulated-ec2/iam/iam-policy.ts';
export type { IamCondition, IamConditionValues } from './simulated-ec2/iam/iam-conditions.ts';
export type { PublicHostnameType } from './simulated-ec2/public-hostname.ts';
export type { PrefixListRoute, RouteInput } from './simulated-ec2/route-tables.ts';
export type { SecurityGroupRules, SecurityGroupSetup } from './simulated-ec2/security-groups.ts';
export type {
  RequestTagCondition,
  ResourceTagCondition,
  TagCondition,
} from './simulated-ec2/iam/tag-conditions.ts';
export type { DeleteTagsInput } from './simulated-ec2/tags.ts';
export type {
  CreatedNetworkInterface,
  InstanceSetup,
  NetworkInterfaceSetup,
  RouteTableSetup,
  SubnetSetup,
  VpcSetup,
} from './simulated-ec2/topology.ts';
export type { UnassignInput } from './simulated-ec2/unassign-private-ips.ts';
export type {
  StunAttribute,
  StunClass,
  StunMessage,
  TransactionId,
} from '../verify/stun/stun-message.ts';
export { seededRandom } from './simulated-ec2/seeded-random.ts';
export { claimStoreContract, type ClaimStoreCase } from './claim-store-contract.ts';
export { MemoryClaimStore, type ClaimStoreFault } from './memory-claim-store.ts';
export { MemoryLease } from './memory-lease.ts';
