import { CoreError } from '../../errors.ts';
import type { IdentitySpec } from '../../identity/identity-spec.ts';
import type { NetworkInterface } from '../ec2/ec2-api.ts';

/** The Amazon VPC CNI leaves a network interface alone that carries this tag with the value `true`. */
const noManageTagKey = 'node.k8s.amazonaws.com/no_manage';
/** The Amazon VPC CNI puts this tag on network interfaces that it has made for itself. */
const cniTagKey = 'node.k8s.amazonaws.com/instance_id';

/** Why an identity cannot be had on a network interface, before anything is written; undefined when it can. */
export function judgeNetworkInterface(
  eni: NetworkInterface,
  spec: Pick<IdentitySpec, 'requireNoManageTag' | 'linkName'>,
): CoreError | undefined {
  const { networkInterfaceId, attachment } = eni;
  const tagOf = (name: string): string | undefined =>
    eni.tags.find(({ key }) => key === name)?.value;
  const isLeftAlone = tagOf(noManageTagKey) === 'true';
  if (attachment?.status !== 'attached') {
    return new CoreError({
      code: 'NetworkInterfaceDetached',
      message: `${networkInterfaceId} is ${attachment?.status ?? 'not attached'} (status ${eni.status}): nothing that is sent to a public address on it reaches ${spec.linkName}`,
      remedy:
        'Attach the ENI to this node, or wait until it is attached; an ipvlan link stays up when its ENI goes.',
      retry: 'later',
    });
  }
  if (isLeftAlone) return undefined;
  const cni = tagOf(cniTagKey);
  if (cni === undefined && !spec.requireNoManageTag) return undefined;
  return new CoreError({
    code: 'NetworkInterfaceManaged',
    message:
      cni === undefined
        ? `${networkInterfaceId} does not carry the tag ${noManageTagKey}=true`
        : `${networkInterfaceId} is one that the VPC CNI made for itself on ${cni}`,
    remedy: `Use an ENI of your own, tagged ${noManageTagKey}=true before it is attached: else the VPC CNI gives its private IPs to other pods.`,
    retry: 'never',
  });
}
