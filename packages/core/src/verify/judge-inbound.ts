import type { AddressFamily } from '../identity/ipv6-spec.ts';
import { formatEndpoint, isSameEndpoint, type Endpoint } from './datagram-port.ts';
import type { Observation } from './finding.ts';
import type { MappingFacts } from './judge-mapping.ts';
import type { InboundProof } from './path-proof.ts';
import type { InboundTry, PathEvidence } from './wire-evidence.ts';

export interface JudgedInbound {
  readonly proof: InboundProof;
  readonly observations: readonly Observation[];
}

/** Pure: whether a packet that nobody had asked for reached the advertised tuple. */
export function judgeInbound(
  path: PathEvidence,
  advertised: Endpoint,
  facts: MappingFacts,
): JudgedInbound {
  const { inbound } = path;
  const arrived = inbound.some((each) => hasArrived(each, advertised));
  const proof = arrived ? 'proven' : inbound.some(isAsked) ? 'silent' : 'not-asked';
  const traces = inbound.flatMap((each) => judgeTrace(each, facts));
  if (proof !== 'silent') return { proof, observations: traces };
  return { proof, observations: [silence(path, advertised), ...traces] };
}

/** An answer from elsewhere goes to where the server saw us: that proves the advertised tuple only if it is the same. */
function hasArrived(each: InboundTry, advertised: Endpoint): boolean {
  if (each.by === 'probing-peer') return each.outcome.kind === 'arrived';
  const { answer, other } = each;
  return (
    answer.kind === 'mapped' &&
    isSameEndpoint(answer.from, other) &&
    isSameEndpoint(answer.mapped, advertised)
  );
}

/** False where the other side never sent, so that its silence says nothing. */
function isAsked(each: InboundTry): boolean {
  if (each.by === 'probing-peer') return each.outcome.kind !== 'failed';
  return each.answer.kind === 'silent';
}

function silence({ inbound, local }: PathEvidence, advertised: Endpoint): Observation {
  const asked = inbound
    .filter(isAsked)
    .map((each) =>
      each.by === 'probing-peer'
        ? 'a probing peer'
        : `${formatEndpoint(each.other)}, the other address of ${each.server}`,
    );
  return {
    code: 'inbound-silent',
    severity: 'unproven',
    seen: `nothing arrived at ${formatEndpoint(local)} from ${asked.join(' or ')}`,
    wanted: `a packet for ${formatEndpoint(advertised)} from an address that nothing was sent to`,
    remedy: `Where packets leave and answers return, mostly a security group or a network ACL has no rule that lets UDP port ${advertised.port} in from everywhere that peers are.`,
  };
}

/** Pure: for a port that nobody could be asked to send to by a family. One path of it is enough. */
export function inboundNotAsked(port: number, family: AddressFamily): Observation {
  return {
    code: 'inbound-not-asked',
    family,
    severity: 'unproven',
    seen: `nobody who answered can send to UDP port ${port} by ${family === 'ipv6' ? 'IPv6' : 'IPv4'} from an address that nothing was sent to`,
    wanted: 'such a packet',
    remedy:
      'Name a STUN server with two public addresses (OTHER-ADDRESS of RFC 5780; coturn does it), or give probingPeers. A server whose second address is asked too proves nothing inbound: name only the first.',
  };
}

/** VPC CNI puts the node's address on what its pods send outside of the VPC's CIDR blocks: a public address is. */
function judgeTrace(each: InboundTry, { publicIp }: MappingFacts): Observation[] {
  if (each.by === 'probing-peer') {
    const { outcome } = each;
    if (outcome.kind === 'failed') return [probeFailed(outcome.why)];
    if (outcome.kind === 'silent' || outcome.sentFrom === undefined) return [];
    const { from, sentFrom } = outcome;
    return isSameEndpoint(from, sentFrom) ? [] : [callerTranslated(sentFrom, from, publicIp)];
  }
  if (each.answer.kind !== 'silent' || each.answer.stray === undefined) return [];
  const { from, origin } = each.answer.stray;
  const believed = origin ?? each.other;
  return isSameEndpoint(from, believed) ? [] : [callerTranslated(believed, from, publicIp)];
}

function callerTranslated(believed: Endpoint, from: Endpoint, publicIp: string): Observation {
  return {
    code: 'caller-translated',
    severity: 'warning',
    seen: `a packet that was sent from ${formatEndpoint(believed)} arrived from ${formatEndpoint(from)}`,
    wanted: 'the source that its sender believes in',
    remedy: `The sender sits behind a translator. If it is a pod: VPC CNI gives what leaves for addresses outside of the VPC the node's address, and ${publicIp} is outside; set AWS_VPC_K8S_CNI_EXCLUDE_SNAT_CIDRS to ${publicIp}/32, or AWS_VPC_K8S_CNI_EXTERNALSNAT=true.`,
  };
}

function probeFailed(why: string): Observation {
  return {
    code: 'probe-failed',
    severity: 'unproven',
    seen: `a probing peer did not send: ${why}`,
    wanted: 'a packet from it',
    remedy: 'See why the peer cannot be reached, or cannot send.',
  };
}
