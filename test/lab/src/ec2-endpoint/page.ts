import { refuse } from './refusal.ts';

export interface PageRequest {
  readonly maxResults: number | undefined;
  readonly nextToken: string | undefined;
}

export interface Page<Resource> {
  readonly items: readonly Resource[];
  readonly nextToken: string | undefined;
}

/**
 * One page of resources in the order of their ids, so that what comes or goes between two pages shifts
 * nothing. Without `maxResults` all that is left comes at once, up to `limit`.
 */
export function pageOf<Resource>(
  all: readonly Resource[],
  idOf: (resource: Resource) => string,
  request: PageRequest & { readonly limit: number },
): Page<Resource> {
  const after = request.nextToken === undefined ? '' : readToken(request.nextToken);
  const rest = all
    .filter((resource) => idOf(resource) > after)
    .toSorted((left, right) => (idOf(left) < idOf(right) ? -1 : 1));
  const items = rest.slice(0, request.maxResults ?? request.limit);
  const last = items.at(-1);
  const isMore = last !== undefined && items.length < rest.length;
  return { items, nextToken: isMore ? tokenAfter(idOf(last)) : undefined };
}

function tokenAfter(id: string): string {
  return Buffer.from(`after ${id}`).toString('base64url');
}

function readToken(token: string): string {
  const [, id] = /^after (\S+)$/.exec(Buffer.from(token, 'base64url').toString('utf8')) ?? [];
  return (
    id ?? refuse('InvalidPaginationToken', 'The pagination token is not valid or has expired.')
  );
}
