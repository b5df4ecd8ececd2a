import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeAddFlow } from '../conntrack/encode-flow.ts';
import { encodeAddLink } from '../rtnetlink/encode-link.ts';
import { encodeAddRoute } from '../rtnetlink/encode-route.ts';
import { encodeAddRule } from '../rtnetlink/encode-rule.ts';
import { fromHex } from '../testing/captured-message.ts';
import { MessageWriter } from '../wire/message-writer.ts';
import { explain, explainText } from './explain.ts';

const writer = new MessageWriter();

describe('explain', () => {
  it('a route, with its metrics', () => {
    const route = {
      destination: '10.7.0.0/16',
      linkIndex: 3,
      table: 1000,
      mtu: 1400,
      protocol: 188,
    };
    expect(explainText(encodeAddRoute(writer, route, 'exclusive'))).toBe(
      [
        'newRoute 64 bytes, sequence 0, port 0, request ack exclusive create',
        '  family=2 destinationLength=16 sourceLength=0 tos=0 table=0 protocol=188 scope=253 type=1 flags=0',
        '  destination 10.7.0.0',
        '  table 1000',
        '  outputLink 3',
        '  metrics',
        '    mtu 1400',
      ].join('\n'),
    );
  });

  it('a rule, a link of a kind, a tracked flow', () => {
    const rule = encodeAddRule(writer, {
      from: '10.0.2.128/32',
      priority: 100,
      table: 200,
      mark: 7,
    });
    expect(explain(rule)).toMatchObject([
      {
        type: 'newRule',
        attributes: [
          { name: 'from', value: '10.0.2.128' },
          { name: 'priority', value: '100' },
          { name: 'mark', value: '7' },
          { name: 'protocol', value: '4' },
        ],
      },
    ]);
    const link = encodeAddLink(writer, { kind: 'vlan', name: 'net1.7', parentIndex: 3, id: 7 });
    expect(explainText(link)).toContain(
      ['  linkInfo', '    kind "vlan"', '    data', '      #1 '].join('\n'),
    );
    const original = {
      source: '198.51.100.50',
      destination: '203.0.113.50',
      protocol: 17,
      sourcePort: 5060,
      destinationPort: 5060,
    };
    const flow = encodeAddFlow(writer, { original, timeoutSeconds: 60 });
    const text = explainText(flow, { bus: 'netfilter' });
    expect(text).toContain('flow new ');
    expect(text).toContain(
      ['  tupleOriginal', '    ip', '      v4Source 198.51.100.50'].join('\n'),
    );
    expect(text).toContain('      destinationPort 5060');
  });

  it('what the kernel answers, and what has no name here', () => {
    // RTM_DELROUTE refused with ESRCH; then a type of its own with one attribute of 3 bytes
    const refusal = fromHex(
      '24000000020000000700000009000000fdffffff1c00000019000500070000000000000000',
    );
    expect(explain(refusal.subarray(0, 36))[0]?.answer).toMatch(/ESRCH/);
    const unknown = fromHex('1800000063000100010000000000000007004d00aabbcc00');
    expect(explainText(unknown)).toBe(
      'type 99 24 bytes, sequence 1, port 0, request\n  #77 0xaabbcc',
    );
    expect(explain(new Uint8Array(3))).toEqual([]);
  });

  it('throws for no bytes at all, and ends', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 200 }),
        fc.constantFrom('route', 'netfilter', 'sock-diag'),
        fc.nat(255),
        (bytes, bus, type) => {
          const message = new Uint8Array(16 + bytes.length);
          message.set(bytes, 16);
          const view = new DataView(message.buffer);
          view.setUint32(0, message.length, true);
          view.setUint16(4, bus === 'netfilter' ? 0x0a00 + (type % 24) : type, true);
          expect(typeof explainText(message, { bus })).toBe('string');
          explain(bytes, { bus });
        },
      ),
      { numRuns: 2000 },
    );
  });
});
