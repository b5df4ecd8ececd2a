import {
  createNetworkNamespace,
  NetlinkError,
  openNetlink,
  type Netlink,
  type NetworkNamespace,
} from '@truetuple/netlink';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeAddAddress } from '../../packages/netlink/src/rtnetlink/encode-address.ts';
import { encodeAddRoute } from '../../packages/netlink/src/rtnetlink/encode-route.ts';
import { encodeAddRule } from '../../packages/netlink/src/rtnetlink/encode-rule.ts';
import { rtm } from '../../packages/netlink/src/schema/rtnetlink.ts';
import { takeApart } from '../../packages/netlink/src/testing/captured-message.ts';
import { MessageWriter } from '../../packages/netlink/src/wire/message-writer.ts';
import {
  addressCase,
  routeCase,
  ruleCase,
  type Case,
  type Family,
  type Place,
} from './netlink-differential-cases.ts';
import { bytesOfIp, shownByIp, whyNoStrace } from './netlink-ip-bytes.ts';
import { whyNoNamespaces } from './netns-rights.ts';

const reason = whyNoNamespaces() ?? whyNoStrace();
if (reason !== undefined && process.env['CI'] === 'true') throw new Error(reason);
const needs = reason === undefined ? '' : ` (skipped: ${reason})`;
/** 84 of each of three things in each of two families: 504 in all. */
const casesOfEach = 84;
const own: Place['own'] = { ipv4: '10.0.2.128', ipv6: '2001:db8:2::128' };

interface Pod extends Disposable {
  readonly netns: NetworkNamespace;
  readonly netlink: Netlink;
  readonly place: Place;
}

/** A namespace with one link up, in both families; the same each time, link indexes included. */
async function openPod(): Promise<Pod> {
  const stack = new DisposableStack();
  const netns = stack.use(createNetworkNamespace());
  const netlink = stack.use(await openNetlink({ netns }));
  await netlink.links.set({ name: 'lo' }, { up: true });
  await netlink.links.add({
    kind: 'veth',
    name: 'net1',
    macAddress: '02:00:00:00:02:80',
    up: true,
    peer: { name: 'far1', macAddress: '02:00:00:00:02:01', up: true },
  });
  const linkIndex = (await netlink.links.get({ name: 'net1' }))?.index ?? 0;
  await netlink.addresses.add({ linkIndex, address: `${own.ipv4}/24` });
  await netlink.addresses.add({ linkIndex, address: `${own.ipv6}/64`, noDuplicateDetection: true });
  const place: Place = { linkIndex, linkName: 'net1', own };
  return { netns, netlink, place, [Symbol.dispose]: () => stack.dispose() };
}

interface Kind<T> {
  readonly cases: (family: Family, place: Place) => fc.Arbitrary<Case<T>>;
  readonly encode: (ours: T) => Uint8Array;
  readonly add: (netlink: Netlink, ours: T) => Promise<void>;
  readonly type: number;
  /** Length of the family header. */
  readonly header: number;
  readonly show: readonly string[];
}

const writer = new MessageWriter();
const rule: Kind<Parameters<typeof encodeAddRule>[1]> = {
  cases: (family) => ruleCase(family),
  encode: (ours) => encodeAddRule(writer, ours),
  add: (netlink, ours) => netlink.rules.add(ours),
  type: rtm.newRule,
  header: 12,
  show: ['rule', 'show'],
};
const route: Kind<Parameters<typeof encodeAddRoute>[1]> = {
  cases: routeCase,
  encode: (ours) => encodeAddRoute(writer, ours, 'exclusive'),
  add: (netlink, ours) => netlink.routes.add(ours),
  type: rtm.newRoute,
  header: 12,
  show: ['route', 'show', 'table', 'all'],
};
const address: Kind<Parameters<typeof encodeAddAddress>[1]> = {
  cases: addressCase,
  encode: (ours) => encodeAddAddress(writer, ours, true),
  add: (netlink, ours) => netlink.addresses.add(ours),
  type: rtm.newAddress,
  header: 8,
  show: ['address', 'show', 'dev', 'net1'],
};

async function compare<T>(kind: Kind<T>, family: Family): Promise<void> {
  const options = ['-family', family === 'ipv4' ? 'inet' : 'inet6'];
  using theirs = await openPod();
  using mine = await openPod();
  const cases = fc.sample(kind.cases(family, theirs.place), casesOfEach);
  const sent = bytesOfIp(
    theirs.netns,
    cases.map(({ ip }) => ip),
    options,
  )
    .map((bytes) => takeApart(bytes, kind.header))
    .filter(({ type }) => type === kind.type);
  expect(sent).toHaveLength(cases.length);
  for (const [index, { ours, ip }] of cases.entries()) {
    expect(takeApart(kind.encode(ours), kind.header), ip).toEqual(sent[index]);
    // what the kernel refuses, it refuses to both
    await kind.add(mine.netlink, ours).catch((error: unknown) => {
      if (!NetlinkError.is(error) || error.errno === 0) throw error;
    });
  }
  const shown = shownByIp(mine.netns, [...options, ...kind.show]);
  expect(shown).toEqual(shownByIp(theirs.netns, [...options, ...kind.show]));
  expect(shown).not.toEqual([]);
}

describe.skipIf(reason !== undefined)(
  `what ip sends, we send; what ip shows, we meant${needs}`,
  () => {
    for (const family of ['ipv4', 'ipv6'] as const) {
      it(`${family} rules`, async () => compare(rule, family));
      it(`${family} routes`, async () => compare(route, family));
      it(`${family} addresses`, async () => compare(address, family));
    }
  },
);
