import { headerValues } from './header-list.ts';
import type { SipMessage } from './message.ts';
import { type NameAddr, parseNameAddr } from './name-addr.ts';

/** The header fields that hold addresses, perhaps several. */
export type AddressHeader = 'Contact' | 'Route' | 'Record-Route' | 'Path' | 'Service-Route';

/** What such a header says. */
export type AddressList =
  /** In the order of the wire; empty when the message has no such header. */
  | { readonly kind: 'addresses'; readonly addresses: readonly NameAddr[] }
  /** `Contact: *`, which stands alone (RFC 3261 10.2.2). */
  | { readonly kind: 'star' }
  /** RFC 3261 answers 400 where the header matters to the request. */
  | { readonly kind: 'malformed'; readonly text: string };

/** Reads all values of all header fields of that name; one that cannot be read makes the list malformed. */
export function addressList(message: SipMessage, header: AddressHeader): AddressList {
  const texts = headerValues(message, header);
  if (header === 'Contact' && texts.length === 1 && texts[0] === '*') return { kind: 'star' };
  const addresses: NameAddr[] = [];
  for (const text of texts) {
    const address = parseNameAddr(text);
    if (address === undefined) return { kind: 'malformed', text };
    addresses.push(address);
  }
  return { kind: 'addresses', addresses };
}
