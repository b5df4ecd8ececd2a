import type { Ec2Action } from '../../../cloud/ec2/ec2-action.ts';
import type { CloudState } from '../cloud-state.ts';
import { refuse } from '../refuse.ts';
import { accessesOf, isKnownKey, type IamAccess } from './iam-access.ts';
import { isConditionMet, requireOperators, type IamCondition } from './iam-conditions.ts';
import { matchesPattern } from './iam-pattern.ts';

/** One statement of an IAM policy, as IAM's JSON has it. */
export interface IamStatement {
  readonly Sid?: string;
  readonly Effect: 'Allow' | 'Deny';
  /** Such as `ec2:CreateRoute` or `ec2:Describe*`. */
  readonly Action: string | readonly string[];
  /** ARNs, with wildcards; the account is 123456789012. */
  readonly Resource: string | readonly string[];
  readonly Condition?: IamCondition;
}

/**
 * An IAM policy, as its JSON is (IAM user guide, "IAM JSON policy elements reference"). Of condition keys it knows those of Amazon EC2 that network
 * interfaces, Elastic IPs and route tables have, tags, and the region (Service Authorization Reference, "Actions, resources, and condition
 * keys for Amazon EC2").
 */
export interface IamPolicy {
  readonly Version?: string;
  readonly Statement: IamStatement | readonly IamStatement[];
}

/** @throws RangeError naming what of the policy is not known here: nothing of it would hold as AWS holds it. */
export function parsePolicy({ Statement }: IamPolicy): readonly IamStatement[] {
  const statements = listOf(Statement);
  for (const [index, statement] of statements.entries()) {
    const where = `statement ${index + 1}`;
    requireElements(statement, where);
    const { Action, Resource, Condition = {} } = statement;
    requireOperators(Condition, where);
    for (const key of Object.values(Condition).flatMap((one) => Object.keys(one))) {
      if (!isKnownKey(key)) throw new RangeError(`${where}: the condition key ${key} is not known`);
    }
    for (const action of listOf(Action)) {
      if (!/^(?:\*|[a-z0-9-]+:[a-z0-9*?]+)$/i.test(action)) {
        throw new RangeError(`${where}: ${action} is no action`);
      }
    }
    for (const arn of listOf(Resource)) {
      if (arn === '*' || arn.split(':').length >= 6) continue;
      throw new RangeError(`${where}: ${arn} is no ARN`);
    }
    const variable = /\$\{[^}]*\}/.exec(JSON.stringify([Resource, Condition]))?.[0];
    if (variable !== undefined) {
      throw new RangeError(`${where}: the policy variable ${variable} is not known`);
    }
  }
  return statements;
}

const elements = ['Sid', 'Effect', 'Action', 'Resource', 'Condition'];

/** A policy may come from a file. */
function requireElements(statement: IamStatement, where: string): void {
  const other = Object.keys(statement).find((name) => !elements.includes(name));
  if (other !== undefined) throw new RangeError(`${where}: the element ${other} is not known`);
  const { Effect, Action, Resource } = statement as Partial<IamStatement>;
  if (Effect !== 'Allow' && Effect !== 'Deny') {
    throw new RangeError(`${where}: the Effect is neither Allow nor Deny`);
  }
  if (Action === undefined) throw new RangeError(`${where} has no Action`);
  if (Resource === undefined) throw new RangeError(`${where} has no Resource`);
}

/**
 * Refuses a call with UnauthorizedOperation unless each of what it touches is allowed, and none denied, with the tags that it has before the call. What is not there is EC2's
 * to refuse, once the action is allowed on anything.
 */
export function requireAllowed(
  state: CloudState,
  { action, input }: { readonly action: Ec2Action; readonly input: unknown },
  statements: readonly IamStatement[],
): void {
  for (const access of accessesOf(state, action, input)) {
    if (isAllowed(access, statements)) continue;
    refuse(
      'UnauthorizedOperation',
      `You are not authorized to perform this operation: ec2:${access.action} on ${access.resource?.arn ?? '*'}.`,
    );
  }
}

function isAllowed(access: IamAccess, statements: readonly IamStatement[]): boolean {
  const applying = statements.filter((statement) => applies(statement, access));
  const isDenied = applying.some(({ Effect }) => Effect === 'Deny');
  return !isDenied && applying.some(({ Effect }) => Effect === 'Allow');
}

function applies(statement: IamStatement, { action, resource }: IamAccess): boolean {
  const isNamed = listOf(statement.Action).some((pattern) =>
    matchesPattern(pattern.toLowerCase(), `ec2:${action}`.toLowerCase()),
  );
  if (!isNamed) return false;
  if (resource === undefined) return statement.Effect === 'Allow';
  const isMeant = listOf(statement.Resource).some((pattern) =>
    matchesPattern(pattern, resource.arn),
  );
  return isMeant && isConditionMet(statement.Condition ?? {}, resource.keys);
}

function listOf<One>(value: One | readonly One[]): readonly One[] {
  return Array.isArray(value) ? (value as readonly One[]) : [value as One];
}
