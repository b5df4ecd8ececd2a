import type { LinkSettings } from '../../kernel/kernel-port.ts';
import { newIpv6Link } from './fake-ipv6.ts';
import type { FakeIpv6, FakeLink } from './fake-world.ts';

/** A link to make in a fake namespace. */
export interface FakeLinkSetup {
  readonly name: string;
  /** ifindex; default the next free one. */
  readonly index?: number;
  readonly macAddress?: string;
  /** Bytes; default 9001, as on EC2. */
  readonly mtu?: number;
  readonly up?: boolean;
  /** Parent link on the node, as of an ipvlan slave. */
  readonly parent?: string;
  /** With prefix length, such as 10.0.2.128/24; scope global. */
  readonly addresses?: readonly string[];
  readonly settings?: LinkSettings;
  /** Default IPv6 without addresses; `none` as of a kernel without it. */
  readonly ipv6?: Partial<FakeIpv6> | 'none';
}

/** As the kernel makes it, without its addresses. */
export function newLink(setup: FakeLinkSetup, index: number): FakeLink {
  return {
    index,
    name: setup.name,
    macAddress: setup.macAddress ?? `02:00:00:00:00:${index.toString(16).padStart(2, '0')}`,
    mtu: setup.mtu ?? 9001,
    up: setup.up ?? true,
    lowerUp: setup.up ?? true,
    settings: setup.settings ?? { rpFilter: 0, arpAnnounce: 0, arpIgnore: 0 },
    addresses: [],
    ipv6: setup.ipv6 === 'none' ? undefined : { ...newIpv6Link, ...setup.ipv6 },
    ...(setup.parent === undefined ? {} : { parent: setup.parent }),
  };
}
