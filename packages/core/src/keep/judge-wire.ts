import { CoreError } from '../errors.ts';
import type { PublicIdentity } from '../identity/public-identity.ts';
import { formatEndpoint, isSameEndpoint } from '../verify/datagram-port.ts';
import type { Finding } from '../verify/finding.ts';
import type { WireEvidence } from '../verify/gather-wire.ts';
import { advertisedTuple, mappedAnswers } from '../verify/judge-mapping.ts';
import { quorumOf } from '../verify/judge-path.ts';
import { reportOf } from '../verify/verify-report.ts';
import type { PathEvidence } from '../verify/wire-evidence.ts';

/** What a round of STUN says of an identity that is kept. */
export type WireOutcome =
  /** On every path a quorum of servers saw the advertised tuple. */
  | { readonly kind: 'proven' }
  /** On some path a quorum of servers saw another tuple. */
  | { readonly kind: 'refuted'; readonly error: CoreError }
  /** Neither: silence, too few answers, a port that is held. It is no proof of anything. */
  | { readonly kind: 'silent'; readonly findings: readonly Finding[] };

/** Pure: one contradiction outweighs any number of proofs; a single server of several is none. */
export function judgeWire(
  identity: PublicIdentity,
  wire: WireEvidence,
  quorum: number | undefined,
): WireOutcome {
  const rule = { quorum, wantsInbound: false };
  const report = reportOf({ facts: identity, wire, rule, observations: [] });
  const full = { ...rule, serversNotFound: wire.serversNotFound.length };
  const refuted = wire.paths.filter(
    (path, index) =>
      report.paths[index]?.outbound !== 'proven' &&
      othersSeen(identity, path).length >= Math.max(1, quorumOf(path, full)),
  );
  if (refuted.length > 0)
    return { kind: 'refuted', error: refutedBy(identity, refuted, report.findings) };
  if (report.outboundProven) return { kind: 'proven' };
  return { kind: 'silent', findings: report.findings };
}

/** What servers saw that is not the advertised tuple. */
function othersSeen(identity: PublicIdentity, path: PathEvidence): string[] {
  const advertised = advertisedTuple(identity, path);
  return mappedAnswers(identity, path)
    .filter(({ mapped }) => !isSameEndpoint(mapped, advertised))
    .map(({ server, mapped }) => `${server} ${formatEndpoint(mapped)}`);
}

function refutedBy(
  identity: PublicIdentity,
  paths: readonly PathEvidence[],
  findings: readonly Finding[],
): CoreError {
  const said = paths.map((path) => {
    const wanted = formatEndpoint(advertisedTuple(identity, path));
    return `${othersSeen(identity, path).join(', ')} where ${wanted} is advertised`;
  });
  const broken = findings.filter(({ severity }) => severity === 'broken');
  return new CoreError({
    code: 'OutboundNotProven',
    message: `STUN servers see packets of ${identity.publicIp} come from elsewhere: ${said.join('; ')}`,
    remedy: [...new Set(broken.map(({ remedy }) => remedy))].join(' '),
    retry: 'later',
  });
}
