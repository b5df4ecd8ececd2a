const octets = Array.from({ length: 256 }, (_, octet) => String(octet));
/** By prefix length: what the last octet and the length look like, `.7/32`. */
const endings: (readonly string[] | undefined)[] = [];
// What lies next to it in a table has the same beginning.
let beginning = -1;
let beginningText = '';

/** `10.8.0.7/32`; the address is a number in host order. */
export function formatIpv4Prefix(address: number, prefixLength: number): string {
  const high = address >>> 8;
  if (high !== beginning) {
    beginning = high;
    beginningText = `${octets[high >>> 16] ?? ''}.${octets[(high >>> 8) & 255] ?? ''}.${octets[high & 255] ?? ''}`;
  }
  const ending = (endings[prefixLength] ??= octets.map(
    (octet) => `.${octet}/${String(prefixLength)}`,
  ));
  return beginningText + (ending[address & 255] ?? '');
}
