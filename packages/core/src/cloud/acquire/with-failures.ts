import { CoreError } from '../../errors.ts';
import { translateEc2Error } from '../steps/translate-ec2-error.ts';

/** The first error, with what could not be given back because of it. */
export function withFailures(error: unknown, failures: readonly unknown[]): CoreError {
  const cause = translateEc2Error(error, 'acquiring a public address');
  const left = failures.map((one) => (one instanceof Error ? one.message : String(one))).join('; ');
  return new CoreError({
    code: cause.code,
    message: `${cause.message}; and what had been taken could not all be given back: ${left}`,
    remedy: `${cause.remedy} Then run the reaper for this pool: it gives back the rest.`,
    retry: cause.retry,
    cause: new AggregateError([error, ...failures], left),
  });
}
