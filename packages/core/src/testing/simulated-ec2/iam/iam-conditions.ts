import { matchesArn, matchesPattern } from './iam-pattern.ts';

/** Condition keys and what each must be: one of several values. */
export type IamConditionValues = Readonly<
  Record<string, string | boolean | readonly (string | boolean)[]>
>;

/** The Condition block of a statement: all operators must be met, and of each all keys. */
export type IamCondition = Readonly<Record<string, IamConditionValues>>;

/** What a request says for each condition key, by the key in lower case; a key that it does not have is absent. */
export type IamKeys = ReadonlyMap<string, readonly string[]>;

type Compare = (wanted: string, value: string) => boolean;

const equals: Compare = (wanted, value) => wanted === value;
const equalsIgnoringCase: Compare = (wanted, value) => wanted.toLowerCase() === value.toLowerCase();

interface Operator {
  readonly compare: Compare;
  readonly isNegated: boolean;
}

const yes = (compare: Compare): Operator => ({ compare, isNegated: false });
const no = (compare: Compare): Operator => ({ compare, isNegated: true });

/** IAM user guide, "IAM JSON policy elements: Condition operators". */
const operators: Readonly<Record<string, Operator>> = {
  StringEquals: yes(equals),
  StringNotEquals: no(equals),
  StringEqualsIgnoreCase: yes(equalsIgnoringCase),
  StringNotEqualsIgnoreCase: no(equalsIgnoringCase),
  StringLike: yes(matchesPattern),
  StringNotLike: no(matchesPattern),
  ArnEquals: yes(matchesArn),
  ArnLike: yes(matchesArn),
  ArnNotEquals: no(matchesArn),
  ArnNotLike: no(matchesArn),
  Bool: yes(equalsIgnoringCase),
};

interface Named {
  readonly quantifier: 'ForAllValues' | 'ForAnyValue' | undefined;
  readonly operator: Operator | 'Null';
  readonly ifExists: boolean;
}

function nameOf(text: string): Named | undefined {
  const [, quantifier, name = '', ifExists] =
    /^(?:(ForAllValues|ForAnyValue):)?(\w+?)(IfExists)?$/.exec(text) ?? [];
  const operator = name === 'Null' ? 'Null' : own(operators, name);
  if (operator === undefined) return undefined;
  return {
    quantifier: quantifier as Named['quantifier'],
    operator,
    ifExists: ifExists !== undefined,
  };
}

function own<Value>(record: Readonly<Record<string, Value>>, key: string): Value | undefined {
  return Object.hasOwn(record, key) ? record[key] : undefined;
}

/** @throws RangeError naming an operator that is not known here. */
export function requireOperators(condition: IamCondition, where: string): void {
  for (const name of Object.keys(condition)) {
    if (nameOf(name) !== undefined) continue;
    throw new RangeError(`${where}: the condition operator ${name} is not known`);
  }
}

export function isConditionMet(condition: IamCondition, keys: IamKeys): boolean {
  return Object.entries(condition).every(([name, wanted]) => {
    const named = nameOf(name);
    return (
      named !== undefined &&
      Object.entries(wanted).every(([key, values]) =>
        isMet(named, textsOf(values), keys.get(key.toLowerCase())),
      )
    );
  });
}

function textsOf(values: IamConditionValues[string]): string[] {
  return (Array.isArray(values) ? values : [values]).map(String);
}

/** Absent: met where the operator says no, or for all values, or with IfExists (IAM user guide, "Multivalued context keys"). */
function isMet(
  { quantifier, operator, ifExists }: Named,
  wanted: readonly string[],
  values: readonly string[] | undefined,
): boolean {
  if (operator === 'Null') return wanted.includes(String(values === undefined));
  const { compare, isNegated } = operator;
  if (values === undefined) {
    if (ifExists || quantifier === 'ForAllValues') return true;
    return quantifier === undefined && isNegated;
  }
  const isRight = (value: string): boolean =>
    wanted.some((one) => compare(one, value)) !== isNegated;
  return quantifier === 'ForAllValues' || (isNegated && quantifier === undefined)
    ? values.every(isRight)
    : values.some(isRight);
}
