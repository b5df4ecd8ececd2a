import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import { parseIpv4Address } from '../identity/address.ts';
import type { NeighbourEntry, NeighbourState } from '../kernel/kernel-port.ts';
import { judgeGateway, unknownGateway, type GatewayState } from './judge-gateway.ts';

const identity = { linkName: 'net1', gateway: parseIpv4Address('10.0.2.1') };
const boundMs = 10_000;
const mac = '02:00:00:00:02:01';

function look(state: GatewayState, entry: NeighbourEntry | undefined, nowMs: number) {
  return judgeGateway(state, { identity, entry, nowMs, boundMs });
}

/** What is told of entries seen at times. */
function told(seen: readonly (readonly [number, NeighbourEntry | undefined])[]): string[] {
  let state = unknownGateway;
  return seen.flatMap(([nowMs, entry]) => {
    const judged = look(state, entry, nowMs);
    ({ state } = judged);
    return judged.events.map(({ kind }) => `${nowMs} ${kind}`);
  });
}

const reachable: NeighbourEntry = { state: 'reachable', macAddress: mac };
const failed: NeighbourEntry = { state: 'failed', macAddress: undefined };
const incomplete: NeighbourEntry = { state: 'incomplete', macAddress: undefined };
const moved: NeighbourEntry = { state: 'stale', macAddress: '02:00:00:00:02:99' };

describe('judgeGateway', () => {
  it.each([
    ['a gateway that answers', [[0, reachable]], []],
    [
      'a silence shorter than the bound',
      [
        [0, failed],
        [9999, incomplete],
        [10_001, reachable],
      ],
      [],
    ],
    [
      'a silence as long as the bound, once, and its end',
      [
        [0, failed],
        [3000, incomplete],
        [10_000, failed],
        [20_000, incomplete],
        [30_000, reachable],
        [31_000, reachable],
      ],
      ['10000 gateway-unreachable', '30000 gateway-reachable'],
    ],
    [
      'two silences, apart',
      [
        [0, failed],
        [9000, reachable],
        [9500, failed],
        [19_000, failed],
        [19_500, failed],
      ],
      ['19500 gateway-unreachable'],
    ],
    [
      'a failed entry that is forgotten before the bound',
      [
        [0, failed],
        [5000, undefined],
        [20_000, failed],
      ],
      [],
    ],
    [
      'one that is forgotten after it was told',
      [
        [0, failed],
        [10_000, failed],
        [20_000, undefined],
        [30_000, failed],
        [40_000, reachable],
      ],
      ['10000 gateway-unreachable', '40000 gateway-reachable'],
    ],
    [
      'another MAC address, and the first again',
      [
        [0, reachable],
        [1, failed],
        [2, moved],
        [3, moved],
        [4, reachable],
      ],
      ['2 gateway-changed', '4 gateway-changed'],
    ],
  ] as const)('tells of %s', (_what, seen, expected) => {
    expect(told(seen)).toEqual(expected);
  });

  it('says when to look again: when the bound is over, and not once it is told', () => {
    const first = look(unknownGateway, failed, 1000);
    expect(first.lookAgainInMs).toBe(boundMs);
    expect(look(first.state, incomplete, 5000).lookAgainInMs).toBe(6000);
    const last = look(first.state, failed, 11_000);
    expect([last.events.length, last.lookAgainInMs]).toEqual([1, undefined]);
    expect(look(last.state, failed, 12_000).lookAgainInMs).toBeUndefined();
  });

  it('its finding names the gateway, the link, what was seen and for how long', () => {
    const { state } = look(unknownGateway, failed, 0);
    const [event] = look(state, failed, 12_000).events;
    expect(event).toMatchObject({
      kind: 'gateway-unreachable',
      finding: {
        code: 'gateway-unreachable',
        severity: 'warning',
        seen: '10.0.2.1 is failed in the neighbour table of net1, for 12 s',
        remedy: expect.stringContaining('ENI') as string,
      },
    });
  });
});

const states: readonly NeighbourState[] = ['reachable', 'stale', 'probe', 'failed', 'incomplete'];
const anyEntry = fc.option(
  fc.record({ state: fc.constantFrom(...states), macAddress: fc.constantFrom(mac, undefined) }),
  { nil: undefined },
);
test.prop([fc.array(fc.tuple(fc.nat(8000), anyEntry), { maxLength: 40 })])(
  'whatever is seen: it is told unreachable and reachable in turn, the first after the bound of silence',
  (story) => {
    let state = unknownGateway;
    let nowMs = 0;
    let lastAnswerMs = 0;
    const kinds: string[] = [];
    for (const [ms, entry] of story) {
      nowMs += ms;
      const judged = look(state, entry, nowMs);
      ({ state } = judged);
      const isSilent = entry?.state === 'failed' || entry?.state === 'incomplete';
      for (const { kind } of judged.events) {
        if (kind === 'gateway-unreachable') {
          expect(nowMs - lastAnswerMs).toBeGreaterThanOrEqual(boundMs);
        }
        expect(isSilent).toBe(kind === 'gateway-unreachable');
        expect(kind).not.toBe(kinds.at(-1));
        kinds.push(kind);
      }
      if (entry !== undefined && !isSilent) lastAnswerMs = nowMs;
    }
    expect(kinds[0] ?? 'gateway-unreachable').toBe('gateway-unreachable');
  },
);
