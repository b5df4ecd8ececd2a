import { describe, expect, it } from 'vitest';
import type { Transport } from '../transport/transport.ts';
import { FakeClock } from './fake-clock.ts';
import { VirtualNetwork, type VirtualNetworkOptions } from './virtual-network.ts';

interface World {
  readonly clock: FakeClock;
  readonly network: VirtualNetwork;
  readonly one: Transport;
  readonly other: Transport;
  /** "text at ms" of what came to `other`. */
  readonly arrived: string[];
  readonly send: (text: string) => void;
}

function newWorld(options: VirtualNetworkOptions = {}): World {
  const clock = new FakeClock(0);
  const network = new VirtualNetwork(clock, options);
  const one = network.open({ address: '192.0.2.1', port: 5060 });
  const other = network.open({ address: '192.0.2.2', port: 5060 });
  const arrived: string[] = [];
  other.onMessage((bytes) => arrived.push(`${new TextDecoder().decode(bytes)} at ${clock.now()}`));
  const send = (text: string): void => {
    one.send(new TextEncoder().encode(text), other.localAddress);
  };
  return { clock, network, one, other, arrived, send };
}

describe('the virtual network', () => {
  it('takes its time, in one direction as told', () => {
    const { clock, network, one, other, arrived, send } = newWorld({
      conditions: { latencyMs: 20 },
    });
    send('a');
    clock.advance(19);
    expect(arrived).toEqual([]);
    clock.advance(1);
    expect(arrived).toEqual(['a at 20']);
    network.setPath('192.0.2.2', '192.0.2.1', { latencyMs: 5 });
    let backAtMs = 0;
    one.onMessage(() => {
      backAtMs = clock.now();
    });
    other.send(new Uint8Array(1), one.localAddress);
    clock.advance(100);
    expect(backAtMs).toBe(25);
  });

  it('loses, doubles and swaps, and does so again for the same seed', () => {
    const conditions = { latencyMs: 5, jitterMs: 30, loss: 0.3, duplication: 0.2 };
    const run = (seed: number): readonly string[] => {
      const { clock, arrived, send } = newWorld({ seed, conditions });
      for (let count = 0; count < 200; count += 1) {
        send(String(count).padStart(3, '0'));
        clock.advance(1);
      }
      clock.advance(100);
      expect(clock.pending).toBe(0);
      return arrived;
    };
    const arrived = run(7);
    const texts = arrived.map((line) => line.slice(0, 3));
    const distinct = new Set(texts);
    expect(distinct.size).toBeGreaterThan(110);
    expect(distinct.size).toBeLessThan(170);
    expect(texts.length - distinct.size).toBeGreaterThan(10);
    expect(texts).not.toEqual(texts.toSorted());
    expect(run(7)).toEqual(arrived);
    expect(run(8)).not.toEqual(arrived);
  });

  it('loses exactly what a filter names', () => {
    const { clock, network, arrived, send } = newWorld();
    const stop = network.lose(({ bytes }) => bytes[0] === 0x62);
    for (const text of ['a', 'b', 'c']) send(text);
    stop();
    send('b');
    clock.advance(10);
    expect(arrived).toEqual(['a at 1', 'c at 1', 'b at 1']);
    expect(network.sent).toHaveLength(4);
  });

  it('tells that nobody is there only when asked to', () => {
    for (const tellsUnreachable of [false, true]) {
      const { clock, one } = newWorld({ tellsUnreachable });
      const codes: string[] = [];
      one.send(new Uint8Array(1), { address: '192.0.2.3', port: 5060 }, ({ code }) =>
        codes.push(code),
      );
      clock.advance(10);
      expect(codes).toEqual(tellsUnreachable ? ['DestinationUnreachable'] : []);
    }
  });

  it('carries a copy: what the sender does to its bytes later changes nothing', () => {
    const { clock, one, other, arrived } = newWorld();
    const bytes = Uint8Array.of(0x61);
    one.send(bytes, other.localAddress);
    bytes[0] = 0x7a;
    clock.advance(1);
    expect(arrived).toEqual(['a at 1']);
  });
});

describe('the fake clock', () => {
  it('runs timers in order of time, then of setting, those set meanwhile included', () => {
    const clock = new FakeClock(0);
    const ran: string[] = [];
    const note = (name: string) => (): void => {
      ran.push(`${name} at ${clock.now()}`);
    };
    clock.setTimer(20, note('late'));
    clock.setTimer(10, () => {
      note('first')();
      clock.setTimer(5, note('nested'));
    });
    clock.setTimer(10, note('second'));
    const cancel = clock.setTimer(12, note('never'));
    cancel();
    clock.advance(15);
    expect(ran).toEqual(['first at 10', 'second at 10', 'nested at 15']);
    expect(clock.pending).toBe(1);
    clock.advance(5);
    cancel();
    expect(ran.at(-1)).toBe('late at 20');
    expect([clock.now(), clock.pending]).toEqual([20, 0]);
  });

  it('lets promises run between two timers when it settles', async () => {
    const clock = new FakeClock(0);
    const ran: number[] = [];
    const waitAgain = async (): Promise<void> => {
      await Promise.resolve();
      clock.setTimer(10, () => ran.push(clock.now()));
    };
    clock.setTimer(10, () => void waitAgain());
    await clock.advanceSettled(25);
    expect(ran).toEqual([20]);
  });
});
