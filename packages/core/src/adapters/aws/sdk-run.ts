import type { CallOptions, Filter } from '../../cloud/ec2-api.ts';
import type * as sdkModule from './ec2-commands.ts';

/** The part of the SDK that is used, once it is loaded. */
export type Sdk = typeof sdkModule;

/** The SDK and a client of it. */
export interface Connection {
  readonly sdk: Sdk;
  readonly client: sdkModule.EC2Client;
}

/** How a call may be ended or slowed. */
export type Call = CallOptions | undefined;
/** Makes one call; a failure becomes an Ec2CallError of that action. */
export type Run = <Answer>(
  action: string,
  call: Call,
  act: (connection: Connection, options: { readonly abortSignal?: AbortSignal }) => Promise<Answer>,
) => Promise<Answer>;

/** Filters as the SDK takes them; none at all where there are none. */
export function filtersOf(filters: readonly Filter[] | undefined): { Filters?: FilterShape[] } {
  if (filters === undefined || filters.length === 0) return {};
  return { Filters: filters.map(({ name, values }) => ({ Name: name, Values: [...values] })) };
}

interface FilterShape {
  Name: string;
  Values: string[];
}

/** Follows NextToken to the last page. */
export async function allPages<Item>(
  call: Call,
  readPage: (
    token: string | undefined,
  ) => Promise<{ readonly items: readonly Item[] | undefined; readonly next: string | undefined }>,
): Promise<Item[]> {
  const all: Item[] = [];
  let token: string | undefined;
  do {
    if (token !== undefined) await call?.beforePage?.();
    const page = await readPage(token);
    all.push(...(page.items ?? []));
    token = page.next === '' ? undefined : page.next;
  } while (token !== undefined);
  return all;
}
