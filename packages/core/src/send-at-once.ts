import { aroundEc2, isRead } from './cloud/ec2/around-ec2.ts';
import type { Ec2Action } from './cloud/ec2/ec2-action.ts';
import type { Ec2Api } from './cloud/ec2/ec2-api.ts';
import { CoreError } from './errors.ts';

/**
 * An Ec2Api whose writes are sent within that time, in milliseconds, or not at all: a governor beneath may let one wait for its turn, and
 * again after each RequestLimitExceeded, longer than what it rests on can be believed. Real time, since it is about what others do
 * meanwhile. Rejects with a CoreError Throttled for one that was not sent.
 */
export function sendAtOnce(ec2: Ec2Api, withinMs: number): Ec2Api {
  return aroundEc2(ec2, async (action, call, make) => {
    if (isRead(action)) return make(call);
    const late = new AbortController();
    const timer = setTimeout(() => late.abort(tooLate(action, withinMs)), withinMs).unref();
    const given = call?.untilSent;
    const untilSent = given === undefined ? late.signal : AbortSignal.any([given, late.signal]);
    try {
      return await make({ ...call, untilSent });
    } finally {
      clearTimeout(timer);
    }
  });
}

function tooLate(action: Ec2Action, withinMs: number): CoreError {
  return new CoreError({
    code: 'Throttled',
    message: `${action} waited for its turn for ${withinMs} ms, and was not sent: what it rests on may be so no more`,
    remedy:
      'Look what else uses up the account’s request rate of this action; what is left waits for the next pass.',
    retry: 'later',
  });
}

/** True for what `sendAtOnce` rejects with: EC2 was not asked, so it has no cause. */
export function isNotSent(error: unknown): boolean {
  return CoreError.is(error) && error.code === 'Throttled' && error.cause === undefined;
}
