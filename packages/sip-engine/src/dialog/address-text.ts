/** The parts of a From, To, Contact or Route value as text: nothing is decoded, so nothing is lost. */
export interface AddressText {
  /** Display name with its quotes; empty when there is none. */
  readonly display: string;
  /** The URI with its own parameters, without angle brackets. */
  readonly uri: string;
  /** Parameters of the header field, from the first ";" on; empty when there are none. */
  readonly parameters: string;
}

/**
 * Takes name-addr or addr-spec apart (RFC 3261 section 20.10): without angle brackets everything from the first
 * ";" on belongs to the header field.
 */
export function splitAddress(value: string): AddressText {
  const open = indexOutsideQuotes(value, '<');
  const close = open === -1 ? -1 : value.indexOf('>', open);
  if (open !== -1 && close !== -1) {
    return {
      display: value.slice(0, open).trim(),
      uri: value.slice(open + 1, close).trim(),
      parameters: value.slice(close + 1).trim(),
    };
  }
  const semicolon = value.indexOf(';');
  return semicolon === -1
    ? { display: '', uri: value.trim(), parameters: '' }
    : {
        display: '',
        uri: value.slice(0, semicolon).trim(),
        parameters: value.slice(semicolon).trim(),
      };
}

/** The same value in name-addr form, which is safe with any URI. */
export function joinAddress({ display, uri, parameters }: AddressText): string {
  return `${display === '' ? '' : `${display} `}<${uri}>${parameters}`;
}

/** The tag of a From or To value. */
export function tagOf(value: string): string | undefined {
  return /;\s*tag\s*=\s*([^\s;,"]+)/i.exec(splitAddress(value).parameters)?.[1];
}

/** This value with this tag, unless it has one. */
export function withTag(value: string, tag: string): string {
  const parts = splitAddress(value);
  return tagOf(value) === undefined
    ? joinAddress({ ...parts, parameters: `${parts.parameters};tag=${tag}` })
    : joinAddress(parts);
}

function indexOutsideQuotes(text: string, wanted: string): number {
  let isQuoted = false;
  for (let at = 0; at < text.length; at += 1) {
    const character = text[at];
    if (isQuoted && character === '\\') at += 1;
    else if (character === '"') isQuoted = !isQuoted;
    else if (!isQuoted && character === wanted) return at;
  }
  return -1;
}
