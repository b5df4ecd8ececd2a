/** RFC 3261, section 20.43: miscellaneous, by a pseudonym, since an address is not everybody's to know. */
export function warningHeader(warning: string | undefined): Readonly<Record<string, string>> {
  return warning === undefined ? {} : { Warning: `399 gateway "${warning}"` };
}
