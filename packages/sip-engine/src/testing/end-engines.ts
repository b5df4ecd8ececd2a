import type { EngineBench } from './engine-bench.ts';

/** What a test opened. */
type Opened = Pick<EngineBench, 'engine' | 'clock'>;

/**
 * Closes the engines that a test opened, and empties the list.
 *
 * @throws Error when a timer is left
 */
export async function endEngines(opened: Opened[]): Promise<void> {
  for (const { engine, clock } of opened.splice(0)) {
    const closing = engine.close();
    // an INVITE that nobody has answered is waited for
    await clock.advanceSettled(2_000);
    await closing;
    // what was sent last is still on its way
    clock.advance(100);
    if (clock.pending > 0) throw new Error(`a closed engine has left ${clock.pending} timers`);
  }
}
