import type { Filter } from '../../cloud/ec2-api.ts';
import type { Tags } from './cloud-state.ts';
import { refuse } from './refuse.ts';

/** What a filter name reads from a resource: any of these values may match. */
export type FilterFields<Resource> = Readonly<
  Record<string, (resource: Resource) => readonly (string | undefined)[]>
>;

/** EC2 user guide, "List and filter your resources": 200 values a request. */
const valueLimit = 200;

/**
 * EC2's filters: any value of one filter, all filters together; `*` and `?` are wildcards; `tag:KEY` and
 * `tag-key` everywhere; an unknown name is refused.
 */
export function filterResources<Resource extends { readonly tags: Tags }>(
  resources: Iterable<Resource>,
  fields: FilterFields<Resource>,
  filters: readonly Filter[] = [],
): Resource[] {
  const count = filters.reduce((sum, filter) => sum + filter.values.length, 0);
  if (count > valueLimit) {
    refuse('FilterLimitExceeded', `The maximum number of filter values is ${valueLimit}.`);
  }
  const tests = filters.map((filter) => {
    const read = readerOf(filter.name, fields);
    const matches = filter.values.map(matcherOf);
    return (resource: Resource) =>
      read(resource).some((value) => value !== undefined && matches.some((match) => match(value)));
  });
  return [...resources].filter((resource) => tests.every((test) => test(resource)));
}

function readerOf<Resource extends { readonly tags: Tags }>(
  name: string,
  fields: FilterFields<Resource>,
): (resource: Resource) => readonly (string | undefined)[] {
  if (name.startsWith('tag:')) return ({ tags }) => [tags.get(name.slice('tag:'.length))];
  if (name === 'tag-key') return ({ tags }) => [...tags.keys()];
  return (
    (Object.hasOwn(fields, name) ? fields[name] : undefined) ??
    refuse('InvalidParameterValue', `The filter '${name}' is invalid`)
  );
}

function matcherOf(text: string): (value: string) => boolean {
  if (!/[*?]/.test(text)) return (value) => value === text;
  const body = text
    .replaceAll(/[\\^$.|+()[\]{}]/g, String.raw`\$&`)
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  const pattern = new RegExp(`^${body}$`, 's');
  return (value) => pattern.test(value);
}
