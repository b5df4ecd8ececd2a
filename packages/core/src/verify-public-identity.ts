import { CoreError } from './errors.ts';
import type { HeldIdentity } from './held-identity.ts';
import { identityOf } from './identity-of.ts';
import type { WireProof, WireProofInput } from './identity/proof.ts';
import type { PublicIdentity } from './identity/public-identity.ts';
import { isFlag, requireOptions } from './identity/require-options.ts';
import { anything, type OptionRules } from './identity/wrong-options.ts';
import type { NodePorts } from './node-ports.ts';
import { thisNode } from './this-node.ts';
import type { Observation } from './verify/finding.ts';
import { ipv6NotAsked } from './verify/ipv6-not-asked.ts';
import { askOnWire, type WireAids } from './verify/prove-on-wire.ts';
import { parseWire } from './verify/parse-wire.ts';
import { verifyCloud } from './verify/verify-cloud.ts';
import { verifyKernel } from './verify/verify-kernel.ts';
import { reportOf, type VerifyReport } from './verify/verify-report.ts';

/** What verifyPublicIdentity asks, and whom. */
export interface VerifyOptions extends WireAids {
  /** Default: `thisNode()`. */
  readonly node?: NodePorts;
  /** Default: nothing is sent, and nothing is proven on the wire. */
  readonly wire?: WireProofInput;
  /**
   * True: ports of `wire` that are free at that moment are bound, each for the time that it is asked, in which the application
   * gets EADDRINUSE for it: for who knows that it has not started, or binds none of them. Default false: nothing is bound but the
   * `reservedPort`.
   */
  readonly bindsFreePorts?: boolean;
  /** False: EC2 is not asked. Default true where the node can ask it. */
  readonly asksEc2?: boolean;
  readonly signal?: AbortSignal;
}

const known: OptionRules<VerifyOptions> = {
  node: anything,
  wire: anything,
  bindsFreePorts: isFlag,
  asksEc2: isFlag,
  signal: anything,
  applicationSockets: anything,
  probingPeers: anything,
};

/**
 * Looks whether an identity holds, changes nothing and says what was seen: the kernel's route lookups, rules and
 * settings; EC2's network interface, association, VPC routes and, with `wire`, security groups; and, with `wire`, what STUN servers see of each
 * port and whether packets that nobody asked for arrive. It takes no port that is, or may be, the application's: a port
 * is asked through the application's own socket, through a reserved port, or not at all, and the report says which.
 * @throws CoreError SpecInvalid for what is no identity, and for options that are wrong, Aborted, and what opening the kernel throws. What is wrong
 * with the identity is a finding, never an error.
 */
export async function verifyPublicIdentity(
  held: PublicIdentity | HeldIdentity,
  options: VerifyOptions = {},
): Promise<VerifyReport> {
  const identity = identityOf(held);
  requireOptions(options, known, 'a verification');
  const node = options.node ?? thisNode();
  const wire =
    options.wire === undefined ? undefined : parseWire(identity, options.wire, 'a verification');
  const [kernel, cloud, seen] = await Promise.all([
    lookAtKernel(node, identity),
    options.asksEc2 === false ? [] : lookAtEc2(node, identity, { wire, signal: options.signal }),
    wire === undefined
      ? { paths: [], serversNotFound: [] }
      : askOnWire(node, {
          ...options,
          ...mayBind(options, wire),
          identity,
          wire,
          wantsInbound: true,
        }),
  ]).catch((error: unknown) => {
    throw options.signal?.aborted === true ? aborted(identity, error) : error;
  });
  return reportOf({
    facts: identity,
    wire: seen,
    rule: { quorum: wire?.quorum, wantsInbound: true },
    observations: [
      ...kernel,
      ...cloud,
      ...(wire === undefined ? [] : ipv6NotAsked(identity, seen)),
    ],
  });
}

function mayBind(
  { bindsFreePorts = false }: VerifyOptions,
  { reservedPort }: WireProof,
): { readonly bindsOnly?: readonly number[] } {
  if (bindsFreePorts) return {};
  return { bindsOnly: reservedPort === undefined ? [] : [reservedPort] };
}

async function lookAtKernel(node: NodePorts, identity: PublicIdentity): Promise<Observation[]> {
  const kernel = await node.openKernel();
  try {
    return await verifyKernel(kernel, identity);
  } finally {
    kernel.close();
  }
}

async function lookAtEc2(
  node: NodePorts,
  identity: PublicIdentity,
  {
    wire,
    signal,
  }: { readonly wire: WireProof | undefined; readonly signal: AbortSignal | undefined },
): Promise<Observation[]> {
  const ec2 = await node.openEc2?.(identity.region);
  if (ec2 === undefined) return [];
  const ports = wire?.ports ?? [];
  return verifyCloud({ ec2, clock: node.clock, ports, signal }, identity);
}

function aborted(identity: PublicIdentity, cause: unknown): CoreError {
  return new CoreError({
    code: 'Aborted',
    message: `Verifying ${identity.publicIp} was aborted`,
    remedy: 'Call again; nothing was changed.',
    retry: 'now',
    cause,
  });
}
