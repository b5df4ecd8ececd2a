import { CoreError } from '../errors.ts';

/** EC2 takes `*`, `?` and the backslash in a filter's value for a pattern, which other pools would match; a tag's value has 256 characters. */
export const poolName: RegExp = /^[^*?\\]{1,256}$/;
export const poolNameFault = 'is empty, too long, or has * ? or \\';

/** @throws CoreError SpecInvalid */
export function requirePoolName(request: { readonly pool: string }): void {
  // plain JavaScript may give none
  const given: Partial<typeof request> | null | undefined = request;
  const pool = given?.pool;
  if (typeof pool === 'string' && poolName.test(pool)) return;
  throw new CoreError({
    code: 'SpecInvalid',
    message: `The pool name ${JSON.stringify(pool)} ${poolNameFault}`,
    remedy: 'Give the value of the tag truetuple/pool as it stands; each pool is named by itself.',
    retry: 'never',
  });
}
