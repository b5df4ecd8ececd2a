/** One `;name=value`. */
export interface Parameter {
  /** As written; names are compared without regard to case. */
  readonly name: string;
  /** As written, quotes and escapes included; undefined for a flag such as `lr`. */
  readonly value: string | undefined;
}
