import { isCidr } from '../../identity/address.ts';
import { nextId, tagsFrom, type CloudState, type PrefixListRecord } from './cloud-state.ts';
import { refuse } from './refuse.ts';

/** A managed prefix list of IPv4 blocks to make. */
export interface PrefixListSetup {
  readonly prefixListName: string;
  /** So many places it takes in a route table and in a security group, however few entries it has. */
  readonly maxEntries: number;
  readonly entries?: readonly string[];
  readonly tags?: Readonly<Record<string, string>>;
}

/** A change of a prefix list's entries; `currentVersion` is compared first. */
export interface PrefixListChange {
  readonly prefixListId: string;
  readonly currentVersion?: number | undefined;
  readonly addEntries?: readonly string[];
  readonly removeEntries?: readonly string[];
}

/** EC2 user guide, VPC quotas: entries of a prefix list. */
const mostEntries = 1000;

/** CreateManagedPrefixList. */
export function createManagedPrefixList(
  state: CloudState,
  setup: PrefixListSetup,
): { readonly prefixListId: string } {
  const { prefixListName, maxEntries, entries = [] } = setup;
  if (!Number.isInteger(maxEntries) || maxEntries < 1 || maxEntries > mostEntries) {
    refuse('InvalidParameterValue', `Value (${maxEntries}) for parameter maxEntries is invalid.`);
  }
  requireEntries(entries, maxEntries);
  const prefixListId = nextId(state, 'pl');
  const tags = tagsFrom(setup.tags);
  state.prefixLists.set(prefixListId, {
    prefixListId,
    prefixListName,
    maxEntries,
    entries: [...entries],
    version: 1,
    tags,
  });
  return { prefixListId };
}

function requireEntries(entries: readonly string[], maxEntries: number): void {
  for (const entry of entries) {
    if (isCidr(entry)) continue;
    refuse('InvalidParameterValue', `Value (${entry}) for parameter Cidr is invalid.`);
  }
  if (new Set(entries).size < entries.length) {
    refuse('InvalidParameterValue', 'A prefix list has each entry once.');
  }
  if (entries.length > maxEntries) {
    refuse(
      'PrefixListMaxEntriesExceeded',
      `You've reached the maximum number of entries for the prefix list: ${maxEntries}.`,
    );
  }
}

/** ModifyManagedPrefixList: a compare-and-swap on the version, and the only one there is on what routes lead to. */
export function modifyManagedPrefixList(
  state: CloudState,
  change: PrefixListChange,
): { readonly version: number } {
  const { currentVersion, addEntries = [], removeEntries = [] } = change;
  const list = requirePrefixList(state, change.prefixListId);
  if (currentVersion !== undefined && currentVersion !== list.version) {
    refuse('PrefixListVersionMismatch', 'The prefix list has the incorrect version number.');
  }
  const absent = removeEntries.find((entry) => !list.entries.includes(entry));
  if (absent !== undefined) {
    refuse('InvalidParameterValue', `The prefix list has no entry ${absent}.`);
  }
  const kept = list.entries.filter((entry) => !removeEntries.includes(entry));
  const entries = [...kept, ...addEntries.filter((entry) => !kept.includes(entry))];
  requireEntries(entries, list.maxEntries);
  list.entries = entries;
  list.version += 1;
  return { version: list.version };
}

/** GetManagedPrefixListEntries. */
export function getManagedPrefixListEntries(
  state: CloudState,
  input: { readonly prefixListId: string },
): string[] {
  return [...requirePrefixList(state, input.prefixListId).entries];
}

export function requirePrefixList(state: CloudState, prefixListId: string): PrefixListRecord {
  return (
    state.prefixLists.get(prefixListId) ??
    refuse('InvalidPrefixListID.NotFound', `The prefix list ID '${prefixListId}' does not exist`)
  );
}
