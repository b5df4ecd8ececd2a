import type { Ec2Action, SimulatedEc2 } from '@truetuple/core/testing';
import { flag, optional, struct, type Fields, type Values } from './decode-parameters.ts';
import type { XmlFields } from './encode-xml.ts';
import type { FormBranch } from './form-tree.ts';
import { refuse } from './refusal.ts';

/** One EC2 action: reads its parameters, asks the simulator, says what the answer holds. */
export type Action = (ec2: SimulatedEc2, parameters: FormBranch) => Promise<XmlFields>;

const decodeDryRun = optional(flag);

/**
 * An action that takes DryRun: with it the parameters are read and the permission is asked, then
 * DryRunOperation is the answer and nothing has happened.
 */
export function action<Named extends Fields>(
  name: Ec2Action,
  fields: Named,
  run: (ec2: SimulatedEc2, input: Values<Named>) => Promise<XmlFields>,
): Action {
  const decode = struct(fields);
  return async (ec2, all) => {
    const isDryRun = decodeDryRun(all.get('DryRun'), 'DryRun') ?? false;
    const input = decode(new Map([...all].filter(([key]) => key !== 'DryRun')), '');
    if (!isDryRun) return run(ec2, input);
    ec2.authorize(name, named(input));
    return refuse('DryRunOperation', 'Request would have succeeded, but DryRun flag is set.');
  };
}

interface FormTag {
  readonly Key: string;
  readonly Value?: string | undefined;
}

/** What of the parameters a permission can depend on, by the simulator's names. */
function named(input: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const { ResourceId: resources, Tag, TagSpecification, ...others } = input;
  const entries = Object.entries(others).map(([key, value]) => [
    `${key[0]?.toLowerCase()}${key.slice(1)}`,
    isAttribute(value) ? value.Value : value,
  ]);
  const specified = TagSpecification as
    | readonly { readonly Tag?: readonly FormTag[] }[]
    | undefined;
  const given = Tag ?? specified?.flatMap((one) => one.Tag ?? []);
  const tags = (given as readonly FormTag[] | undefined)?.map(({ Key: key, Value: value }) => ({
    key,
    value,
  }));
  const renamed = Object.fromEntries(entries) as Readonly<Record<string, unknown>>;
  return { ...renamed, resources, tags };
}

function isAttribute(value: unknown): value is { readonly Value: unknown } {
  return typeof value === 'object' && value !== null && 'Value' in value;
}

/** An action that has no DryRun parameter. */
export function actionWithoutDryRun<Named extends Fields>(
  fields: Named,
  run: (ec2: SimulatedEc2, input: Values<Named>) => Promise<XmlFields>,
): Action {
  const decode = struct(fields);
  return async (ec2, parameters) => run(ec2, decode(parameters, ''));
}

type Present<All extends object> = {
  [Key in keyof All as undefined extends All[Key] ? never : Key]: All[Key];
} & {
  [Key in keyof All as undefined extends All[Key] ? Key : never]?: Exclude<All[Key], undefined>;
};

/** The same fields without those that are undefined: what was not sent is not said. */
export function present<All extends object>(values: All): Present<All> {
  const entries = Object.entries(values).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as Present<All>;
}
