/** How Node is started. */
export interface Way {
  readonly name: string;
  readonly short: string;
  readonly options: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
}

export const byDefault: Way = {
  name: "Node's defaults",
  short: 'defaults',
  options: [],
  environment: {},
};

/**
 * For a process that does little and seldom: no machine code is made (and with it no WebAssembly, which only fetch would use),
 * the young generation stays small, and threads share one heap of the C library. Its price is the start: with other
 * options of V8 than it was built with Node compiles its own modules anew.
 */
export const sparing: Way = {
  name: 'MALLOC_ARENA_MAX=1 node --lite-mode --max-semi-space-size=1',
  short: 'sparing',
  options: ['--lite-mode', '--max-semi-space-size=1'],
  environment: { MALLOC_ARENA_MAX: '1' },
};
