import { aroundEc2 } from '../around-ec2.ts';
import type { Ec2Api } from '../ec2-api.ts';
import { Ec2CallError } from '../ec2-call-error.ts';
import { meaningOf } from '../translate-ec2-error.ts';
import { stopsAll } from './stops-all.ts';

/**
 * An Ec2Api in which one AssociateAddress goes first, and again after each refusal that every other one would meet too: those that
 * wait for it are then refused as it was, and never made.
 */
export function oneFirst(ec2: Ec2Api): Ec2Api {
  let isProven = false;
  let first: Promise<unknown> | undefined;
  return aroundEc2(ec2, async (action, call, make) => {
    if (action !== 'AssociateAddress') return make(call);
    while (!isProven) {
      if (first === undefined) {
        const made = make(call);
        first = made.then(
          () => undefined,
          (error: unknown) => error,
        );
        const refusal = await first;
        first = undefined;
        isProven = !isForAll(refusal);
        return made;
      }
      const refusal = await first;
      if (isForAll(refusal)) throw refusal;
      call?.untilSent?.throwIfAborted();
    }
    return make(call).catch((error: unknown) => {
      isProven = !isForAll(error);
      throw error;
    });
  });
}

function isForAll(error: unknown): boolean {
  return Ec2CallError.is(error) && stopsAll.includes(meaningOf(error).code);
}
