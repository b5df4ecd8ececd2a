/** How the sidecar is started, and how it goes on once it holds its identity. */
export interface Way {
  readonly name: string;
  readonly short: string;
  readonly options: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  /** Whether Node takes compiled code from what an earlier run left (NODE_COMPILE_CACHE). */
  readonly isCompiled: boolean;
  /** What V8 is told once the identity is held. */
  readonly heldFlags: readonly string[];
}

export const byDefault: Way = {
  name: "Node's defaults",
  short: 'defaults',
  options: [],
  environment: {},
  isCompiled: false,
  heldFlags: [],
};

/**
 * For a process that starts quickly, and then does little and seldom. The young generation stays small, and threads share one heap of the C
 * library. Neither touches what V8 keeps its compiled code by, so that Node's own modules start from the code that Node was built with, and the bundle from what
 * its image was built with. What does touch it is said once the identity is held: no machine code is made any more, and the
 * old generation is looked through long before it has grown as far as V8 would let it.
 */
export const sparing: Way = {
  name: 'MALLOC_ARENA_MAX=1 NODE_COMPILE_CACHE=... node --max-semi-space-size=1, sparing once held',
  short: 'sparing',
  options: ['--max-semi-space-size=1'],
  environment: { MALLOC_ARENA_MAX: '1' },
  isCompiled: true,
  heldFlags: [
    '--no-opt',
    '--no-maglev',
    '--no-sparkplug',
    '--optimize-for-size',
    '--incremental-marking-hard-trigger=20',
  ],
};
