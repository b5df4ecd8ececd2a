import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { NetlinkError } from '../errors.ts';
import { fromHex } from '../testing/captured-message.ts';
import { AttributeCursor } from '../wire/attribute-cursor.ts';
import { MessageWriter } from '../wire/message-writer.ts';
import { decodeChain, writeChain } from './chain.ts';
import { decodeCounter } from './counter.ts';
import { encodeDatum } from './datum.ts';
import { decodeElements, writeElement } from './element.ts';
import type { Expression } from './expression.ts';
import { readExpressions, writeExpression } from './expression-codec.ts';
import { matchConnectionState, matchOutputLink, matchSource } from './match.ts';
import { decodeNftRule, writeRule } from './rule.ts';
import { decodeSet, writeSet } from './set.ts';
import { decodeTable } from './table.ts';

const register = fc.integer({ min: 1, max: 23 });
const u32 = fc.nat(0xffffffff);
const bytes = fc.uint8Array({ minLength: 1, maxLength: 16 });
const one = fc.constant;
const name = fc.stringMatching(/^[a-z][a-z0-9_]{0,14}$/);

const expression = fc.oneof(
  fc.record({ kind: fc.constantFrom('accept', 'drop', 'continue', 'return') }),
  fc.record({ kind: fc.constantFrom('jump', 'goto'), chain: name }),
  fc.record({
    kind: one('payload'),
    base: fc.constantFrom('link', 'network', 'transport', 'inner'),
    offset: u32,
    length: u32,
    register,
  }),
  fc.record({ kind: fc.constantFrom('meta', 'meta-write'), key: one('mark'), register }),
  fc.record({ kind: one('compare'), operator: one('less'), value: bytes, register }),
  fc.record({ kind: one('range'), operator: one('not-equal'), from: bytes, to: bytes, register }),
  fc.record({ kind: one('bitwise'), mask: bytes, xor: bytes, source: register, register }),
  fc.record(
    { kind: one('lookup'), set: name, register, result: register, invert: one(true) },
    { requiredKeys: ['kind', 'set', 'register'] },
  ),
  fc.record({ kind: one('immediate'), value: bytes, register }),
  fc.record({ kind: one('counter'), packets: fc.maxSafeNat(), bytes: fc.maxSafeNat() }),
  fc.record({ kind: one('named-counter'), name }),
  fc.record({ kind: one('notrack') }),
  fc.record(
    {
      kind: fc.constantFrom('snat', 'dnat'),
      family: one('ip'),
      addressRegister: one(1),
      portRegister: one(2),
      flags: one(['random', 'fully-random']),
    },
    { requiredKeys: ['kind', 'family'] },
  ),
  fc.record({ kind: one('masquerade') }),
  fc.record({ kind: one('forward'), linkRegister: register }),
  fc.record({ kind: one('duplicate'), linkRegister: register, addressRegister: register }),
  fc.record({ kind: one('conntrack'), key: one('state'), register }),
  fc.record({ kind: one('unknown'), name: one('quota'), data: one(fromHex('0800010000000001')) }),
) as fc.Arbitrary<Expression>;

function written(write: (writer: MessageWriter) => void): Uint8Array {
  const writer = new MessageWriter(true).begin(0, 0);
  write(writer);
  return writer.finish().slice(16);
}

function listed(body: Uint8Array): Expression[] {
  const whole = written((writer) => writer.attribute(4, body));
  const cursor = new AttributeCursor(new DataView(whole.buffer), 0, whole.length, true);
  cursor.next();
  return readExpressions(cursor);
}

/** Attributes by type, whatever their order; those within stay in a list where types repeat. */
function tree(body: Uint8Array, nested = true): unknown {
  if (!nested) return Buffer.from(body).toString('hex');
  const view = new DataView(body.buffer, body.byteOffset, body.length);
  const found: [type: number, value: unknown][] = [];
  for (let at = 0; at + 4 <= body.length;) {
    const length = view.getUint16(at, true);
    const type = view.getUint16(at + 2, true);
    found.push([type & 0x3fff, tree(body.subarray(at + 4, at + length), type >= 0x8000)]);
    at += (length + 3) & ~3;
  }
  return found.toSorted(([one_], [other]) => one_ - other);
}

const rule = (chain: string, expressions: readonly Expression[]): Uint8Array =>
  written((writer) => {
    writeRule(writer, { family: 'ip', table: 'vpc', chain, expressions });
  });

describe('expressions', () => {
  it('come back as they went', () => {
    fc.assert(
      fc.property(fc.array(expression, { maxLength: 8 }), (expressions) => {
        const body = written((writer) => {
          for (const each of expressions) writeExpression(writer, each);
        });
        expect(listed(body)).toEqual(expressions);
      }),
      { numRuns: 300 },
    );
  });

  it('with an attribute or a value unknown here are kept as they came', () => {
    const limit = fromHex(
      '1c00018009000100 6d65746100000000 0c000280 08000200000000ff'.replaceAll(' ', ''),
    );
    expect(listed(limit)).toEqual([
      { kind: 'unknown', name: 'meta', data: fromHex('08000200000000ff') },
    ]);
    expect(written((writer) => writeExpression(writer, listed(limit)[0] as Expression))).toEqual(
      limit,
    );
  });
});

/** Captured from nft 1.0.6 (`--debug=mnl`): what follows struct nfgenmsg. */
const captured = {
  accept:
    '080001007670630008000200707265009000048024000180090001006d65746100000000140002800800020000000006080001000000000138000180080001' +
    '00636d70002c0002800800010000000001080002000000000018000380140001006c6f0000000000000000000000000000300001800e000100696d6d6564' +
    '6961746500000' +
    '01c0002800800010000000000100002800c0002800800010000000001',
  masquerade:
    '080001007670630009000200706f737400000000dc00048024000180090001006d65746100000000140002800800020000000007080001000000000138000' +
    '18008000100636d70002c000280080001000000000108000200000000001800038014000100657468300000000000000000000000003400' +
    '01800c0001007061796c6f6164002400028008000100000000010800020000000001080003000000000c08000400000000042c00018008000100636d7000' +
    '20000280080001000000000108000200000000010c000380080001000a0002051c000180090001006d617371000000000c0002800800010000000010',
  chain:
    '080001007670630009000300706f737400000000080007006e6174001400048008000100000000040800020000000064',
  set: '08000100767063000e000200756e636865636b656400000008000300000000000800040000000029080005000000001008000a00000000020a000d000004010000000000',
} as const;

describe('beside what nft sends', () => {
  it('rules, a chain and a set are the same attributes', () => {
    expect(
      tree(
        rule('pre', [
          { kind: 'meta', key: 'iifname' },
          { kind: 'compare', operator: 'equal', value: encodeDatum('link-name', 'lo') },
          { kind: 'accept' },
        ]),
      ),
    ).toEqual(tree(fromHex(captured.accept)));
    const masquerade: Expression[] = [
      ...matchOutputLink('eth0'),
      ...matchSource('10.0.2.5', { not: true }),
      { kind: 'masquerade', flags: ['fully-random'] },
    ];
    expect(tree(rule('post', masquerade))).toEqual(tree(fromHex(captured.masquerade)));
    const post = { family: 'ip', table: 'vpc', chain: 'post', type: 'nat' } as const;
    const chain = written((writer) => {
      writeChain(writer, { ...post, hook: { name: 'postrouting', priority: 100 } });
    });
    expect(tree(chain)).toEqual(tree(fromHex(captured.chain)));
    const set = written((writer) => {
      writeSet(writer, { family: 'ip', table: 'vpc', set: 'unchecked', key: 'link-name' }, 2);
    });
    expect(tree(set)).toEqual(tree(fromHex(captured.set)));
  });
});

const map = { family: 'ip', table: 't', set: 's', key: ['ipv4', 'port'], data: 'verdict' } as const;
const seeds = [
  rule('pre', matchConnectionState('new')),
  fromHex(captured.masquerade),
  fromHex(captured.chain),
  fromHex(captured.set),
  written((writer) => {
    const list = writer.startNested(3);
    writeElement(writer, map, { key: ['10.0.0.1', 5], value: { kind: 'jump', chain: 'c' } });
    writer.end(list);
  }),
].map((body) => Uint8Array.of(2, 0, 0, 0, ...body));

describe('whatever bytes come', () => {
  it.each([
    ['table', decodeTable],
    ['chain', decodeChain],
    ['rule', decodeNftRule],
    ['set', decodeSet],
    ['counter', decodeCounter],
    ['elements', decodeElements.bind(undefined, map)],
  ] as const)(
    'the %s decoder reads nothing around them, and keeps nothing of the buffer',
    (_, decode) => {
      const changed = fc
        .tuple(
          fc.constantFrom(...seeds),
          fc.array(fc.tuple(fc.nat(400), fc.nat(255)), { maxLength: 6 }),
        )
        .map(([seed, changes]) => {
          const body = seed.slice();
          for (const [at, value] of changes) body[4 + (at % (body.length - 4))] = value;
          return body;
        });
      fc.assert(
        fc.property(changed, (body) => {
          const amid = (poison: number): unknown => {
            const buffer = new Uint8Array(body.length + 320).fill(poison);
            buffer.set(body, 64);
            try {
              const found = decode(new DataView(buffer.buffer), 64, 64 + body.length);
              const before = structuredClone(found);
              buffer.fill(poison);
              expect(found).toEqual(before);
              return found;
            } catch (error) {
              if (!NetlinkError.is(error)) throw error;
              return error.message;
            }
          };
          expect(amid(0xee)).toEqual(amid(0x04));
        }),
        { numRuns: 300 },
      );
    },
  );
});
