import { dump } from '../dump.ts';
import type { Requests } from '../requests.ts';
import { rtm } from '../schema/rtnetlink.ts';
import { MessageWriter } from '../wire/message-writer.ts';
import type { Address, AddressFilter, AddressKey, NewAddress } from './address.ts';
import { decodeAddress } from './decode-address.ts';
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
  /** @throws NetlinkError EADDRNOTAVAIL (`isNotFound`), ENODEV. */
  remove(address: AddressKey): Promise<void>;
}

export function createAddresses(requests: Requests): Addresses {
  const writer = new MessageWriter();
  return {
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
    remove: async (address) => {
      await requests.run({
        message: encodeRemoveAddress(writer, address),
        until: 'ack',
        describe: () => `removing address ${say(address)}`,
      });
    },
  };
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
