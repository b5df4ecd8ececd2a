import type { NewAddress, NewRoute, NewRule } from '@truetuple/netlink';
import fc from 'fast-check';
import {
  addressCommand,
  routeCommand,
  ruleCommand,
} from '../../packages/netlink/src/declarative/ip-command.ts';

/** The same wish, as this package takes it and as `ip` takes it. */
export interface Case<T> {
  readonly ours: T;
  readonly ip: string;
}

export type Family = 'ipv4' | 'ipv6';

const u8 = fc.integer({ min: 1, max: 255 });
const port = fc.integer({ min: 1, max: 65_535 });
const range = fc
  .tuple(port, port)
  .map(([a, b]) => ({ first: Math.min(a, b), last: Math.max(a, b) }));
const table = fc.oneof(
  fc.integer({ min: 1, max: 252 }),
  fc.integer({ min: 256, max: 4_000_000_000 }),
);
const protocol = fc.integer({ min: 5, max: 250 });

/** A prefix without host bits, as the kernel wants it for destinations. */
function prefix(family: Family): fc.Arbitrary<string> {
  const [size, least] = family === 'ipv4' ? [4, 8] : [16, 16];
  return fc
    .tuple(
      fc.uint8Array({ minLength: size, maxLength: size }),
      fc.integer({ min: least, max: size * 8 }),
    )
    .map(([bytes, length]) => `${text(masked(unicast(bytes), length))}/${String(length)}`);
}

/** Neither loopback nor multicast. */
function unicast(bytes: Uint8Array): Uint8Array {
  const copy = bytes.slice();
  if (copy.length === 4) copy[0] = 11 + ((copy[0] ?? 0) % 100);
  else copy.set([0x20, 0x01]);
  return copy;
}

function masked(bytes: Uint8Array, length: number): Uint8Array {
  return bytes.map((byte, index) => {
    const bits = Math.max(0, Math.min(8, length - index * 8));
    return byte & (0xff00 >> bits) & 0xff;
  });
}

function text(bytes: Uint8Array): string {
  if (bytes.length === 4) return bytes.join('.');
  const groups = Array.from({ length: 8 }, (_, index) =>
    (((bytes[index * 2] ?? 0) << 8) | (bytes[index * 2 + 1] ?? 0)).toString(16),
  );
  return new URL(`http://[${groups.join(':')}]/`).hostname.slice(1, -1);
}

function host(family: Family): fc.Arbitrary<string> {
  const size = family === 'ipv4' ? 4 : 16;
  return fc.uint8Array({ minLength: size, maxLength: size }).map((bytes) => {
    const copy = unicast(bytes);
    copy[size - 1] = 1 + ((copy[size - 1] ?? 0) % 250);
    return text(copy);
  });
}

/** What `ip -batch` takes of a command: the family is an option of the whole batch. */
function batched(command: string): string {
  return command.replace(/^ip (?:-6 )?/, '');
}

/** Without what is undefined. */
function given<T extends object>(value: { readonly [K in keyof T]: T[K] | undefined }): Partial<T> {
  const entries = Object.entries(value).filter(([, one]) => one !== undefined);
  return Object.fromEntries(entries) as Partial<T>;
}

type Lead = Pick<NewRule, 'action' | 'table' | 'goto' | 'l3mdev'>;

const lead: fc.Arbitrary<Lead> = fc.oneof(
  { weight: 5, arbitrary: table.map((number) => ({ table: number })) },
  ...(['blackhole', 'unreachable', 'prohibit'] as const).map((action) => fc.constant({ action })),
);

export function ruleCase(family: Family): fc.Arbitrary<Case<NewRule>> {
  const selectors = fc.record(
    {
      from: prefix(family),
      to: prefix(family),
      inputLinkName: fc.constantFrom('net1', 'lo', 'later0'),
      outputLinkName: fc.constantFrom('net1', 'eth9'),
      mark: fc.integer({ min: 1, max: 0xffffffff }),
      markMask: fc.integer({ min: 1, max: 0xfffffffe }),
      typeOfService: fc.constantFrom(4, 8, 16),
      ipProtocol: fc.constantFrom(6, 17),
      sourcePorts: range,
      destinationPorts: range,
      uidRange: fc.tuple(fc.nat(1000), fc.nat(1000)).map(([a, b]) => ({ first: a, last: a + b })),
      suppressPrefixLength: fc.nat(32),
      suppressLinkGroup: fc.nat(100),
      tunnelId: fc.integer({ min: 1, max: 1_000_000 }),
      invert: fc.constant(true),
    },
    { requiredKeys: [] },
  );
  return fc
    .tuple(selectors, lead, fc.integer({ min: 1, max: 32_000 }), protocol)
    .map(([some, leading, priority, owner]) => {
      // a mask without a mark is nothing that ip can say
      const { markMask, ...rest } = some;
      const marked = rest.mark === undefined || markMask === undefined ? {} : { markMask };
      const rule: NewRule = { family, ...rest, ...marked, ...leading, priority, protocol: owner };
      return { ours: rule, ip: batched(ruleCommand('add', rule)) };
    });
}

/** The links of the namespace that the cases are for. */
export interface Place {
  readonly linkIndex: number;
  readonly linkName: string;
  /** An address of ours in each family. */
  readonly own: Readonly<Record<Family, string>>;
}

type Way = Pick<NewRoute, 'type' | 'gateway' | 'linkIndex' | 'onlink' | 'nextHops'>;

function way(family: Family, { linkIndex }: Place): fc.Arbitrary<Way> {
  const hop = fc.tuple(host(family), fc.integer({ min: 1, max: 256 }));
  const types = ['blackhole', 'unreachable', 'prohibit', 'throw'] as const;
  return fc.oneof(
    fc.constant({ linkIndex }),
    host(family).map((gateway) => ({ gateway, linkIndex, onlink: true })),
    // RFC 5549
    host('ipv6').map((gateway) => ({ gateway, linkIndex, onlink: true })),
    ...types.map((type) => fc.constant({ type })),
    fc.array(hop, { minLength: 2, maxLength: 4 }).map((hops) => ({
      nextHops: hops.map(([gateway, weight]) => ({
        gateway,
        weight,
        linkIndex,
        flags: ['onlink' as const],
      })),
    })),
  );
}

export function routeCase(family: Family, place: Place): fc.Arbitrary<Case<NewRoute>> {
  const options = fc.record(
    {
      metric: fc.integer({ min: 1, max: 0xfffffffe }),
      preferredSource: fc.constant(place.own[family]),
      mtu: fc.integer({ min: 1280, max: 9000 }),
      metrics: fc.record(
        {
          advertisedMss: fc.integer({ min: 536, max: 8960 }),
          initialCongestionWindow: u8,
          initialReceiveWindow: u8,
          window: fc.integer({ min: 1000, max: 60_000 }),
          hopLimit: u8,
          reordering: fc.integer({ min: 3, max: 100 }),
          quickAck: fc.constantFrom(0, 1),
          congestionControl: fc.constant('reno'),
          locked: fc.constant(['mtu'] as const),
        },
        { requiredKeys: [] },
      ),
      typeOfService: fc.constantFrom(4, 8, 16),
      preference: fc.constantFrom('low' as const, 'high' as const),
    },
    { requiredKeys: [] },
  );
  return fc
    .tuple(prefix(family), options, way(family, place), table, protocol)
    .map(([destination, some, leading, number, owner]) => {
      const { locked, ...metrics } = some.metrics ?? {};
      const told = {
        ...metrics,
        ...(locked === undefined || some.mtu === undefined ? {} : { locked }),
      };
      const { metrics: _replaced, typeOfService, preference, ...rest } = some;
      // each family has one of the two
      const ofFamily = family === 'ipv4' ? { typeOfService } : { preference };
      const route: NewRoute = {
        destination,
        ...rest,
        ...given<Partial<NewRoute>>(ofFamily),
        ...leading,
        ...(Object.keys(told).length === 0 ? {} : { metrics: told }),
        table: number,
        protocol: owner,
      };
      return { ours: route, ip: batched(routeCommand('add', route, () => place.linkName)) };
    });
}

export function addressCase(
  family: Family,
  { linkIndex, linkName }: Place,
): fc.Arbitrary<Case<NewAddress>> {
  const bits = family === 'ipv4' ? 32 : 128;
  const options = fc.record(
    {
      scope: fc.constantFrom('link' as const, 'host' as const, 'site' as const, 'global' as const),
      noPrefixRoute: fc.constant(true),
      lifetimes: fc.tuple(
        fc.integer({ min: 100, max: 1000 }),
        fc.integer({ min: 1000, max: 100_000 }),
      ),
      prefixRouteMetric: fc.integer({ min: 1, max: 1000 }),
      label: fc.constantFrom(`${linkName}:1`, `${linkName}:voice`),
      broadcast: host('ipv4'),
      noDuplicateDetection: fc.constant(true),
      homeAddress: fc.constant(true),
      manageTemporary: fc.constant(true),
    },
    { requiredKeys: [] },
  );
  return fc
    .tuple(host(family), fc.integer({ min: 16, max: bits }), options)
    .map(([address, length, { lifetimes, scope, noPrefixRoute, prefixRouteMetric, ...some }]) => {
      const [preferredSeconds, validSeconds] = lifetimes ?? [];
      const { label, broadcast, ...ofIpv6 } = some;
      const ours: NewAddress = {
        linkIndex,
        address: `${address}/${String(length)}`,
        ...given({ scope, noPrefixRoute, prefixRouteMetric }),
        ...given<Partial<NewAddress>>(family === 'ipv4' ? { label, broadcast } : ofIpv6),
        ...(preferredSeconds === undefined || validSeconds === undefined
          ? {}
          : { preferredSeconds, validSeconds }),
      };
      return { ours, ip: batched(addressCommand('add', ours, () => linkName)) };
    });
}
