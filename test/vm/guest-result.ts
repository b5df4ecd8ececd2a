export interface GuestResults {
  readonly results: readonly unknown[];
  /** Exit status of the guest's program; undefined when the machine ended before it did. */
  readonly status: number | undefined;
}

/**
 * Reads the lines of the results port. The last line, from the guest's init, tells the exit status.
 * A line cut off by a killed machine is left out. Pure; throws SyntaxError on any other line that is
 * not JSON.
 */
export function readResults(text: string): GuestResults {
  const whole = text.slice(0, text.lastIndexOf('\n') + 1);
  const lines = whole.split(/\r?\n/).filter((line) => line !== '');
  const values = lines.map((line): unknown => JSON.parse(line));
  const last = values.at(-1);
  return isExit(last)
    ? { results: values.slice(0, -1), status: last.status }
    : { results: values, status: undefined };
}

function isExit(value: unknown): value is { readonly status: number } {
  return (
    typeof value === 'object' &&
    value !== null &&
    'kind' in value &&
    value.kind === 'exit' &&
    'status' in value &&
    typeof value.status === 'number'
  );
}
