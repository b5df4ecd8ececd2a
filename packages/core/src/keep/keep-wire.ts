import { CoreError } from '../errors.ts';
import type { WireProof, WireProofInput } from '../identity/proof.ts';
import type { PublicIdentity } from '../identity/public-identity.ts';
import { requireOptions } from '../identity/require-options.ts';
import { anything, isTime, type OptionRules } from '../identity/wrong-options.ts';
import type { DatagramSocket } from '../verify/datagram-port.ts';
import { parseWire } from '../verify/parse-wire.ts';

/**
 * Which STUN servers a keep asks for what they see, and from where: through sockets that the application lends, or
 * from a port that it leaves free. No other port is ever bound; one of the two is needed. A spec's `proof.wire` will do,
 * its `ports` are not looked at.
 */
export interface KeepWireInput extends Pick<
  WireProofInput,
  'stunServers' | 'quorum' | 'reservedPort' | 'timeoutMs'
> {
  /** As applicationSocket makes them; those bound to an address of the identity are asked through. */
  readonly applicationSockets?: readonly DatagramSocket[] | undefined;
  /** Milliseconds from one round to the next, at most, as with the keep's own `intervalMs`, which is its default. */
  readonly intervalMs?: number | undefined;
}

/** What a keep asks on the wire, with every default filled in. */
export interface KeepWire {
  readonly proof: WireProof;
  readonly bindsOnly: readonly number[];
  readonly applicationSockets: readonly DatagramSocket[];
}

const known: OptionRules<KeepWireInput & Pick<WireProofInput, 'ports'>> = {
  stunServers: anything,
  ports: anything,
  quorum: anything,
  reservedPort: anything,
  timeoutMs: anything,
  applicationSockets: anything,
  intervalMs: isTime,
};

/** @throws CoreError SpecInvalid for what is wrong, or nothing to ask from. */
export function parseKeepWire(identity: PublicIdentity, input: KeepWireInput): KeepWire {
  requireOptions<Partial<Record<keyof typeof known, unknown>>>(input, known, "a keep's wire");
  const { stunServers, quorum, reservedPort, timeoutMs, applicationSockets = [] } = input;
  const { internet, vpc } = identity.bind;
  const own: readonly (string | undefined)[] = [internet, vpc, identity.publicIpv6?.address];
  const lent = applicationSockets
    .filter(({ local }) => own.includes(local.address))
    .map(({ local }) => local.port);
  const bindsOnly = reservedPort === undefined ? [] : [reservedPort];
  const ports = [...new Set([...lent, ...bindsOnly])];
  if (ports.length === 0) throw nowhereToAskFrom(identity);
  const proof = parseWire(identity, { stunServers, ports, quorum, timeoutMs }, "a keep's wire");
  return { proof, bindsOnly, applicationSockets };
}

function nowhereToAskFrom({ publicIp, bind, publicIpv6 }: PublicIdentity): CoreError {
  const own = [...new Set([bind.internet, bind.vpc, ...(publicIpv6 ? [publicIpv6.address] : [])])];
  return new CoreError({
    code: 'SpecInvalid',
    message: `Keeping ${publicIp}: wire names no reservedPort, and no socket of applicationSockets is bound to ${own.join(' or ')}`,
    remedy:
      "Name a reservedPort that the application leaves free, or lend one of its sockets: a keep takes no port that may be the application's.",
    retry: 'never',
  });
}
