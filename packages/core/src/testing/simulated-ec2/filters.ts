import type { Filter } from '../../cloud/ec2/ec2-api.ts';
import type { CloudState, Tags } from './cloud-state.ts';
import { refuse } from './refuse.ts';

/** What a filter name reads from a resource, in the state that it is shown in: any of these values may match. */
export type FilterFields<Resource> = Readonly<Record<string, ReadField<Resource>>>;

type ReadField<Resource> = (
  resource: Resource,
  state: CloudState,
) => readonly (string | undefined)[];

/** EC2 user guide, "List and filter your resources": 200 values a request. */
const valueLimit = 200;

/**
 * EC2's filters: any value of one filter, all filters together; `*` and `?` are wildcards, but behind a backslash; `tag:KEY` and
 * `tag-key` everywhere; an unknown name is refused.
 */
export function filterResources<Resource extends { readonly tags: Tags }>(
  state: CloudState,
  resources: Iterable<Resource>,
  fields: FilterFields<Resource>,
  filters: readonly Filter[] = [],
): Resource[] {
  const count = filters.reduce((sum, filter) => sum + filter.values.length, 0);
  if (count > valueLimit) {
    refuse('FilterLimitExceeded', `The maximum number of filter values is ${valueLimit}.`);
  }
  let left = [...resources];
  for (const { name, values } of filters) {
    const read = readerOf(name, fields);
    const matches = matcherOf(values);
    left = left.filter((resource) => read(resource, state).some(matches));
  }
  return left;
}

function readerOf<Resource extends { readonly tags: Tags }>(
  name: string,
  fields: FilterFields<Resource>,
): ReadField<Resource> {
  if (name.startsWith('tag:')) {
    const key = name.slice('tag:'.length);
    return ({ tags }) => [tags.get(key)];
  }
  if (name === 'tag-key') return ({ tags }) => [...tags.keys()];
  return (
    (Object.hasOwn(fields, name) ? fields[name] : undefined) ??
    refuse('InvalidParameterValue', `The filter '${name}' is invalid`)
  );
}

function matcherOf(texts: readonly string[]): (value: string | undefined) => boolean {
  const patterns = texts.filter((text) => /[*?\\]/.test(text)).map(patternOf);
  const plain = texts.filter((text) => !/[*?\\]/.test(text));
  return (value) =>
    value !== undefined &&
    (plain.includes(value) || patterns.some((pattern) => pattern.test(value)));
}

function patternOf(text: string): RegExp {
  const body = text.replaceAll(/\\?./gs, (token) => {
    if (token === '*') return '.*';
    if (token === '?') return '.';
    return token.slice(-1).replace(/[\\^$.|+()[\]{}*?]/, String.raw`\$&`);
  });
  return new RegExp(`^${body}$`, 's');
}
