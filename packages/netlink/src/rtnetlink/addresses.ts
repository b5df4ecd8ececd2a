import { dump } from '../dump.ts';
import type { Requests } from '../requests.ts';
import { rtm } from '../schema/rtnetlink.ts';
import { MessageWriter } from '../wire/message-writer.ts';
import { removedOrAbsent } from './outcome.ts';
import type { Ensured, Removed } from './outcome.ts';
import type { Address, AddressFilter, AddressKey, NewAddress } from './address.ts';
import { decodeAddress } from './decode-address.ts';
import { ensureAddress } from './ensure-address.ts';
import { encodeAddAddress, encodeListAddresses, encodeRemoveAddress } from './encode-address.ts';

/** The addresses of a network namespace. */
export interface Addresses {
  list(filter?: AddressFilter): Promise<Address[]>;
  /**
   * @param options `exclusive: false`: one that is there already is no error; the kernel then changes
   * its protocol and lifetimes, and leaves scope and flags as they are.
   * @throws NetlinkError EEXIST, ENODEV.
   */
  add(address: NewAddress, options?: { readonly exclusive?: boolean }): Promise<void>;
  /** The address on its link, as given; what it changes on one that stands may take it away for a moment. */
  ensure(address: NewAddress): Promise<Ensured>;
  /** A link that is not there has no address: absent. */
  remove(address: AddressKey): Promise<Removed>;
}

export function createAddresses(requests: Requests): Addresses {
  const writer = new MessageWriter();
  const addresses: Addresses = {
    ensure: (address) => ensureAddress(addresses, address),
    list: (filter = {}) =>
      dump(requests, () => ({
        message: encodeListAddresses(writer, filter),
        describe: () => 'listing addresses',
        decode: (type, view, start, end) => {
          const found = type === rtm.newAddress ? decodeAddress(view, start, end) : undefined;
          return found !== undefined && passes(found, filter) ? found : undefined;
        },
      })),
    add: async (address, options = {}) => {
      await requests.run({
        message: encodeAddAddress(writer, address, options.exclusive ?? true),
        until: 'ack',
        describe: () => `adding address ${say(address)}`,
      });
    },
    remove: (address) =>
      removedOrAbsent(
        requests.run({
          message: encodeRemoveAddress(writer, address),
          until: 'ack',
          describe: () => `removing address ${say(address)}`,
        }),
      ),
  };
  return addresses;
}

function passes(address: Address, filter: AddressFilter): boolean {
  return (
    (filter.linkIndex === undefined || filter.linkIndex === address.linkIndex) &&
    (filter.family === undefined || filter.family === address.family)
  );
}

function say(address: Pick<Address, 'linkIndex' | 'address'>): string {
  return `${address.address} on link ${String(address.linkIndex)}`;
}
