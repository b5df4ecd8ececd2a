import { CoreError } from '../errors.ts';
import { longestMs, wrongOptions, type OptionRules } from './wrong-options.ts';

/** From 0 on; Infinity is one. */
export function isLeast(value: unknown): boolean {
  return typeof value === 'number' && value >= 0;
}

export function isFlag(value: unknown): boolean {
  return typeof value === 'boolean';
}

/**
 * What is meant to be a dry run must not be one that writes because of a letter.
 * @throws CoreError SpecInvalid naming every option that there is not, or that is wrong
 */
export function requireOptions<Options extends object>(
  given: Options,
  rules: OptionRules<Options>,
  of: string,
): void {
  const wrong = wrongOptions(given, rules);
  if (wrong.length === 0) return;
  const values = new Map<string, unknown>(Object.entries(given));
  const names = Object.keys(rules);
  const problems = wrong.map((name) =>
    names.includes(name) ? `${name} is ${String(values.get(name))}` : `there is no ${name}`,
  );
  throw new CoreError({
    code: 'SpecInvalid',
    message: `The options of ${of} are invalid: ${problems.join('; ')}`,
    remedy: `Correct what is named. There are ${names.join(', ')}; numbers are not below 0, what is waited for is above 0 and at most ${longestMs} ms.`,
    retry: 'never',
  });
}
