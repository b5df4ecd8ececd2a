import type { AssociateAddress, Ec2Api } from '../ec2/ec2-api.ts';
import { Ec2CallError } from '../ec2/ec2-call-error.ts';
import { meaningOf } from '../steps/translate-ec2-error.ts';
import { isOfOneAddress, stopsAll } from './stops-all.ts';

interface Refusal {
  readonly input: AssociateAddress;
  readonly error: unknown;
}

/**
 * An Ec2Api in which one AssociateAddress goes first, and again after each refusal that others may meet too: those that wait for it
 * are then refused as it was, and never made, as soon as it is plain that they would be. Rights may be missing on one address, or
 * on one network interface: they are missing for whoever waits once two addresses were refused on his.
 */
export function oneFirst(ec2: Ec2Api): Ec2Api {
  let isProven = false;
  let first: Promise<Refusal | undefined> | undefined;
  return {
    ...ec2,
    associateAddress: async (input, call) => {
      const seen: Refusal[] = [];
      while (!isProven) {
        if (first === undefined) {
          const made = ec2.associateAddress(input, call);
          first = made.then(
            () => undefined,
            (error: unknown) => ({ input, error }),
          );
          const refusal = await first;
          first = undefined;
          isProven = refusal === undefined || !mayMeetOthers(refusal.error);
          return made;
        }
        const refusal = await first;
        if (refusal !== undefined) seen.push(refusal);
        const met = seen.find((one) => wouldMeet(input, one, seen));
        if (met !== undefined) throw met.error;
        call?.untilSent?.throwIfAborted();
      }
      return ec2.associateAddress(input, call).catch((error: unknown) => {
        isProven = !mayMeetOthers(error);
        throw error;
      });
    },
  };
}

function mayMeetOthers(error: unknown): boolean {
  return isDenied(error) || isForAll(error);
}

function isDenied(error: unknown): boolean {
  return Ec2CallError.is(error) && meaningOf(error).code === 'AccessDenied';
}

function isForAll(error: unknown): boolean {
  return (
    Ec2CallError.is(error) && !isOfOneAddress(error) && stopsAll.includes(meaningOf(error).code)
  );
}

/** What was refused before is met when it was of all, or of this network interface, where another one was refused too. */
function wouldMeet(
  { networkInterfaceId }: AssociateAddress,
  refusal: Refusal,
  seen: readonly Refusal[],
): boolean {
  if (isForAll(refusal.error)) return true;
  const here = seen.filter(
    ({ input, error }) => isDenied(error) && input.networkInterfaceId === networkInterfaceId,
  );
  return here.length > 1 && here.includes(refusal);
}
