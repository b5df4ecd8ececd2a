// What a simulated EC2 is told, and what it answers, beside the types of Ec2Api.
export type { AssociateInput } from './addresses.ts';
export type { CidrReservation, InstanceState } from './cloud-state.ts';
export type {
  AttachmentSetup,
  CidrReservationSetup,
  GatewayRoute,
  InternetGatewaySetup,
} from './connect-topology.ts';
export type { AssignAnswer, AssignInput } from './network-interfaces.ts';
export type { RouteInput } from './route-tables.ts';
export type { SecurityGroupSetup } from './security-groups.ts';
export type { DeleteTagsInput } from './tags.ts';
export type {
  CreatedNetworkInterface,
  InstanceSetup,
  NetworkInterfaceSetup,
  RouteTableSetup,
  SubnetSetup,
  VpcSetup,
} from './topology.ts';
export type { UnassignInput } from './unassign-private-ips.ts';
