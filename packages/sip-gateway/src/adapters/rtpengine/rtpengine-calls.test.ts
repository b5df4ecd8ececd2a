import { describe, expect, it } from 'vitest';
import { GatewayError } from '../../errors.ts';
import type { MediaEvent } from '../../media/media-relay.ts';
import type { NgCommand, NgReply } from './ng-control.ts';
import { RtpengineCalls } from './rtpengine-calls.ts';

const lostAfter = 3;

/** An rtpengine that keeps state: its calls, and whether it answers. */
class FakeDaemon {
  readonly calls = new Set<string>();
  readonly asked: NgCommand[] = [];
  isSilent = false;
  /** Answers before it falls silent. */
  silentAfter = Infinity;

  async ask(command: NgCommand, dictionary: object): Promise<NgReply | undefined> {
    this.asked.push(command);
    if (this.isSilent || this.asked.length > this.silentAfter) {
      const [message, remedy] = ['It did not answer.', 'Start it.'];
      throw new GatewayError({ code: 'MediaRelayUnreachable', message, remedy, retry: 'later' });
    }
    const callId = (dictionary as { 'call-id'?: string })['call-id'] ?? '';
    if (command === 'ping') return { result: 'pong' };
    if (command === 'query') return this.calls.has(callId) ? { result: 'ok' } : undefined;
    return this.calls.delete(callId) ? { result: 'ok' } : undefined;
  }
}

interface World {
  readonly daemon: FakeDaemon;
  readonly calls: RtpengineCalls;
  readonly events: readonly MediaEvent[];
}

function world(): World {
  const daemon = new FakeDaemon();
  const events: MediaEvent[] = [];
  const emit = (event: MediaEvent): void => void events.push(event);
  return { daemon, calls: new RtpengineCalls({ control: daemon, emit, lostAfter }), events };
}

async function hold({ daemon, calls }: World, callId: string): Promise<void> {
  await calls.hold(callId, async () => daemon.calls.add(callId));
}

describe('calls that an rtpengine holds', () => {
  it('are said to have timed out, once, when it has dropped them', async () => {
    const all = world();
    await hold(all, 'one');
    await hold(all, 'two');
    all.daemon.calls.delete('one');
    await all.calls.poll();
    await all.calls.poll();
    expect(all.events).toEqual([{ kind: 'media-timed-out', callId: 'one' }]);
  });

  it('are not asked for before their offer is answered: it may have been lost, and come again', async () => {
    const all = world();
    const offered = Promise.withResolvers<void>();
    const held = all.calls.hold('one', () => offered.promise);
    await all.calls.poll();
    all.daemon.calls.add('one');
    offered.resolve();
    await held;
    await all.calls.poll();
    expect([all.events, all.daemon.asked]).toEqual([[], ['ping', 'ping', 'query']]);
  });

  it('are deleted when it answers again, if it could not be told', async () => {
    const all = world();
    await hold(all, 'one');
    all.daemon.isSilent = true;
    await expect(all.calls.release('one')).rejects.toMatchObject({ code: 'MediaRelayUnreachable' });
    await all.calls.poll();
    expect([...all.daemon.calls]).toEqual(['one']);
    all.daemon.isSilent = false;
    await all.calls.poll();
    expect([...all.daemon.calls]).toEqual([]);
    // and not again
    const before = all.daemon.asked.length;
    await all.calls.poll();
    expect(all.daemon.asked.slice(before)).toEqual(['ping']);
    expect(all.events).toEqual([]);
  });

  it('of the same name come after the old one is gone, or not at all', async () => {
    const all = world();
    await hold(all, 'one');
    all.daemon.isSilent = true;
    await expect(all.calls.release('one')).rejects.toThrow();
    await expect(hold(all, 'one')).rejects.toMatchObject({ code: 'MediaRelayUnreachable' });
    all.daemon.isSilent = false;
    await hold(all, 'one');
    await all.calls.poll();
    expect([...all.daemon.calls]).toEqual(['one']);
  });

  it('are all lost when it was silent for too long: said once for each silence', async () => {
    const all = world();
    await hold(all, 'one');
    const failed = (): number => all.events.filter(({ kind }) => kind === 'relay-failed').length;
    for (const silences of [1, 2]) {
      all.daemon.isSilent = true;
      for (let poll = 1; poll < lostAfter; poll += 1) await all.calls.poll();
      expect(failed()).toBe(silences - 1);
      await all.calls.poll();
      await all.calls.poll();
      expect(failed()).toBe(silences);
      all.daemon.isSilent = false;
      await all.calls.poll();
    }
  });

  it('are not asked for one after the other once it is silent: as many polls are silent as without calls', async () => {
    const all = world();
    for (const callId of ['one', 'two', 'three']) await hold(all, callId);
    all.daemon.silentAfter = 1;
    await all.calls.poll();
    expect(all.daemon.asked).toEqual(['ping', 'query']);
    for (let poll = 0; poll < lostAfter; poll += 1) await all.calls.poll();
    expect(all.daemon.asked).toEqual(['ping', 'query', 'ping', 'ping', 'ping']);
    expect(all.events.map(({ kind }) => kind)).toEqual(['relay-failed']);
  });

  it('are all deleted at the end, whatever one of them says', async () => {
    const all = world();
    await hold(all, 'one');
    await hold(all, 'two');
    await all.calls.releaseAll();
    expect([...all.daemon.calls]).toEqual([]);
    all.daemon.isSilent = true;
    await hold(all, 'three');
    await expect(all.calls.releaseAll()).rejects.toMatchObject({ code: 'MediaRelayUnreachable' });
  });

  it('are deleted a few at a time, however many there are, and given up once it is silent', async () => {
    const all = world();
    for (let call = 0; call < 500; call += 1) await hold(all, `${call}`);
    const releasing = all.calls.releaseAll();
    expect(all.daemon.asked.length).toBeLessThanOrEqual(32);
    await releasing;
    expect(all.daemon.calls.size).toBe(0);
    for (let call = 0; call < 500; call += 1) await hold(all, `${call}`);
    const before = all.daemon.asked.length;
    all.daemon.isSilent = true;
    await expect(all.calls.releaseAll()).rejects.toMatchObject({ code: 'MediaRelayUnreachable' });
    expect(all.daemon.asked.length - before).toBeLessThanOrEqual(32);
  });
});
