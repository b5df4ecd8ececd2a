import type { Filter, Tag } from '@truetuple/core';
import { refuse } from './refusal.ts';

/** What a filter name reads from a resource that the simulator shows. */
export type ShownFields<Resource> = Readonly<
  Record<string, (resource: Resource) => readonly (string | undefined)[]>
>;

/** EC2 user guide, "List and filter your resources": 200 values a request. */
const valueLimit = 200;

/** `tag:KEY` and `tag-key`, which every describe takes. */
export function tagValues(name: string, tags: readonly Tag[]): readonly string[] | undefined {
  if (name === 'tag-key') return tags.map(({ key }) => key);
  if (!name.startsWith('tag:')) return undefined;
  return tags.filter(({ key }) => key === name.slice('tag:'.length)).map(({ value }) => value);
}

/**
 * EC2's filters over plain values: any value of one filter, all filters together, `*` and `?` as
 * wildcards, but behind a backslash; an unknown name is refused.
 */
export function filterShown<Resource extends { readonly tags: readonly Tag[] }>(
  resources: readonly Resource[],
  fields: ShownFields<Resource>,
  filters: readonly Filter[] = [],
): readonly Resource[] {
  const count = filters.reduce((sum, { values }) => sum + values.length, 0);
  if (count > valueLimit) {
    refuse('FilterLimitExceeded', `The maximum number of filter values is ${valueLimit}.`);
  }
  for (const { name } of filters) {
    const isKnown = Object.hasOwn(fields, name) || tagValues(name, []) !== undefined;
    if (!isKnown) refuse('InvalidParameterValue', `The filter '${name}' is invalid`);
  }
  return resources.filter((resource) =>
    filters.every(({ name, values }) => {
      const read = tagValues(name, resource.tags) ?? fields[name]?.(resource) ?? [];
      return read.some((value) => values.some((pattern) => matches(pattern, value)));
    }),
  );
}

function matches(pattern: string, value: string | undefined): boolean {
  if (value === undefined) return false;
  const body = pattern.replaceAll(/\\?./gs, (token) => {
    if (token === '*') return '.*';
    if (token === '?') return '.';
    return token.slice(-1).replace(/[\\^$.|+()[\]{}*?]/, String.raw`\$&`);
  });
  return new RegExp(`^${body}$`, 's').test(value);
}
