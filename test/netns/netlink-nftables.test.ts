import {
  encodeInetAddress,
  NetlinkError,
  openSocket,
  type NetworkNamespace,
} from '@truetuple/netlink';
import {
  loadSource,
  matchInputLink,
  matchProtocol,
  openNftables,
  type NewRuleOfChain,
  type NewSet,
  type Nftables,
  type RulePlace,
} from '@truetuple/netlink/nftables';
import { describe, expect, it } from 'vitest';
import { sets, table } from './netlink-nftables-cases.ts';
import { listEverything, openPlace } from './netlink-nftables-ruleset.ts';
import { openPair } from './netlink-pair.ts';
import { translate } from './netlink-nftables-translate.ts';
import { whyNoNamespaces } from './netns-rights.ts';

const reason = whyNoNamespaces();
const needs = reason === undefined ? '' : ` (skipped: ${reason})`;

const chain = { ...table, chain: 'main' } as const;
const toDrops = { kind: 'named-counter', name: 'drops' } as const;
const hook = { name: 'prerouting', priority: -300 } as const;
const addresses: NewSet = { ...table, set: 'addresses', key: 'ipv4' };

async function withTable(nft: Nftables): Promise<void> {
  await nft.transaction((t) => {
    t.addTable(table);
    t.addChain({ ...chain, hook });
    t.addSet(addresses);
    t.addCounter({ ...table, counter: 'drops' });
  });
}

async function refusal(attempt: Promise<unknown>): Promise<NetlinkError> {
  const error: unknown = await attempt.then(
    () => new Error('nothing was refused'),
    (thrown: unknown) => thrown,
  );
  if (!NetlinkError.is(error)) throw error;
  return error;
}

async function contents(nft: Nftables): Promise<unknown> {
  const [tables, chains, rules] = [
    await nft.tables.list(),
    await nft.chains.list(),
    await nft.rules.list(),
  ];
  const kept = (await nft.sets.list()).map((set) => set.set);
  return { tables, chains, rules, kept };
}

describe.skipIf(reason !== undefined)(`nftables of the real kernel${needs}`, () => {
  it('lists every expression as it was given', async () => {
    using place = await openPlace();
    const { listed, given } = await listEverything(place.nft);
    expect(listed).toEqual(given);
  });

  it('lists every set and its elements as they were given', async () => {
    using place = await openPlace();
    await place.nft.transaction((t) => {
      t.addTable(table);
      t.addChain({ ...table, chain: 'side' });
      for (const { set } of sets) t.addSet(set);
      for (const { set, elements } of sets) t.addElements(set, elements);
    });
    const found = await place.nft.sets.list(table);
    for (const { set, elements } of sets) {
      const { set: name, key, data, size } = set;
      expect(found).toContainEqual(
        expect.objectContaining({
          set: name,
          key,
          ...(data === undefined ? {} : { data }),
          ...(size === undefined ? {} : { size }),
        }),
      );
      const listed = await place.nft.elements.list(set);
      expect(listed).toHaveLength(elements.length);
      expect(listed).toEqual(expect.arrayContaining(elements.map((one) => ({ ...one }))));
    }
  });

  it('does all of a transaction or nothing, and says which operation was refused', async () => {
    using place = await openPlace();
    const { nft } = place;
    await withTable(nft);
    const before = await contents(nft);
    const error = await refusal(
      nft.transaction((t) => {
        t.addTable({ family: 'ip6', table: 'other' });
        t.addRule({ ...chain, expressions: [{ kind: 'jump', chain: 'nowhere' }] });
        t.addElements(addresses, [{ key: '10.0.0.1' }]);
        t.deleteSet({ ...addresses, set: 'nothing' });
      }),
    );
    expect(error).toMatchObject({ code: 'ENOENT', errno: 2, operationIndex: 1, isNotFound: true });
    expect(error.message).toBe(
      'adding a rule to chain ip sample main (operation 2 of 4, none done): there is no such object (ENOENT)',
    );
    expect(await contents(nft)).toEqual(before);
    expect(await nft.elements.list(addresses)).toEqual([]);
  });

  it('adds what is there already, unless that is forbidden', async () => {
    using place = await openPlace();
    await withTable(place.nft);
    await withTable(place.nft);
    const add = place.nft.transaction((t) => t.addTable(table, { exclusive: true }));
    expect(await refusal(add)).toMatchObject({ code: 'EEXIST', operationIndex: 0 });
    const map: NewSet = { ...table, set: 'map', key: 'ipv4', data: 'port' };
    await place.nft.transaction((t) => {
      t.addSet(map);
      t.addElements(map, [{ key: '10.0.0.1', value: 1 }]);
    });
    await place.nft.transaction((t) => t.addElements(map, [{ key: '10.0.0.1', value: 1 }]));
    const other = place.nft.transaction((t) => t.addElements(map, [{ key: '10.0.0.1', value: 2 }]));
    expect((await refusal(other)).message).toContain(
      'adding element 10.0.0.1 of map ip sample map',
    );
  });

  it('puts rules where they are wanted, and takes them away', async () => {
    using place = await openPlace();
    const { nft } = place;
    await withTable(nft);
    const add = (comment: string, where?: RulePlace): Promise<void> =>
      nft.transaction((t) => t.addRule(rule(comment, where)));
    await add('a');
    await add('d');
    const handleOf = async (comment: string): Promise<number> =>
      (await nft.rules.list()).find((one) => one.comment === comment)?.handle ?? 0;
    await add('0', { kind: 'first' });
    await add('b', { kind: 'after', handle: await handleOf('a') });
    await add('c', { kind: 'before', handle: await handleOf('d') });
    await add('D', { kind: 'instead-of', handle: await handleOf('d') });
    const order = async (): Promise<string> =>
      (await nft.rules.list(chain)).map((one) => one.comment).join('');
    expect(await order()).toBe('0abcD');
    await nft.apply([{ kind: 'delete-rule', rule: { ...chain, handle: await handleOf('b') } }]);
    expect(await order()).toBe('0acD');
    await nft.transaction((t) => t.flushChain(chain));
    expect(await order()).toBe('');
    await nft.transaction((t) => {
      t.deleteChain(chain);
      t.flushSet(addresses);
      t.deleteSet(addresses);
      t.deleteCounter({ ...table, counter: 'drops' });
      t.deleteTable(table);
    });
    expect(await nft.tables.list()).toEqual([]);
  });

  it('10,000 elements go in and out in one transaction each', async () => {
    using place = await openPlace();
    const { nft } = place;
    await withTable(nft);
    const many = Array.from({ length: 10_000 }, (_, index) => ({
      key: `10.1.${String(index >> 8)}.${String(index & 255)}`,
    }));
    await nft.transaction((t) => t.addElements(addresses, many));
    const listed = await nft.elements.list(addresses);
    expect(new Set(listed.map(({ key }) => key))).toEqual(new Set(many.map(({ key }) => key)));
    await nft.transaction((t) => t.deleteElements(addresses, many));
    expect(await nft.elements.list(addresses)).toEqual([]);
  });

  it('names the first of 500 refusals', async () => {
    using place = await openPlace();
    await withTable(place.nft);
    const error = await refusal(
      place.nft.transaction((t) => {
        t.addTable(table);
        for (let at = 0; at < 500; at++) {
          t.deleteElements(addresses, [{ key: `10.2.${String(at >> 8)}.${String(at & 255)}` }]);
        }
      }),
    );
    expect(error).toMatchObject({ code: 'ENOENT', operationIndex: 1 });
    expect(error.message).toContain('deleting element 10.2.0.0 of set ip sample addresses');
    await place.nft.transaction((t) => t.addElements(addresses, [{ key: '10.2.0.0' }]));
  });

  it('transactions in flight together do not disturb each other', async () => {
    using place = await openPlace();
    const { nft } = place;
    await withTable(nft);
    const wanted = Array.from({ length: 50 }, (_, index) => ({ key: `10.3.0.${String(index)}` }));
    const results = await Promise.allSettled([
      ...wanted.map((one) => nft.transaction((t) => t.addElements(addresses, [one]))),
      nft.transaction((t) => t.deleteElements(addresses, [{ key: '10.9.9.9' }])),
      nft.elements.list(addresses),
      nft.transaction(() => undefined),
    ]);
    const failed = results.filter(({ status }) => status === 'rejected');
    expect(failed).toHaveLength(1);
    expect(results[50]?.status).toBe('rejected');
    expect(await nft.elements.list(addresses)).toHaveLength(50);
  });

  it('a transaction for an older generation is refused whole', async () => {
    using place = await openPlace();
    const { nft } = place;
    const generation = await nft.generation();
    await withTable(nft);
    const late = nft.transaction((t) => t.deleteTable(table), { generation });
    expect(await refusal(late)).toMatchObject({ code: 'ERESTART', retry: 'now' });
    expect(await nft.tables.list()).toHaveLength(1);
    await nft.transaction((t) => t.deleteTable(table), { generation: await nft.generation() });
    expect(await nft.tables.list()).toEqual([]);
  });

  it('counts packets, and resets without losing any', async () => {
    using pair = await openPair();
    using nft = await openNftables({ netns: pair.here });
    await withTable(nft);
    await nft.transaction((t) => {
      t.addRule({
        ...chain,
        expressions: [...matchInputLink('lo'), ...matchProtocol(17), toDrops],
      });
    });
    send(pair.here, 3);
    const drops = { ...table, counter: 'drops' } as const;
    expect(await nft.counters.list(table)).toEqual([{ ...drops, packets: 3, bytes: 3 * 33 }]);
    expect(await nft.counters.reset()).toEqual([{ ...drops, packets: 3, bytes: 3 * 33 }]);
    expect(await nft.counters.list({ family: 'ip' })).toEqual([{ ...drops, packets: 0, bytes: 0 }]);
  });

  it.each([true, false])(
    'an ICMP error inside a translation reaches the socket only when its inner address is mended: %s',
    async (mended) => {
      using pair = await openPair();
      expect(await translate(pair, mended)).toBe(mended ? 'ECONNREFUSED' : 'nothing');
    },
  );

  it('a watch tells that the ruleset changed, by whomever, until it is closed', async () => {
    using place = await openPlace();
    using other = await openNftables({ netns: place.netns });
    let told = 0;
    let next = Promise.withResolvers<void>();
    const count = (): void => {
      told += 1;
      next.resolve();
    };
    const watch = place.nft.watch(count);
    await withTable(other);
    await next.promise;
    // one transaction of many messages is told at once, a second one again
    next = Promise.withResolvers();
    await other.transaction((t) => t.deleteTable(table));
    await next.promise;
    expect(told).toBe(2);
    watch.close();
    watch.close();
    const last = Promise.withResolvers<void>();
    const control = place.nft.watch(() => last.resolve());
    await withTable(other);
    await last.promise;
    expect(told).toBe(2);
    control.close();
  });

  it('refuses what cannot be meant before the kernel is asked', async () => {
    using place = await openPlace();
    const { nft } = place;
    const wrong = [
      nft.transaction((t) => t.addElements(addresses, [{ key: 'somewhere' }])),
      nft.transaction((t) => t.addElements(addresses, [{ key: '10.0.0.1', value: 5 }])),
      nft.transaction((t) => t.addRule({ ...chain, expressions: [loadSource('ipv4', -1)] })),
      nft.transaction((t) => t.addRule({ ...chain, expressions: [], comment: 'x'.repeat(200) })),
      nft.transaction((t) =>
        t.addChain({ family: 'netdev', table: 'x', chain: 'x', hook: { ...hook, priority: 0 } }),
      ),
    ];
    for (const attempt of wrong) expect(await refusal(attempt)).toMatchObject({ code: 'EINPUT' });
  });

  it('says ECLOSED when closed', async () => {
    using place = await openPlace();
    place.nft.close();
    expect(await refusal(withTable(place.nft))).toMatchObject({ code: 'ECLOSED' });
    expect(await refusal(place.nft.tables.list())).toMatchObject({ code: 'ECLOSED' });
  });
});

function rule(comment: string, place?: RulePlace): NewRuleOfChain {
  const common = { ...chain, expressions: [{ kind: 'notrack' } as const], comment };
  return place === undefined ? common : { ...common, place };
}

/** UDP datagrams of 5 bytes to oneself: 33 bytes each with their headers. */
function send(netns: NetworkNamespace, count: number): void {
  using socket = openSocket({ domain: 'inet', type: 'datagram', netns });
  for (let sent = 0; sent < count; sent++) {
    socket.sendTo(new Uint8Array(5), encodeInetAddress('127.0.0.1', 9999));
  }
}
