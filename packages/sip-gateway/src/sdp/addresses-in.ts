/** An IP address that a text tells, and in which kind of line: `c`, `o`, `a=rtcp`, `a=candidate`, ... */
export interface ToldAddress {
  readonly address: string;
  readonly where: string;
}

const octet = '(?:25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)';
const ipv4 = new RegExp(`(?<![\\d.])${octet}(?:\\.${octet}){3}(?!\\.?\\d)`, 'g');
const ipv6Token = /[\da-f]*:[\da-f]*:[\da-f:]*(?:\d+(?:\.\d+){3})?/gi;

/**
 * Every IP address in a session description, in whatever line it stands, so that what is told can be
 * compared with what may be told. 0.0.0.0 and :: count.
 */
export function addressesIn(sdp: string): readonly ToldAddress[] {
  return sdp.split(/\r\n|\r|\n/).flatMap((line) => {
    const where = /^a=[\w-]+/.exec(line)?.[0] ?? line.slice(0, 1);
    return literalsIn(line.replace(/^a=[\w-]+:/, '')).map((address) => ({ address, where }));
  });
}

/** The addresses of a description that are neither among these nor 0.0.0.0 (nobody). */
export function strangersIn(sdp: string, own: readonly string[]): readonly ToldAddress[] {
  return addressesIn(sdp).filter(
    ({ address }) => address !== '0.0.0.0' && address !== '::' && !own.includes(address),
  );
}

/** The IP addresses that stand in a line of text. */
export function literalsIn(text: string): readonly string[] {
  const sixes = (text.match(ipv6Token) ?? []).filter(isIpv6);
  return [...(text.match(ipv4) ?? []), ...sixes];
}

/** RFC 4291, section 2.2, as far as telling one from a fingerprint or a time of day needs it. */
function isIpv6(token: string): boolean {
  const groups = token.split(':');
  if (groups.some((group) => group.length > 4 && !group.includes('.'))) return false;
  const length = groups.length + (token.includes('.') ? 1 : 0);
  return token.includes('::') ? length <= 9 : length === 8 && groups.every((group) => group !== '');
}
