import { CoreError } from '../../errors.ts';
import type { Ipv6Address } from '../../identity/ipv6-address.ts';
import type { NetworkInterface } from '../ec2/ec2-api.ts';
import { readCloud, type CloudSession } from '../observe/cloud-session.ts';
import type { CloudStep } from '../steps/cloud-step.ts';
import { nameStep, translateEc2Error } from '../steps/translate-ec2-error.ts';

/** Which network interface has an IPv6 address; undefined when none does, or none that we may see. */
export async function findIpv6Holder(
  session: CloudSession,
  address: Ipv6Address,
): Promise<NetworkInterface | undefined> {
  const filters = [{ name: 'ipv6-addresses.ipv6-address', values: [address] }];
  const [holder] = await readCloud(session, `finding who holds ${address}`, (call) =>
    session.ec2.describeNetworkInterfaces({ filters }, call),
  );
  return holder;
}

/** Why EC2 refused to assign it: another network interface has it, or what EC2 says. */
export async function refuseIpv6Address(
  session: CloudSession,
  step: CloudStep & { kind: 'assign-ipv6-address' },
  cause: unknown,
): Promise<CoreError> {
  const holder = await findIpv6Holder(session, step.address);
  if (holder === undefined || holder.networkInterfaceId === step.networkInterfaceId) {
    return translateEc2Error(cause, nameStep(step));
  }
  const { networkInterfaceId } = holder;
  return new CoreError({
    code: 'Ipv6AddressHeldElsewhere',
    message: `${nameStep(step)}: EC2 refused, ${networkInterfaceId} holds ${step.address}`,
    remedy: `Take ${step.address} off ${networkInterfaceId} once nothing uses it there (the reaper does for pods that are gone): EC2 moves no IPv6 address by itself.`,
    retry: 'later',
    cause,
  });
}
