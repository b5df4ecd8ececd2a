import {
  ownerTagKey,
  type ElasticIp,
  type NetworkInterface,
  type RouteTable,
} from '@truetuple/core';
import { recordPrefix } from './dual-stack/ipv6-setting.ts';

/** What happened, in order; kept as it is, and put into words only when somebody reads it. */
export class History {
  readonly #entries: (readonly [ms: number, who: string, what: string, detail: unknown])[] = [];
  readonly #isKept: boolean;

  /** `isKept: false` is for seeds by the thousand: what happened in one of them is known by running it again. */
  constructor({ isKept }: { readonly isKept: boolean }) {
    this.#isKept = isKept;
  }

  add(ms: number, who: string, what: string, detail?: unknown): void {
    if (this.#isKept) this.#entries.push([ms, who, what, detail]);
  }

  get length(): number {
    return this.#entries.length;
  }

  /** One line an entry. */
  render(): string[] {
    return this.#entries.map(([ms, who, what, detail]) => {
      const time = (ms / 1000).toFixed(4).padStart(9);
      const rest = detail === undefined ? '' : ` ${say(detail).replaceAll(/-0{8,}/g, '-')}`;
      return `${time} ${who.padEnd(12)} ${what}${rest}`;
    });
  }

  /** The same for the same history: FNV-1a over its lines. */
  hash(): string {
    let hash = 0x811c9dc5;
    for (const line of this.render()) {
      for (let at = 0; at < line.length; at++) {
        hash = Math.imul(hash ^ line.charCodeAt(at), 0x01000193);
      }
    }
    return (hash >>> 0).toString(16).padStart(8, '0');
  }
}

function say(detail: unknown): string {
  if (typeof detail === 'string') return detail;
  if (detail instanceof Error) return `${detail.name}: ${detail.message}`;
  if (Array.isArray(detail)) return detail.map(sayResource).join(' ');
  return JSON.stringify(detail);
}

/** What a describe shows, in few words. */
function sayResource(resource: unknown): string {
  const { publicIp, privateIpAddress, networkInterfaceId, associationId, tags } =
    resource as Partial<ElasticIp>;
  const { privateIpAddresses } = resource as Partial<NetworkInterface>;
  const { routeTableId, routes } = resource as Partial<RouteTable>;
  if (publicIp !== undefined && tags !== undefined) {
    const record = tags.find(({ key }) => key === ownerTagKey)?.value ?? '-';
    const place =
      associationId === undefined ? 'free' : `${short(associationId)}@${privateIpAddress}`;
    return `[${publicIp} ${place} ${record}]`;
  }
  if (networkInterfaceId !== undefined && privateIpAddresses !== undefined) {
    const ips = privateIpAddresses.map(
      (one) => `${one.privateIpAddress}${one.association ? `=${one.association.publicIp}` : ''}`,
    );
    const six = (resource as NetworkInterface).ipv6Addresses ?? [];
    const records = (tags ?? []).filter(({ key }) => key.startsWith(recordPrefix));
    const more = [
      ...six,
      ...records.map(({ key, value }) => `${key.slice(recordPrefix.length)}:${value}`),
    ];
    return `[${[short(networkInterfaceId), ...ips, ...more].join(' ')}]`;
  }
  if (routeTableId !== undefined && routes !== undefined) {
    const led = routes.map(
      (one) => `${one.destinationCidrBlock}>${short(one.networkInterfaceId ?? '-')}`,
    );
    return `[${short(routeTableId)} ${led.join(' ')}]`;
  }
  return JSON.stringify(resource);
}

/** Ids are counted: their zeros say nothing. */
function short(id: string): string {
  return id.replace(/-0+/, '-');
}
