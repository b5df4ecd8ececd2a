import { CoreError } from '../errors.ts';
import type { Proof } from '../identity/proof.ts';
import type { PublicIdentity } from '../identity/public-identity.ts';
import type { Finding } from './finding.ts';
import type { WirePorts } from './gather-path.ts';
import { ipv6NotAsked } from './ipv6-not-asked.ts';
import { askOnWire, type WireAids } from './prove-on-wire.ts';
import { reportOf, type VerifyReport } from './verify-report.ts';

export interface WireRequirement {
  readonly proof: Proof;
  readonly aids: WireAids;
  readonly signal?: AbortSignal | undefined;
}

type Required = Extract<Proof, { readonly wire: unknown }>;

/** Doubles with each attempt. EC2 may answer that an address is associated before its gateway translates it. */
const firstPauseMs = 1000;
const longestPauseMs = 8000;

/**
 * Refuses to go on to publication while what the spec requires is not shown on the wire; tries so often as it says.
 * @throws CoreError OutboundNotProven, InboundNotProven; when aborted, the signal's reason
 */
export async function requireWireProof(
  ports: WirePorts,
  identity: Omit<PublicIdentity, 'generation'>,
  { proof, aids, signal }: WireRequirement,
): Promise<void> {
  if (proof.require === 'kernel') return;
  for (let attempt = 1; ; attempt++) {
    const wantsInbound = proof.require === 'inbound';
    const { wire } = proof;
    const seen = await askOnWire(ports, { ...aids, identity, wire, wantsInbound, signal });
    const rule = { quorum: wire.quorum, wantsInbound };
    const observations = ipv6NotAsked(identity, seen);
    const report = reportOf({ facts: identity, wire: seen, rule, observations });
    if (isEnough(report, wantsInbound)) return;
    if (attempt >= proof.attempts || !mayChange(report)) throw notProven(proof, report, attempt);
    await ports.clock.wait(Math.min(longestPauseMs, firstPauseMs * 2 ** (attempt - 1)), signal);
  }
}

/** Each family is advertised, so each is to be proven. */
function isEnough({ families }: VerifyReport, wantsInbound: boolean): boolean {
  return families.every(
    ({ outboundProven, inboundProven }) => outboundProven && (!wantsInbound || inboundProven),
  );
}

/** A port that the application holds will be held a second later too. */
function mayChange({ findings }: VerifyReport): boolean {
  return !findings.some(({ code }) => code === 'port-held');
}

function notProven(proof: Required, report: VerifyReport, attempts: number): CoreError {
  const { publicIp, findings, families } = report;
  const outboundProven = families.every((each) => each.outboundProven);
  const weighty = findings.filter(({ severity }) => severity !== 'warning');
  const way = outboundProven ? 'inbound' : 'outbound';
  return new CoreError({
    code: outboundProven ? 'InboundNotProven' : 'OutboundNotProven',
    message: `${publicIp} is not proven ${way} on UDP ${proof.wire.ports.join(', ')} after ${attempts} of ${proof.attempts} attempts: ${weighty.map(sayFinding).join('; ')}`,
    remedy: [...new Set(weighty.map(({ remedy }) => remedy))].join(' '),
    retry: 'later',
  });
}

function sayFinding({ code, seen, wanted }: Finding): string {
  return `${code}: saw ${seen}, wanted ${wanted}`;
}
