import type {
  $Command,
  EC2ClientResolvedConfig,
  ServiceInputTypes,
  ServiceOutputTypes,
} from '@aws-sdk/client-ec2';
import type { CallOptions, Filter } from '../../cloud/ec2/ec2-api.ts';
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

/** Makes one call whose answer says no more than that it was carried out. */
export type Send = <Input extends ServiceInputTypes, Output extends ServiceOutputTypes>(
  action: string,
  call: Call,
  commandOf: (sdk: Sdk) => Command<Input, Output>,
) => Promise<void>;

type Command<Input extends ServiceInputTypes, Output extends ServiceOutputTypes> = $Command<
  Input,
  Output,
  EC2ClientResolvedConfig,
  ServiceInputTypes,
  ServiceOutputTypes
>;

export function sendBy(run: Run): Send {
  return (action, call, commandOf) =>
    run(action, call, async ({ sdk, client }, options) => {
      await client.send(commandOf(sdk), options);
    });
}

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
