import type { Filter } from '@truetuple/core';
import { integer, list, optional, struct, text, type Decode } from './decode-parameters.ts';
import { pageOf, type Page } from './page.ts';
import { refuse } from './refusal.ts';

/** `Filter.1.Name`, `Filter.1.Value.1` and so on. */
export const filters: Decode<readonly Filter[] | undefined> = optional(
  list((node, name) => {
    const decode = struct({ Name: text, Value: list(text) });
    const { Name, Value } = decode(node, name);
    return { name: Name, values: Value };
  }),
);

export interface PageParameters {
  readonly MaxResults: number | undefined;
  readonly NextToken: string | undefined;
}

/** MaxResults, which EC2 takes from 5 on, and NextToken. */
export function pageParameters(mostResults: number): {
  readonly [Key in keyof PageParameters]: Decode<PageParameters[Key]>;
} {
  return { MaxResults: optional(integer(5, mostResults)), NextToken: optional(text) };
}

/** One page of what a describe found; more than 1,000 come on the next page even without MaxResults. */
export function pageFor<Resource>(
  found: readonly Resource[],
  idOf: (resource: Resource) => string,
  parameters: PageParameters,
): Page<Resource> {
  const { MaxResults: maxResults, NextToken: nextToken } = parameters;
  return pageOf(found, idOf, { maxResults, nextToken, limit: 1000 });
}

/** DescribeNetworkInterfaces and DescribeInstances do not take ids and MaxResults together. */
export function refuseIdsWithMaxResults(
  ids: readonly string[] | undefined,
  parameters: PageParameters,
): void {
  if (ids === undefined || parameters.MaxResults === undefined) return;
  refuse(
    'InvalidParameterCombination',
    'The parameter MaxResults cannot be used together with a list of IDs.',
  );
}
