import assert from 'node:assert/strict';
import { ensurePublicIdentity } from '../ensure-public-identity.ts';
import type { HeldIdentity } from '../held-identity.ts';
import type { IdentitySpecInput } from '../identity/identity-spec.ts';
import type { WireProofInput } from '../identity/proof.ts';
import { verifyPublicIdentity, type VerifyOptions } from '../verify-public-identity.ts';
import type { Endpoint } from '../verify/datagram-port.ts';
import type { FindingCode } from '../verify/finding.ts';
import type { VerifyReport } from '../verify/verify-report.ts';
import type { FakeStunServer } from './fake-internet/fake-stun-server.ts';
import { simulatedPod, type SimulatedPod } from './simulated-pod.ts';

export const one = { address: '198.51.100.50', port: 3478 };
export const oneOther = { address: '198.51.100.51', port: 3479 };
export const two = { address: '198.51.100.60', port: 3478 };
export const three = { address: '198.51.100.70', port: 3478 };
export const wire: WireProofInput = {
  stunServers: ['198.51.100.50', '198.51.100.60:3478'],
  ports: [5060],
};

/** An identity that an Internet with STUN servers is there to prove. */
export interface Held {
  readonly pod: SimulatedPod;
  readonly held: HeldIdentity;
}

export async function hold(
  servers: readonly FakeStunServer[] = [{ at: one, other: oneOther }, { at: two }],
  change: Partial<IdentitySpecInput> = {},
): Promise<Held> {
  const pod = simulatedPod();
  for (const server of servers) pod.internet.addStunServer(server);
  const spec = { ...pod.spec, ...change };
  return { pod, held: await ensurePublicIdentity(spec, { node: pod.node }) };
}

/** Verifies on the wire unless told otherwise, from the very ports, which nobody has; every report leaves no socket, and has findings that can be read. */
export async function verify(
  { pod, held }: Held,
  options: VerifyOptions = { wire },
): Promise<VerifyReport> {
  const report = await verifyPublicIdentity(held, {
    node: pod.node,
    bindsFreePorts: true,
    ...options,
  });
  assert.deepEqual(pod.internet.held, []);
  const codes = codesOf(report);
  for (const { causedBy, seen, remedy } of report.findings) {
    for (const cause of causedBy) assert.ok(codes.includes(cause), cause);
    assert.notEqual(seen, '');
    assert.match(remedy, /\.$/);
  }
  return report;
}

export function codesOf({ findings }: VerifyReport): FindingCode[] {
  return findings.map(({ code }) => code);
}

export function causesOf({ findings }: VerifyReport, code: FindingCode): readonly FindingCode[] {
  return findings.find((finding) => finding.code === code)?.causedBy ?? [];
}

/** Never answers. */
export const silent = (at: Endpoint): FakeStunServer => ({ at, ignores: Infinity });
/** A port of the pod's net1. */
export const local = (port: number): Endpoint => ({ address: '10.0.2.128', port });
/** Says that it saw this, whatever it saw. */
export const seeing = (at: Endpoint, mapped: Endpoint): FakeStunServer => ({
  at,
  says: (answer) => ({ ...answer, attributes: [{ kind: 'xor-mapped-address', at: mapped }] }),
});
