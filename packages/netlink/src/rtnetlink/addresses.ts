import { listing } from '../dump.ts';
import { command } from '../plan.ts';
import type { Answer, Face } from '../plan.ts';
import { rtm } from '../schema/rtnetlink.ts';
import { MessageWriter } from '../wire/message-writer.ts';
import { removedOrAbsent } from './outcome.ts';
import type { Ensured, Removed } from './outcome.ts';
import type { Address, AddressFilter, AddressKey, NewAddress } from './address.ts';
import { decodeAddress } from './decode-address.ts';
import { ensureAddress } from './ensure-address.ts';
import { encodeAddAddress, encodeListAddresses, encodeRemoveAddress } from './encode-address.ts';

/** The addresses of a network namespace. */
export interface Addresses<F extends Face = 'async'> {
  list(filter?: AddressFilter): Answer<F, Address[]>;
  /**
   * @param options `exclusive: false`: one that is there already is no error; the kernel then changes
   * its protocol and lifetimes, and leaves scope and flags as they are.
   * @throws NetlinkError EEXIST, ENODEV.
   */
  add(address: NewAddress, options?: { readonly exclusive?: boolean }): Answer<F, void>;
  /** The address on its link, as given; what it changes on one that stands may take it away for a moment. */
  ensure(address: NewAddress): Answer<F, Ensured>;
  /** A link that is not there has no address: absent. */
  remove(address: AddressKey): Answer<F, Removed>;
}

export function planAddresses(): Addresses<'plan'> {
  const writer = new MessageWriter();
  const addresses: Addresses<'plan'> = {
    ensure: (address) => ensureAddress(addresses, address),
    list: (filter = {}) =>
      listing(() => ({
        message: encodeListAddresses(writer, filter),
        describe: () => 'listing addresses',
        decode: (type, view, start, end) => {
          const found = type === rtm.newAddress ? decodeAddress(view, start, end) : undefined;
          return found !== undefined && passes(found, filter) ? found : undefined;
        },
      })),
    add: (address, options = {}) =>
      command({
        message: encodeAddAddress(writer, address, options.exclusive ?? true),
        until: 'ack',
        describe: () => `adding address ${say(address)}`,
      }),
    remove: (address) =>
      removedOrAbsent({
        message: encodeRemoveAddress(writer, address),
        until: 'ack',
        describe: () => `removing address ${say(address)}`,
      }),
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
