import { CoreError } from '../errors.ts';
import type { LinkState } from './kernel-port.ts';
import { heldIpv6 } from './plan-ipv6.ts';
import type { WantedLink } from './wanted-link.ts';
import { whyNoIpv6 } from './why-no-ipv6.ts';

/** Why the link cannot carry an IPv6 address that is wanted; undefined when it can. */
export function refuseIpv6(state: LinkState, wanted: WantedLink): CoreError | undefined {
  const [first] = heldIpv6(wanted);
  if (first === undefined) return undefined;
  const { ipv6, linkName } = state;
  if (ipv6 === undefined) {
    const { why, remedy } = whyNoIpv6(state);
    return unavailable(`${linkName} cannot carry ${first.address}: ${why}`, remedy);
  }
  if (!ipv6.settings.disabled || ipv6.maySet) return undefined;
  return unavailable(
    `${linkName} cannot carry ${first.address}: IPv6 is switched off there, and /proc/sys cannot be written`,
    `Let the network attachment give ${linkName} an IPv6 address, or set net.ipv6.conf.${linkName}.disable_ipv6=0 with the CNI plugin "tuning"; netlink has no way to.`,
  );
}

/** Who granted `publicIp` knows nothing of IPv6. */
export function notGranted(address: string, publicIp: string): CoreError {
  return unavailable(
    `Ensuring ${address}: the grant of ${publicIp} holds no IPv6 address`,
    'Use a grant that holds one (directGrant), or leave ipv6 out of addressFamilies.',
  );
}

function unavailable(message: string, remedy: string): CoreError {
  return new CoreError({ code: 'Ipv6Unavailable', message, remedy, retry: 'never' });
}
