import { CoreError } from '../../errors.ts';
import type { Filter, NetworkInterface } from '../ec2/ec2-api.ts';
import { Ec2CallError } from '../ec2/ec2-call-error.ts';
import { readCloud, type CloudSession } from '../observe/cloud-session.ts';
import { hasPrivateIp } from '../observe/view.ts';
import { lookAgain, type Carried } from '../steps/carry-out.ts';
import type { CloudStep } from '../steps/cloud-step.ts';
import { nameStep, translateEc2Error } from '../steps/translate-ec2-error.ts';

type AssignStep = CloudStep & { readonly kind: 'assign-private-ip' };

/** EC2 refused to assign a private IP: who has it is told, or it is tried again. */
export async function privateIpRefused(
  session: CloudSession,
  step: AssignStep,
  cause: unknown,
): Promise<Carried> {
  const { networkInterfaceId } = step;
  const isAssigned = saysAssigned(cause);
  const holder = await findHolder(session, step, isAssigned);
  // whoever had it has let it go since, or no describe shows him yet
  if (holder === undefined && isAssigned) return lookAgain(session, step, cause);
  if (holder === undefined || holder.networkInterfaceId === networkInterfaceId) {
    throw translateEc2Error(cause, nameStep(step));
  }
  throw heldElsewhere(step, holder, cause);
}

function heldElsewhere(step: AssignStep, holder: NetworkInterface, cause: unknown): CoreError {
  const { privateIp } = step;
  const { networkInterfaceId: by, privateIpAddresses, ipv4Prefixes = [] } = holder;
  const isListed = privateIpAddresses.some((one) => one.privateIpAddress === privateIp);
  return new CoreError({
    code: 'PrivateIpHeldElsewhere',
    message: `${nameStep(step)}: EC2 refused, ${by} holds ${privateIp}${isListed ? '' : ` in a prefix that is delegated to it (${ipv4Prefixes.join(', ')})`}`,
    remedy: isListed
      ? `Take ${privateIp} off ${by} once nothing uses it there (the reaper does for pods that are gone), or keep the pod network's range apart from what EC2 hands out.`
      : `Keep the pod network's range apart from what EC2 hands out in prefixes: reserve it in the subnet (aws ec2 create-subnet-cidr-reservation --reservation-type explicit).`,
    retry: 'later',
    cause,
  });
}

/** One of EC2's two codes for this is also that of a private IP which the subnet does not have: then only its text tells. */
function saysAssigned(error: unknown): boolean {
  if (!Ec2CallError.is(error)) return false;
  return (
    error.ec2Code === 'Resource.AlreadyAssociated' || error.message.includes('move is not allowed')
  );
}

/** By its list of private IPs, else by its prefixes, whose addresses no list and no filter has. */
async function findHolder(
  session: CloudSession,
  { privateIp, networkInterfaceId }: AssignStep,
  isAssigned: boolean,
): Promise<NetworkInterface | undefined> {
  const tried = `finding who holds ${privateIp}`;
  const read = (...filters: Filter[]): Promise<NetworkInterface[]> =>
    readCloud(session, tried, (call) => session.ec2.describeNetworkInterfaces({ filters }, call));
  const [own] = await read({ name: 'network-interface-id', values: [networkInterfaceId] });
  if (own === undefined) return undefined;
  const [holder] = await read(
    { name: 'vpc-id', values: [own.vpcId] },
    { name: 'private-ip-address', values: [privateIp] },
  );
  if (holder !== undefined || !isAssigned) return holder;
  const inSubnet = await read({ name: 'subnet-id', values: [own.subnetId] });
  return inSubnet.find((one) => hasPrivateIp(one, privateIp));
}
