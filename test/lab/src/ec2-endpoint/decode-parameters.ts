import type { FormNode } from './form-tree.ts';
import { refuse } from './refusal.ts';

/** Reads one parameter; `name` is the whole dotted name, for messages. Refuses with EC2's codes. */
export type Decode<Value> = (node: FormNode | undefined, name: string) => Value;

/** A text; an absent one is refused with MissingParameter. */
export const text: Decode<string> = (node, name) => {
  if (node === undefined) {
    return refuse('MissingParameter', `The request must contain the parameter ${name}`);
  }
  if (typeof node !== 'string') {
    return refuse('InvalidParameterValue', `The parameter ${name} is one value, not a list`);
  }
  return node;
};

/** `true` or `false`. */
export const flag: Decode<boolean> = (node, name) => {
  const value = text(node, name);
  if (value !== 'true' && value !== 'false') return invalid(value, name);
  return value === 'true';
};

/** A whole number within bounds, in decimal digits. */
export function integer(minimum: number, maximum: number): Decode<number> {
  return (node, name) => {
    const value = text(node, name);
    const number = /^\d{1,15}$/.test(value) ? Number(value) : Number.NaN;
    return number >= minimum && number <= maximum ? number : invalid(value, name);
  };
}

/** One of these texts, for a parameter of which only they are modelled. */
export function oneOf<Value extends string>(...values: readonly Value[]): Decode<Value> {
  return (node, name) => {
    const value = text(node, name);
    return values.find((each) => each === value) ?? invalid(value, name);
  };
}

/** Undefined where the parameter is absent. */
export function optional<Value>(decode: Decode<Value>): Decode<Value | undefined> {
  return (node, name) => (node === undefined ? undefined : decode(node, name));
}

/**
 * A list, `Name.1`, `Name.2` and so on. Order is the number's; a gap is passed over, as a sparse list.
 * That EC2 does so is not documented.
 */
export function list<Value>(decode: Decode<Value>): Decode<readonly Value[]> {
  return (node, name) => {
    if (node === undefined) {
      return refuse('MissingParameter', `The request must contain the parameter ${name}`);
    }
    if (typeof node === 'string') return invalid(node, name);
    for (const key of node.keys()) {
      if (!/^[1-9]\d{0,6}$/.test(key)) unknown(`${name}.${key}`);
    }
    const items = [...node].toSorted(([left], [right]) => Number(left) - Number(right));
    return items.map(([key, item]) => decode(item, `${name}.${key}`));
  };
}

export type Fields = Readonly<Record<string, Decode<unknown>>>;
/** What named parameters decode to. */
export type Values<Named extends Fields> = {
  readonly [Key in keyof Named]: ReturnType<Named[Key]>;
};

/** Named parameters; any other name is refused with UnknownParameter, so nothing is passed over in silence. */
export function struct<Named extends Fields>(fields: Named): Decode<Values<Named>> {
  return (node, name) => {
    const prefix = name === '' ? '' : `${name}.`;
    const branch = typeof node === 'string' ? unknown(name) : (node ?? new Map<string, FormNode>());
    for (const key of branch.keys()) {
      if (!Object.hasOwn(fields, key)) unknown(`${prefix}${key}`);
    }
    const values = Object.entries(fields).map(([key, decode]) => [
      key,
      decode(branch.get(key), `${prefix}${key}`),
    ]);
    return Object.fromEntries(values) as Values<Named>;
  };
}

function invalid(value: string, name: string): never {
  return refuse('InvalidParameterValue', `Value (${value}) for parameter ${name} is invalid.`);
}

function unknown(name: string): never {
  return refuse('UnknownParameter', `The parameter ${name} is not recognized`);
}
