import {
  requireNetworkInterface,
  requireWellFormed,
  type Attachment,
  type CloudState,
  type NetworkInterfaceRecord,
} from './cloud-state.ts';
import { networkInterfacesOf } from './instance-types.ts';
import { addressUnitsOf, requireAddressUnits } from './network-address-units.ts';
import { requireNitro } from './prefixes.ts';
import type { PublicHostnameType } from './public-hostname.ts';
import { refuse } from './refuse.ts';

/** An interface for an instance, at the next free device index unless one is named. */
export interface AttachmentSetup {
  readonly networkInterfaceId: string;
  readonly instanceId: string;
  readonly deviceIndex?: number;
  /** EC2's default is false: the interface outlives the instance. */
  readonly deleteOnTermination?: boolean;
}

type AttachmentWish = Partial<Omit<AttachmentSetup, 'networkInterfaceId'>>;

/** AttachNetworkInterface. */
export function attachNetworkInterface(state: CloudState, setup: AttachmentSetup): void {
  const eni = requireNetworkInterface(state, setup.networkInterfaceId);
  if (eni.attachment !== undefined) {
    refuse('InvalidNetworkInterface.InUse', `Interface: [${setup.networkInterfaceId}] in use.`);
  }
  attach(state, eni, setup);
}

/** To an instance, if one is named. */
export function attach(
  state: CloudState,
  eni: NetworkInterfaceRecord,
  setup: AttachmentWish,
): void {
  const attachment = attachmentFor(state, setup);
  requireNitro(state, attachment?.instanceId, [...eni.ipv4Prefixes, ...eni.ipv6Prefixes]);
  requireAddressUnits(state, eni.vpcId, addressUnitsOf(state, { ...eni, attachment }));
  eni.attachment = attachment;
}

/** The next free device index, unless one is named. */
function attachmentFor(state: CloudState, setup: AttachmentWish): Attachment | undefined {
  const { instanceId, deleteOnTermination = false } = setup;
  if (instanceId === undefined) return undefined;
  requireWellFormed(instanceId, 'i', 'InvalidInstanceID.Malformed');
  const instance = state.instances.get(instanceId);
  if (instance === undefined) {
    return refuse('InvalidInstanceID.NotFound', `The instance ID '${instanceId}' does not exist`);
  }
  const used = [...state.networkInterfaces.values()].flatMap(({ attachment }) =>
    attachment?.instanceId === instanceId ? [attachment.deviceIndex] : [],
  );
  const most = instance.instanceType && networkInterfacesOf(instance.instanceType);
  if (most !== undefined && used.length >= most) {
    refuse(
      'AttachmentLimitExceeded',
      `Interface count ${used.length + 1} exceeds the limit for ${instance.instanceType}: ${most}.`,
    );
  }
  const deviceIndex = setup.deviceIndex ?? Math.max(-1, ...used) + 1;
  if (used.includes(deviceIndex)) {
    refuse(
      'InvalidParameterValue',
      `Instance '${instanceId}' already has an interface attached at device index '${deviceIndex}'.`,
    );
  }
  return { instanceId, deviceIndex, deleteOnTermination };
}

/** Takes an interface off its instance: what it has stays, routes to it become black holes. The first one stays (EC2's list of error codes, OperationNotPermitted). */
export function detachNetworkInterface(state: CloudState, networkInterfaceId: string): void {
  const eni = requireNetworkInterface(state, networkInterfaceId);
  if (eni.attachment?.deviceIndex === 0) {
    refuse('OperationNotPermitted', `The network interface at device index 0 cannot be detached.`);
  }
  eni.attachment = undefined;
}

/** ModifyNetworkInterfaceAttribute, and the like, of what changes nothing on a wire. */
export interface InterfaceChange {
  readonly networkInterfaceId: string;
  readonly description?: string;
  /** Of an interface that is attached. */
  readonly deleteOnTermination?: boolean;
  /** ModifyPublicIpDnsNameOptions: with a dual-stack name its last Elastic IP cannot be disassociated. */
  readonly publicHostnameType?: PublicHostnameType;
}

export function modifyNetworkInterface(state: CloudState, change: InterfaceChange): void {
  const eni = requireNetworkInterface(state, change.networkInterfaceId);
  const { description = eni.description, deleteOnTermination } = change;
  if (deleteOnTermination !== undefined) {
    if (eni.attachment === undefined) {
      refuse('InvalidAttachmentID.NotFound', `${eni.networkInterfaceId} is attached to nothing`);
    }
    eni.attachment = { ...eni.attachment, deleteOnTermination };
  }
  eni.description = description;
  eni.publicHostnameType = change.publicHostnameType ?? eni.publicHostnameType;
}
