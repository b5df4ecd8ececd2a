import type { Parameter } from './parameter.ts';
import type { Uri } from './uri.ts';

/** A From, To, Contact, Route or Record-Route value: name-addr or addr-spec of RFC 3261 20.10. */
export interface NameAddr {
  /** Without quotes and escapes; undefined when there is none. */
  readonly displayName: string | undefined;
  readonly uri: Uri;
  /** Of the header field, not of the URI. */
  readonly parameters: readonly Parameter[];
}
