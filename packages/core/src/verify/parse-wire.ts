import * as v from 'valibot';
import { CoreError } from '../errors.ts';
import type { DeliveryPlan } from '../identity/delivery.ts';
import { wireProofSchema, type WireProof, type WireProofInput } from '../identity/proof.ts';
import { refuseProof } from '../identity/refuse-proof.ts';

/**
 * The options of a proof on the wire, with every default filled in; `of` says whose they are.
 * @throws CoreError SpecInvalid
 */
export function parseWire(identity: DeliveryPlan, input: WireProofInput, of: string): WireProof {
  const result = v.safeParse(wireProofSchema, input);
  const problems = result.success
    ? refuseProof(identity, result.output)
    : result.issues.map((issue) => `wire.${v.getDotPath(issue) ?? ''}: ${issue.message}`);
  if (result.success && problems.length === 0) return result.output;
  throw new CoreError({
    code: 'SpecInvalid',
    message: `The options of ${of} are invalid: ${problems.join('; ')}`,
    remedy: 'Correct the named fields; WireProofInput documents each one.',
    retry: 'never',
  });
}
