import { setFlagsFromString } from 'node:v8';

/**
 * For the program of a SIP server, before all else: has V8 give every object its first place in the young generation. By
 * default V8 notes which lines of code make what often survives, and gives what they make a place in the old space from then
 * on. In a SIP server everything survives that is under way while the young generation is collected, and nearly all of it is
 * garbage milliseconds later: in the old space it stays until the next full collection, and keeps whatever it points to.
 *
 * It holds for the whole process, all its threads, and for good (`node --no-allocation-site-pretenuring` is the same); so no engine
 * does it by itself.
 */
export function avoidPretenuring(): void {
  setFlagsFromString('--no-allocation-site-pretenuring');
}
