import type { Address, NewAddress } from '../rtnetlink/address.ts';
import type { NewRoute, Route } from '../rtnetlink/route.ts';
import type { NewRule, Rule } from '../rtnetlink/rule.ts';

/** What shall be there. The owner's number is put on each: give no `protocol`. */
export interface Desired {
  readonly rules?: readonly Omit<NewRule, 'protocol'>[];
  readonly routes?: readonly Omit<NewRoute, 'protocol'>[];
  readonly addresses?: readonly Omit<NewAddress, 'protocol'>[];
}

/** What is there. */
export interface Observed {
  readonly rules: readonly Rule[];
  readonly routes: readonly Route[];
  readonly addresses: readonly Address[];
  /** By index. */
  readonly linkNames: ReadonlyMap<number, string>;
}

/** What is ours to change, and which tables and links are looked at. */
export interface DiffOptions {
  /**
   * The number that marks what is ours (FRA_PROTOCOL, RTA_PROTOCOL, IFA_PROTO): 5 to 255, and nobody else's. What carries another is
   * never changed or removed. Addresses carry it since kernel 5.18.
   */
  readonly owner: number;
  /**
   * True: also removes our rules, and our routes that close a table (unreachable, blackhole, prohibit, throw), when they are not
   * desired. Without it they stay: a packet that no rule holds any more leaves by another way.
   */
  readonly removeGuards?: boolean;
}

/** One change, with what undoes it. */
export type ChangeStep =
  | { readonly kind: 'add-rule'; readonly rule: NewRule }
  | { readonly kind: 'remove-rule'; readonly rule: NewRule }
  | { readonly kind: 'add-route'; readonly route: NewRoute }
  | { readonly kind: 'replace-route'; readonly route: NewRoute; readonly before: NewRoute }
  | { readonly kind: 'remove-route'; readonly route: NewRoute }
  | { readonly kind: 'add-address'; readonly address: NewAddress }
  | { readonly kind: 'remove-address'; readonly address: NewAddress };

/** A step with the command of `ip` that would do the same. */
export interface PlannedStep {
  readonly step: ChangeStep;
  readonly command: string;
}

/** Something of somebody else that stands where ours was to stand. */
export interface Conflict {
  /** The command that would have put ours there. */
  readonly wanted: string;
  /** Who made what stands there: its protocol number. */
  readonly protocol: number | undefined;
  readonly because: string;
}

/** What leads from what is there to what is desired. A value: it can be kept, shown, compared. */
export interface ChangePlan {
  readonly steps: readonly PlannedStep[];
  readonly conflicts: readonly Conflict[];
}
