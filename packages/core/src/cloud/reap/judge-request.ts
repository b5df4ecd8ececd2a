import { parseIpv4Address } from '../../identity/address.ts';
import { doubtAboutOwner } from '../doubt-about-pods.ts';
import type { ElasticIp } from '../ec2/ec2-api.ts';
import type { LivePods } from '../liveness.ts';
import { requestOn } from '../observe/shown-request.ts';
import type { Verdict } from './plan-reap.ts';

/**
 * The request for a handover that an address shows. It has an owner as long as whoever asks lives and the hold that it names stands; who asks
 * deletes it in the end, unless he dies. One that cannot be read is nobody's of ours.
 */
export function judgeRequest(address: ElasticIp, live: LivePods): Verdict {
  const { allocationId, associationId } = address;
  const asked = requestOn(address);
  if (asked === undefined) return 'idle';
  const { value } = asked;
  const doubt = doubtAboutOwner(live, asked.by);
  if (asked.associationId === associationId && doubt !== undefined) return 'idle';
  const publicIp = parseIpv4Address(address.publicIp, 'public IP');
  return {
    orphan: {
      key: `${allocationId} asked ${value}`,
      laterKeys: [],
      what: `the request of ${asked.by.namespace}/${asked.by.pod} (${asked.by.uid}) for ${publicIp}`,
      subject: { kind: 'address', allocationId, publicIp, networkInterfaceId: undefined },
      steps: [{ kind: 'untag-handover', allocationId, value }],
    },
  };
}
