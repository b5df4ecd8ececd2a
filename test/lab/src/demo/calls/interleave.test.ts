import { describe, expect, it } from 'vitest';
import { interleave } from './interleave.ts';
import type { UdpDatagram } from '../../capture/udp-datagram.ts';

const tuple = { address: '192.0.2.1', port: 1 };

function at(atMs: number, direction: UdpDatagram['direction'], text: string): UdpDatagram {
  return { atMs, direction, source: tuple, destination: tuple, payload: Buffer.from(text) };
}

function order(datagrams: readonly UdpDatagram[]): readonly string[] {
  return datagrams.map(({ payload }) => Buffer.from(payload).toString());
}

describe('interleave', () => {
  const caller = [at(10, 'outgoing', 'INVITE a'), at(30, 'incoming', '200 a')];
  const callee = [at(9, 'incoming', 'INVITE b'), at(29, 'outgoing', '200 b')];

  it('puts what goes to the gateway before what comes from it, when they were read together', () => {
    const merged = interleave(callee, caller);
    expect(order(merged)).toEqual(['INVITE a', 'INVITE b', '200 b', '200 a']);
    expect(order(interleave(caller, callee))).toEqual(order(merged));
    expect(merged.map(({ atMs }) => atMs)).toEqual([10, 10, 29, 30]);
  });

  it('goes by time where that says it, and keeps the order of each link', () => {
    const late = [at(100, 'outgoing', 'BYE a')];
    expect(order(interleave(late, callee))).toEqual(['INVITE b', '200 b', 'BYE a']);
    expect(order(interleave([], callee))).toEqual(['INVITE b', '200 b']);
  });
});
