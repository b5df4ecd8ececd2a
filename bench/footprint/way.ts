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
 * For a process that does little and seldom: its JavaScript is interpreted, and no compiler takes memory (WebAssembly, which fetch needs,
 * stays); the young generation stays small, and threads share one heap of the C library.
 */
export const sparing: Way = {
  name: 'MALLOC_ARENA_MAX=1 node --no-opt --no-maglev --no-sparkplug --max-semi-space-size=1',
  short: 'sparing',
  options: ['--no-opt', '--no-maglev', '--no-sparkplug', '--max-semi-space-size=1'],
  environment: { MALLOC_ARENA_MAX: '1' },
};
