/** What Node's timers can wait; they wait 1 ms for whatever is longer, and for what is no time. */
export const longestMs = 2_147_483_647;

/** Each option that there is, and whether a value will do for it. */
export type OptionRules<Options> = Readonly<Record<keyof Options, (value: unknown) => boolean>>;

export const anything = (): boolean => true;

/** Milliseconds that a timer can wait. */
export function isTime(value: unknown): boolean {
  return typeof value === 'number' && value > 0 && value <= longestMs;
}

/** Names of the options that there are not, or that are wrong: plain JavaScript may misspell one, or read a number from nothing. */
export function wrongOptions<Options extends object>(
  given: Options,
  rules: OptionRules<Options>,
): string[] {
  return Object.keys(given).filter((name) => {
    const rule = Object.hasOwn(rules, name) && rules[name as keyof Options];
    const value: unknown = given[name as keyof Options];
    return rule === false || (value !== undefined && !rule(value));
  });
}
