import { chainPriority, type Operation } from '@truetuple/netlink/nftables';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  gatewayRuleset,
  natGatewayRuleset,
  nodeRuleset,
  routerRuleset,
} from '../lab/src/box/rulesets.ts';
import { ends, nats, sets, steps, table, type Statement } from './netlink-nftables-cases.ts';
import { made, meant } from './netlink-nftables-ruleset.ts';
import { whyNoNamespaces } from './netns-rights.ts';

const reason = whyNoNamespaces();
const needs = reason === undefined ? '' : ` (skipped: ${reason})`;

const initial = {
  privateIps: [
    { eni: 'eni-node-b', address: '10.0.2.10' },
    { eni: 'eni-client', address: '10.0.1.100' },
  ],
  associations: [{ publicIp: '203.0.113.7', privateIp: '10.0.2.5' }],
  unchecked: ['eni-nat'],
} as const;

const gateway = `table ip igw {
 counter no_eip { }
 counter no_dst { }
 map out { type ipv4_addr : ipv4_addr; elements = { 10.0.2.5 : 203.0.113.7 } }
 map in { type ipv4_addr : ipv4_addr; elements = { 203.0.113.7 : 10.0.2.5 } }
 chain destination {
  ip daddr set ip daddr map @in accept
  iifname "inet" counter name no_dst drop
  ip daddr 203.0.113.0/24 counter name no_dst drop
 }
 chain pre {
  type filter hook prerouting priority raw
  notrack
  iifname "vpc" ip saddr set ip saddr map @out goto destination
  iifname "vpc" counter name no_eip drop
  goto destination
 }
}`;

const router = `table ip vpc {
 counter src_check { }
 counter dst_check { }
 counter blackhole { }
 set eni_address { type ifname . ipv4_addr; elements = { "eni-node-b" . 10.0.2.10, "eni-client" . 10.0.1.100 } }
 set private_address { type ipv4_addr; elements = { 10.0.2.10, 10.0.1.100 } }
 set router_address { type ipv4_addr; elements = { 10.0.1.1, 10.0.2.1, 10.0.3.1 } }
 set unchecked { type ifname; elements = { "eni-nat" } }
 chain pre {
  type filter hook prerouting priority raw
  notrack
  iifname "lo" accept
  iifname != "igw" iifname . ip saddr != @eni_address iifname != @unchecked counter name src_check drop
  ip daddr 10.0.0.0/16 ip daddr != @private_address ip daddr != @router_address counter name blackhole drop
 }
 chain forward {
  type filter hook forward priority filter
  oifname "igw" accept
  oifname . ip daddr @eni_address accept
  oifname @unchecked accept
  counter name dst_check drop
 }
}`;

const natGateway = `table ip nat {
 chain post {
  type nat hook postrouting priority srcnat
  oifname "eth0" ip saddr != 10.0.2.5 masquerade fully-random
 }
}`;

const node = `table ip aws {
 chain post {
  type nat hook postrouting priority srcnat
  oifname "eth0" ip daddr != 10.0.0.0/16 snat to 10.0.1.10 fully-random
 }
}`;

/** Everything the statements need, then their rules in three chains. */
function script(rules: readonly string[], ofNat: readonly string[]): string {
  return [
    'table ip sample {',
    'counter drops { }',
    'chain side { }',
    ...sets.map(({ text }) => text),
    'chain main { type filter hook prerouting priority raw; policy drop;',
    ...rules,
    '}',
    'chain post { type nat hook postrouting priority 99;',
    ...ofNat,
    '}',
    '}',
  ].join('\n');
}

function add(chain: string, [, expressions]: Statement): Operation {
  return { kind: 'add-rule', rule: { ...table, chain, expressions } };
}

function operations(rules: readonly Statement[], ofNat: readonly Statement[]): Operation[] {
  const main = { name: 'prerouting', priority: chainPriority.raw } as const;
  const post = { name: 'postrouting', priority: 99 } as const;
  return [
    { kind: 'add-table', table },
    { kind: 'add-counter', counter: { ...table, counter: 'drops' } },
    { kind: 'add-chain', chain: { ...table, chain: 'side' } },
    ...sets.flatMap(({ set, elements }): Operation[] => [
      { kind: 'add-set', set },
      { kind: 'add-elements', set, elements },
    ]),
    { kind: 'add-chain', chain: { ...table, chain: 'main', hook: main, policy: 'drop' } },
    { kind: 'add-chain', chain: { ...table, chain: 'post', hook: post, type: 'nat' } },
    ...rules.map((rule) => add('main', rule)),
    ...ofNat.map((rule) => add('post', rule)),
  ];
}

async function expectSame(rules: readonly Statement[], ofNat: readonly Statement[]): Promise<void> {
  const text = script(
    rules.map(([line]) => line),
    ofNat.map(([line]) => line),
  );
  expect(await made(operations(rules, ofNat))).toEqual(meant(text));
}

/** Some steps and an end make a rule. nft(8) says only once that a packet is TCP or UDP, we each time. */
const rule = fc
  .tuple(fc.array(fc.constantFrom(...steps), { maxLength: 4 }), fc.constantFrom(...ends))
  .map(([before, end]): Statement => {
    const all = [...before, end];
    return [all.map(([text]) => text).join(' '), all.flatMap(([, expressions]) => expressions)];
  })
  .filter(([text]) => (text.match(/udp|tcp/g) ?? []).length <= 1);

describe.skipIf(reason !== undefined)(`what nft reads of our rulesets${needs}`, () => {
  it.each([
    ['Internet gateway', gateway, gatewayRuleset(initial)],
    ['VPC router', router, routerRuleset(initial)],
    ['NAT gateway', natGateway, natGatewayRuleset],
    ['node', node, nodeRuleset],
  ])('the %s of the lab is what was meant', async (_, text, ruleset) => {
    expect(await made(ruleset)).toEqual(meant(text));
  });

  it('every statement is what was meant', async () => {
    await expectSame([...steps, ...ends], nats);
  });

  it('so are rules put together at random', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(rule, { maxLength: 12 }), async (rules) => {
        await expectSame(rules, []);
      }),
      { numRuns: 12 },
    );
  });

  it('a ruleset for one link (netdev) forwards and copies', async () => {
    const netdev = { family: 'netdev', table: 'relay' } as const;
    const hook = { name: 'ingress', priority: 0, devices: ['lo'] } as const;
    const chain = { ...netdev, chain: 'in' };
    const link = { kind: 'immediate', value: Uint8Array.of(1, 0, 0, 0) } as const;
    const ours: Operation[] = [
      { kind: 'add-table', table: netdev },
      { kind: 'add-chain', chain: { ...chain, hook } },
      {
        kind: 'add-rule',
        rule: { ...chain, expressions: [link, { kind: 'duplicate', linkRegister: 1 }] },
      },
      {
        kind: 'add-rule',
        rule: { ...chain, expressions: [link, { kind: 'forward', linkRegister: 1 }] },
      },
    ];
    expect(await made(ours)).toEqual(
      meant(
        'table netdev relay { chain in { type filter hook ingress device "lo" priority 0; dup to "lo"\n fwd to "lo"\n }\n}',
      ),
    );
  });
});
